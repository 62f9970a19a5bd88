"""Runs clients that others wrote against `wscope serve`: each does the jobs of jobs.py that it can."""

import base64
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading

import jobs
from processes import SECONDS, Process

HERE = os.path.dirname(os.path.abspath(__file__))
COMMANDS = {
    "ws": ["node", os.path.join(HERE, "client.js")],
    "websockets": [sys.executable, "-B", os.path.join(HERE, "client_websockets.py")],
    "websocket-client": [sys.executable, "-B", os.path.join(HERE, "client_websocket_client.py")],
    "chromium": ["node", os.path.join(HERE, "client_chromium.js")],
}

# What a job may ask for: of all clients, of programs, of each.
ALL = {"path", "host", "offers", "ca", "send", "expect", "listeners", "heard", "close"}
PROGRAMS = ALL | {"headers", "origin", "cert", "distrust", "plain", "ping"}
CAN = {
    "ws": PROGRAMS | {"strict", "deflate", "parameters", "leave"},
    "websockets": PROGRAMS | {"strict", "deflate", "parameters"},
    "websocket-client": PROGRAMS,
    "chromium": ALL | {"strict", "deflate", "leave", "from", "steps", "login"},
}

# Chromium does nothing unasked, and knows no names but these.
FLAGS = """
    --headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking
    --disable-component-update --disable-sync --remote-debugging-port=0
""".split()
NAMES = "MAP rebound.test 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost"


class Servers:
    """The calls of `wscope serve`, one for each list of arguments."""

    def __init__(self, wscope, place):
        self.wscope, self.place, self.started, self.running = wscope, place, [], {}

    def get(self, args):
        """The server with these arguments; it is started where none runs."""
        server = self.running.get(tuple(args))
        if server is None or not server.is_alive():
            # Of --web only browsers see anything.
            command = [self.wscope, "serve", ":0", "--no-config", "--web", *args]
            server = Process(command, self.place, f"serve-{len(self.started)}")
            self.started.append(server)
            self.running[tuple(args)] = server
        return server

    def stop(self):
        """Ends them all. Returns which did not end by the signal they were sent, in words, or nothing."""
        bad = [server for server in self.started if server.stop() != -signal.SIGTERM]
        return "; ".join(f"{server.process.args} ended with {server.process.returncode}" for server in bad) or None


def url(server):
    return server.find(r"^listening on (\S+)$")[1]


class Client:
    """The program of a client, and the browser that it leads, if any."""

    def __init__(self, kind, place, servers):
        self.processes, more = [], []
        try:
            if kind == "chromium":
                self.processes.append(chromium(place, servers))
                more = [self.processes[0].find(r"^DevTools listening on (\S+)$")[1]]
            self.processes.append(Process([*COMMANDS[kind], place, *more], place, f"client-{kind}", answers=True))
        except BaseException:
            self.stop()
            raise

    def ask(self, job):
        """The answer to a job, or nothing if there is none in time."""
        program = self.processes[-1].process
        timer = threading.Timer(SECONDS, program.kill)
        timer.start()
        try:
            program.stdin.write(json.dumps(job).encode() + b"\n")
            program.stdin.flush()
            line = program.stdout.readline()
        except OSError:
            line = b""
        finally:
            timer.cancel()
        return json.loads(line) if line else None

    def is_alive(self):
        return all(process.is_alive() for process in self.processes)

    def stop(self):
        for process in self.processes:
            process.stop()


def chromium(place, servers):
    """A browser with a new profile, which trusts the authority of our server with TLS."""
    profile = os.path.join(place, "profile")
    shutil.rmtree(profile, ignore_errors=True)
    flags = [*FLAGS, f"--user-data-dir={profile}", f"--host-resolver-rules={NAMES}"]
    if shutil.which("openssl"):
        url(servers.get(jobs.tls(place)))  # now the certificate is there
        command = ["openssl", "x509", "-in", jobs.authority(place), "-noout", "-pubkey"]
        pem = subprocess.run(command, capture_output=True, check=True, timeout=SECONDS).stdout
        key = base64.b64decode(b"".join(pem.splitlines()[1:-1]))
        pin = base64.b64encode(hashlib.sha256(key).digest()).decode()
        flags.append(f"--ignore-certificate-errors-spki-list={pin}")
    return Process(["chromium", *flags, "about:blank"], place, "chromium")


def addressed(job, server, servers):
    """A job with the addresses: where to connect, and the page to do it from."""
    address = url(server) + job.get("path", "")
    if "host" in job:
        address = re.sub("//[^:]+:", f"//{job['host']}:", address)
    page = url(servers.get(job["from"])) if job.get("from") else address
    page = page.replace("ws", "http", 1)
    if "login" in job:
        page = page.replace("//", f"//{job['login']}@")
    return {**job, "url": address, "page": page}


def complaint(job, expected, answer, server):
    """What is wrong with an answer, or nothing."""
    if answer is None:
        return f"no answer within {SECONDS} s, or the client broke down"
    if "failed" not in expected and (answer.get("failed") or answer.get("wrong")):
        return answer.get("failed") or answer["wrong"]
    for key, value in {"closed": job.get("close"), **expected}.items():
        got = answer.get(key)
        if key == "said":
            fits = server.find(value)
        elif key == "failed":
            fits = re.search(rf"\b({value})\b", got or "", re.IGNORECASE)
        elif isinstance(value, int):
            fits = got and got[0] == value
        else:
            fits = value is None or got == value
        if not fits:
            return f"{key}: {got!r}, not {value!r}"
    return None


def results(wscope, place, kinds):
    """Has the jobs done. Yields the client, the name of the check, and what is wrong, if anything."""
    servers = Servers(wscope, place)
    try:
        for kind in kinds:
            yield from of_client(kind, place, servers)
        if kinds:
            yield "serve", "servers end when they are told to", servers.stop()
    finally:
        servers.stop()


def of_client(kind, place, servers):
    client = None
    try:
        for name, args, job, expected in jobs.all_of(place):
            if not job.keys() <= CAN[kind]:
                continue
            if client is None:
                try:
                    client = Client(kind, place, servers)
                except RuntimeError as error:
                    yield kind, "starts", str(error)
                    return
            answer = {}
            try:
                server = servers.get(args)
                answer = client.ask(addressed(job, server, servers))
                wrong = complaint(job, expected, answer, server)
            except RuntimeError as error:
                wrong = str(error)
            yield kind, name, wrong
            if answer is None or not client.is_alive():
                client.stop()
                client = None
    finally:
        if client:
            client.stop()
