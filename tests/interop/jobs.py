"""What clients are asked to do with `wscope serve`: name, arguments of serve, job, and what must stand in the answer.

A job has
    path, host        where to connect: to another path, by another name of the server's
    from              do it from the page of a server with these arguments; None: of the same server (browsers)
    offers, headers, origin                   of the opening handshake
    deflate, parameters, plain                offers permessage-deflate, with these parameters, or does not offer it
    ca, cert, distrust                        whom to trust; the certificate and key to show; trusts nobody
    send, expect      messages to send; messages that must come, and no others
    listeners, heard  so many more connections, made before; what must come on each of them
    ping              then pings with these words
    close, leave      then closes, with code and reason; without code
    strict            nothing: the job is for those who do not put up with everything
    steps, login      does this in the page of --web, instead of all that; with name and password (browsers)
Where it neither closes nor leaves, it waits for the end. A message is {text or hex, times}.

An answer has protocol, extensions, pong, closed (code and reason), failed (words of an error) and wrong (what came that
should not, in words); one to `steps` the log and the state of the page. `said` is what the server's log must say. Where
nothing else is asked for, `closed` must be what `close` is, and `failed` and `wrong` nothing.
"""

import base64
import os

# Every script that is written from left to right or the other way, above the first plane too, and what is no letter.
SCRIPTS = (
    "Grün, ελληνικά, русский, հայերեն, ქართული, עברית, العربية, हिन्दी, বাংলা, தமிழ், ไทย, བོད་ཡིག, ខ្មែរ, አማርኛ, "
    "한국어, 日本語, 漢字, 𐌲𐌿𐍄, 𝔣𝔯, e\u0301, 👩\u200d👩\u200d👧, 🏳\ufe0f\u200d🌈"
)
MARKS = "\0\t\r\n\x7f\x85\u2028\ufeff\uffff\U0010ffff"
LENGTHS = (0, 1, 125, 126, 127, 65535, 65536, 65537)
# A 401, or what Chromium says of it.
UNAUTHORIZED = "401|no valid credentials|ERR_INVALID_AUTH_CREDENTIALS"
CLEAN = [1000, ""]
BYE = {"close": CLEAN}


def text(*texts):
    return [{"text": text} for text in texts]


def binary(*texts):
    return [{"hex": text} for text in texts]


def authority(place):
    """The certificate that clients of the server with TLS have to trust."""
    return os.path.join(place, "self.pem")


def tls(place):
    """The arguments of the server with TLS."""
    return ["--self-signed", "--ca-out", authority(place)]


def echo(messages, **more):
    return {"send": messages, "expect": messages, **BYE, **more}


# What strict clients do not put up with.
FAULTS = (
    *("accept=wrong", "accept=doubled", "extension", "subprotocol", "masked", "rsv=4", "rsv=1", "opcode=0"),
    *("opcode=3", "opcode=11", "bad-utf8", "long-control", "close=1005"),
)
SAY_A = {"send": text("a"), "expect": text("a")}
EMPTY = text("", "a", "") + binary("", "00", "")
NUMBERS = text(*(f"message {number}" for number in range(10000)))
LARGE_TEXT = [{"text": "漢字😀üabcd", "times": 1 << 20}]
LARGE_BINARY = [{"hex": bytes(range(256)).hex(), "times": 1 << 16}]


def of_messages():
    yield "text in every script", [], echo(text(SCRIPTS, MARKS)), {}
    yield "empty messages", [], echo(EMPTY), {}
    yield "binary", [], echo(binary(bytes(range(256)).hex())), {}
    lengths = [{kind: unit, "times": times} for times in LENGTHS for kind, unit in (("text", "x"), ("hex", "ff"))]
    yield "every form of length", [], echo(lengths), {}
    yield "10000 messages in order", [], echo(NUMBERS), {}
    yield "16 MiB of text", [], echo(LARGE_TEXT), {}
    yield "16 MiB of bytes", [], echo(LARGE_BINARY), {}
    yield "16 MiB in fragments", ["--fragment", "64K"], echo(LARGE_BINARY), {}
    yield "ping answered", [], {"ping": "interop", **BYE}, {"pong": "interop"}
    for fault in ("dribble", "drip=20", "fragment=2", "delay=20ms", "ping-flood=50"):
        yield f"--fault {fault}", ["--fault", fault], echo(text(SCRIPTS, "b")), {}


def of_closing():
    # What the server has read it shows in its log.
    for code, reason in (1000, "bye"), (3000, "ü 漢字"), (4001, "as asked"), (4999, "x" * 118):
        reason += os.urandom(2).hex()
        said = f'closed by the client: {code} .*"{reason}" \\(clean\\)'
        yield f"close by the client: {code}", [], echo(text("a"), close=[code, reason]), {"closed": code, "said": said}
    yield "close by the client without code", [], {**SAY_A, "leave": True}, {"closed": 1005}
    for code in (1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 4999):
        server = ["--fault", f"close={code}", "--fault-after", "1"]
        yield f"close by the server: {code}", server, SAY_A, {"closed": code}
    yield "a message too large", ["--max-message", "1K"], {"send": [{"text": "x", "times": 1025}]}, {"closed": 1009}
    stop = ["--", "sh", "-c", "read line; kill -TERM $PPID; cat"]
    yield "the server is told to end", stop, {"send": text("a")}, {"closed": 1001}


def of_subprotocols():
    server, offers = ["-s", "chat.v2,chat.v1"], {"offers": ["other", "chat.v1", "chat.v2"], **BYE}
    yield "subprotocol in the server's order", server, offers, {"protocol": "chat.v2"}
    yield "subprotocol in the client's order", [], offers, {"protocol": "other"}
    yield "no subprotocol", server, BYE, {"protocol": ""}


def of_compression():
    yield "-z: not offered", ["-z"], echo(text("a"), plain=True), {"extensions": ""}
    agreed = {"extensions": "permessage-deflate"}
    noise = [{"hex": os.urandom(1 << 17).hex()}]
    for name, messages in (
        ("text in every script", text(SCRIPTS, SCRIPTS, MARKS)),
        ("empty messages", EMPTY),
        ("10000 messages in order", NUMBERS),
        ("16 MiB of text", LARGE_TEXT),
        ("16 MiB of bytes", LARGE_BINARY),
        ("noise", noise),
    ):
        yield f"-z: {name}", ["-z"], echo(messages, deflate=True), agreed
    yield "-z: fragments", ["-z", "--fragment", "7"], echo(text(SCRIPTS, SCRIPTS), deflate=True), agreed
    for parameters in (
        {"server_no_context_takeover": True},
        {"client_no_context_takeover": True},
        {"server_max_window_bits": 9},
        {"client_max_window_bits": 9},
        {"server_max_window_bits": 15, "client_max_window_bits": 15},
        {"server_no_context_takeover": True, "client_no_context_takeover": True, "server_max_window_bits": 12},
    ):
        words = [name if value is True else f"{name}={value}" for name, value in parameters.items()]
        # A client that limits its own window needs no answer to that.
        answered = ["permessage-deflate", *(word for word in words if not word.startswith("client_max"))]
        job = echo(noise + NUMBERS[:1000] + noise, deflate=True, parameters=parameters)
        yield f"-z: {', '.join(words)}", ["-z"], job, {"extensions": "; ".join(answered)}


def of_faults():
    for fault in FAULTS:
        yield f"--fault {fault} noticed", ["--fault", fault], {"strict": True}, {"failed": r"\w+"}


def of_behaviours(place):
    path = os.path.join(place, "lines")
    with open(path, "w", encoding="utf-8") as file:
        file.write("one\n\nthree\n")
    some, lines = NUMBERS[:1000], text("one", "", "three")
    yield "--broadcast", ["--broadcast"], {"send": some, "listeners": 2, "heard": some, **BYE}, {}
    with_sender = ["--broadcast", "--include-sender"]
    yield "--broadcast --include-sender", with_sender, echo(some, listeners=2, heard=some), {}
    replies = {"send": text("a", "b", "c"), "expect": text("one", "two", "one"), **BYE}
    yield "--reply", ["--reply", "one", "--reply", "two"], replies, {}
    whole = {"send": text("a"), "expect": binary("6f6e650a0a74687265650a"), **BYE}
    yield "--reply of bytes", ["-b", "--reply", f"@{path}"], whole, {}
    yield "--sink", ["--sink"], {"send": some, **BYE}, {}
    yield "--push", ["--push", path, "--every", "0"], {"expect": lines, **BYE}, {}
    alive = ["--push", path, "--every", "450ms", "--ping-interval", "20ms", "--ping-timeout", "1s"]
    yield "pings of the server answered", alive, {"expect": lines, **BYE}, {}
    yield "-- cat", ["--", "cat"], echo(text("a", "", SCRIPTS) + some), {}
    yield "-b -- cat", ["-b", "--", "cat"], echo(binary("00ff0a80")), {}
    yield "-- a command that ends", ["--", "echo", "bye"], {"expect": text("bye")}, {"closed": CLEAN}
    yield "-- a command that fails", ["--", "sh", "-c", "exit 3"], {}, {"closed": [4003, "exit status 3"]}
    yield "--max-children", ["--max-children", "1", "--", "cat"], {"listeners": 1}, {"closed": 1013}


def of_admission():
    def basic(credentials):
        return {"headers": {"Authorization": "Basic " + base64.b64encode(credentials.encode()).decode()}}

    user, bearer, path = ["-u", "ann:secret"], ["--bearer", "t0ken"], ["--path", "/chat"]
    yield "--user", user, {**basic("ann:secret"), **BYE}, {}
    yield "--user: no credentials", user, {}, {"failed": UNAUTHORIZED}
    yield "--user: another password", user, basic("ann:other"), {"failed": "401"}
    yield "--bearer", bearer, {"headers": {"Authorization": "Bearer t0ken"}, **BYE}, {}
    yield "--bearer: no token", bearer, {}, {"failed": UNAUTHORIZED}
    yield "--path", path, {"path": "chat?x=1", **BYE}, {}
    yield "--path: another", path, {"path": "other"}, {"failed": "404"}
    origin, here, elsewhere = ["--origin", "https://example.com"], "https://example.com", "https://example.org"
    yield "--origin", origin, {"origin": here, **BYE}, {}
    yield "--origin: another", origin, {"origin": elsewhere}, {"failed": "403"}
    yield "-- COMMAND: another origin", ["--", "cat"], {"origin": elsewhere}, {"failed": "403"}
    yield "-- COMMAND: a page of another server", ["--", "cat"], {"from": ["--echo"]}, {"failed": "403"}
    yield "-- COMMAND: a page by another name", ["--", "cat"], {"from": None, "host": "rebound.test"}, {"failed": "421"}
    yield "a page of another server", [], {"from": ["--", "cat"], **BYE}, {}
    yield "--connections", ["--connections", "1"], {"listeners": 1}, {"failed": "503"}
    yield "--fault refuse", ["--fault", "refuse=418"], {}, {"failed": "418"}


def of_tls(place):
    server, ca = tls(place), authority(place)
    yield "wss", server, echo(text(SCRIPTS), ca=ca), {}
    yield "wss by name", server, {"ca": ca, "host": "localhost", **BYE}, {}
    yield "wss: 10000 messages in order", server, echo(NUMBERS, ca=ca), {}
    yield "wss: 16 MiB of bytes", server, echo(LARGE_BINARY, ca=ca), {}
    yield "wss without the CA", server, {"distrust": True}, {"failed": "certificate"}


def of_client_certificates(place):
    ca, leaf, key = (os.path.join(place, name) for name in ("ca.pem", "leaf.pem", "leaf.key"))
    server = ["--cert", leaf, "--key", key, "--client-ca", ca]
    yield "wss with a client's certificate", server, {"ca": ca, "cert": [leaf, key], **BYE}, {}


def of_page(place):
    """The page of --web: a whole session, and the ways to the page."""
    opened, closed = "* connected · no subprotocol", "* closed: 1000 (clean)"
    connect, leave = [["click", "connect"], ["see", opened]], [["click", "close"], ["see", closed]]
    log = [
        "* connected · subprotocol chat.v2 · permessage-deflate",
        f"> {SCRIPTS}",
        f"< {SCRIPTS}",
        "> binary 4 bytes: 00 ff 0a 80",
        "< binary 4 bytes: 00 ff 0a 80",
        "* closed: 4001 (clean)",
    ]
    steps = [
        *(["type", "subprotocols", "other, chat.v1, chat.v2"], ["click", "connect"], ["see", log[0]]),
        *(["type", "message", SCRIPTS], ["enter"], ["see", log[2]]),
        *(["click", "binary"], ["type", "message", "00 FF 0a80"], ["click", "send"], ["see", log[4]]),
        *(["type", "code", "4001"], ["type", "reason", "as asked"], ["click", "close"], ["see", log[5]]),
    ]
    answer = {"log": log, "state": "closed: 4001 (clean)", "said": 'closed by the client: 4001 .*"as asked"'}
    yield "page: a session", ["-z", "-s", "chat.v2,chat.v1"], {"steps": steps}, answer
    again = {"steps": [*connect, *leave, *connect]}
    yield "page: connects again", [], again, {"log": [opened, closed, opened], "state": opened[2:]}
    failed = "* closed: 4003 “exit status 3” (clean)"
    steps = [["click", "connect"], ["see", failed]]
    yield "page: closed by the server", ["--", "sh", "-c", "exit 3"], {"steps": steps}, {"log": [opened, failed]}
    for name, server, job in (
        ("of a command", ["--", "cat"], {}),
        ("at --path", ["--path", "/chat"], {}),
        ("with a password", ["-u", "ann:secret"], {"login": "ann:secret"}),
        ("by https", tls(place), {"ca": authority(place)}),
    ):
        yield f"page: {name}", server, {**job, "steps": [*connect, *leave]}, {"log": [opened, closed]}


def all_of(place):
    yield from of_messages()
    yield from of_closing()
    yield from of_faults()
    yield from of_subprotocols()
    yield from of_compression()
    yield from of_behaviours(place)
    yield from of_admission()
    yield from of_tls(place)
    if os.path.exists(os.path.join(place, "leaf.pem")):
        yield from of_client_certificates(place)
    yield from of_page(place)
