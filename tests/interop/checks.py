"""Runs wscope against the servers of this folder and checks what comes back, and has clients.py run the clients against
wscope. Called by run.sh, with the names of servers and those of clients each in one word:

    checks.py WSCOPE PLACE SERVERS CLIENTS

A check of this file is a call of wscope with its stdin, and the exit code, stdout and words on stderr that must come of
it.
"""

import itertools
import os
import signal
import subprocess
import sys

import clients
from processes import SECONDS, Process, environment

WSCOPE, PLACE, SERVERS, CLIENTS = sys.argv[1], sys.argv[2], sys.argv[3].split(), sys.argv[4].split()
HERE = os.path.dirname(os.path.abspath(__file__))
COMMANDS = {
    "node": ["node", os.path.join(HERE, "server.js"), PLACE],
    "python": [sys.executable, os.path.join(HERE, "server.py"), PLACE],
}
OFFERS = (
    "server_max_window_bits=9",
    "server_max_window_bits=15",
    "server_no_context_takeover",
    "client_no_context_takeover",
    "server_no_context_takeover; client_no_context_takeover; server_max_window_bits=12",
)


class Server:
    """A server process and the ports it told us."""

    def __init__(self, kind):
        # What a server says about clients that leave is no finding; it is kept for looking things up.
        self.process = Process(COMMANDS[kind], PLACE, kind)
        names = ["plain", "deflate", "deflate-anew"] + (["tls"] if os.path.exists(os.path.join(PLACE, "leaf.pem")) else [])
        self.ports = {name: self.process.find(rf"^{name} (\d+)$")[1] for name in names}

    def url(self, path, tls=False, name="plain"):
        if tls:
            return f"wss://localhost:{self.ports['tls']}{path}"
        return f"ws://127.0.0.1:{self.ports[name]}{path}"

    def stop(self):
        self.process.stop()


def call(args, stdin=b""):
    return subprocess.run([WSCOPE, *args], input=stdin, capture_output=True, timeout=SECONDS, env=environment(PLACE))


def checks(server):
    """Every check: name, arguments, stdin, exit code, stdout (None: any), words on stderr."""
    echo, numbers = server.url("/echo"), b"".join(b"line %d\n" % n for n in range(1000))
    large, raw = b"0123456789abcdef" * (1 << 20) + b"\n", bytes(range(256)) * (1 << 16)
    yield "echo of lines", ["-n", "3", echo], b"a\n\nc\n", 0, b"a\n\nc\n", []
    yield "echo without -n", [echo], b"a\nb\n", 0, b"a\nb\n", []
    yield "echo of 1000 lines", ["-n", "1000", echo], numbers, 0, numbers, []
    yield "text in every script", ["-n1", "-m", "grün 漢字 😀", echo], b"", 0, "grün 漢字 😀\n".encode(), []
    yield "binary", ["-n1", "-i", "hex", "-o", "hex", echo], b"00ff80\n", 0, b"00ff80\n", []
    yield "16 MiB of text", ["-n1", echo], large, 0, large, []
    yield "16 MiB of bytes", ["-n1", "-b", "-i", "whole", "-o", "raw", echo], raw, 0, raw, []
    yield "subprotocol chosen", ["-s", "chat.v1,chat.v2", server.url("/chat")], b"", 0, b"chosen: chat.v2\n", []
    yield "subprotocol not chosen", ["-s", "other", server.url("/chat")], b"", 0, b"chosen: \n", ["subprotocol"]
    yield "ping answered", ["--no-input", server.url("/ping")], b"", 0, b"", []
    alive = ["--ping-interval", "20ms", "--ping-timeout", "2s", "--linger", "300ms"]
    yield "pings of ours", [*alive, echo], b"x\n", 0, b"x\n", []
    yield "close without code", ["-v", "--no-input", server.url("/close")], b"", 0, b"", ["1005"]
    for code in (1000, 1001):
        yield f"close {code}", ["-v", "--no-input", server.url(f"/close?{code}")], b"", 0, b"", [str(code)]
    for code in (1002, 1003, 1007, 1008, 1009, 1011, 3000, 4999):
        words = [str(code), "as asked"]
        yield f"close {code}", ["--no-input", server.url(f"/close?{code}")], b"", 8, b"", words
    yield "close by us", ["--linger", "0", "--close-code", "4001", "-m", "x", server.url("/echo")], b"", 0, None, []
    yield "connection dropped", ["--no-input", server.url("/drop")], b"", 7, b"", ["1006"]
    noise = os.urandom(1 << 20)
    for name in ("deflate", "deflate-anew"):
        packed = server.url("/echo", name=name)
        agreed = "client_no_context_takeover" if name == "deflate-anew" else "client_max_window_bits=9"
        yield f"{name}: agreed on", ["-zv", "-n1", "-m", "x", packed], b"", 0, b"x\n", [agreed]
        yield f"{name}: 1000 lines", ["-z", "-n", "1000", packed], numbers, 0, numbers, []
        yield f"{name}: empty messages", ["-z", "-n", "3", packed], b"a\n\nc\n", 0, b"a\n\nc\n", []
        yield f"{name}: 16 MiB of text", ["-z", "-n1", packed], large, 0, large, []
        whole = ["-n1", "-b", "-i", "whole", "-o", "raw", packed]
        yield f"{name}: 16 MiB of bytes", ["-z", *whole], raw, 0, raw, []
        yield f"{name}: noise", ["-z", *whole], noise, 0, noise, []
        yield f"{name}: not offered", ["-n", "3", packed], b"a\nb\nc\n", 0, b"a\nb\nc\n", []
        for parameters in OFFERS:
            offer = [f"--compress=permessage-deflate; {parameters}; client_max_window_bits", "-n", "1000", packed]
            yield f"{name}: {parameters}", offer, numbers, 0, numbers, []
    if "tls" in server.ports:
        ca = os.path.join(PLACE, "ca.pem")
        wss = server.url("/echo", tls=True)
        yield "wss with a private CA", ["--cacert", ca, "-n1", "-m", "x", wss], b"", 0, b"x\n", []
        yield "wss 16 MiB", ["--cacert", ca, "-n1", wss], large, 0, large, []
        yield "wss without the CA", ["-m", "x", wss], b"", 4, b"", ["certificate"]
        yield "wss --insecure", ["-k", "-n1", "-m", "x", wss], b"", 0, b"x\n", []


def complaint(args, stdin, code, stdout, words):
    """What is wrong with a call, or nothing."""
    try:
        done = call(args, stdin)
    except subprocess.TimeoutExpired:
        return f"did not end within {SECONDS} s"
    said = done.stderr.decode(errors="replace")
    if done.returncode != code:
        return f"exit {done.returncode}, not {code}: {said.strip()[:500]}"
    if stdout is not None and done.stdout != stdout:
        return f"stdout of {len(done.stdout)} bytes is not the {len(stdout)} expected: {done.stdout[:100]!r}"
    missing = [word for word in words if word.lower() not in said.lower()]
    return f"stderr does not say {missing}: {said.strip()[:500]}" if missing else None


def of_servers():
    """Runs the checks. Yields the server, the name of the check, and what is wrong, if anything."""
    for kind in SERVERS:
        server = Server(kind)
        try:
            for name, *check in checks(server):
                yield kind, name, complaint(*check)
        finally:
            server.stop()


def main():
    # Ended by a signal, we end what we started.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, _: sys.exit(128 + number))
    passed = failed = 0
    for who, name, wrong in itertools.chain(of_servers(), clients.results(WSCOPE, PLACE, CLIENTS)):
        print(f"{'FAILED' if wrong else 'ok'}: {who}: {name}" + (f": {wrong}" if wrong else ""), flush=True)
        passed, failed = passed + (not wrong), failed + bool(wrong)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


sys.exit(main())
