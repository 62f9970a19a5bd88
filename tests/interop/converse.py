"""What the clients in Python do: conversations as jobs of jobs.py ask for them; the same as in converse.js.

A library is a class: `Library(job)` connects and has `protocol`, `extensions`, and in the end `closed` (code and
reason) and `failed` (what it found wrong, if anything); `send`, `receive` (or `Ended`), `ping` and `close`.
"""

import json
import os
import ssl
import sys

# Here run.sh has put the libraries; the clients import this file first.
sys.path.insert(0, os.path.join(sys.argv[1], "python"))


class Ended(Exception):
    """No more messages come."""


def tls(job):
    """How a TLS server is verified, and what it is shown."""
    if not job["url"].startswith("wss:"):
        return None
    context = ssl.create_default_context(cafile=job.get("ca"))
    if "cert" in job:
        context.load_cert_chain(*job["cert"])
    return context


def expand(message):
    once = message["text"] if "text" in message else bytes.fromhex(message["hex"])
    return once * message.get("times", 1)


def words(message):
    return f"{'text' if isinstance(message, str) else 'binary'} of {len(message)}: {message[:60]!r}"


def wrong(link, expected):
    """What is wrong with what a connection receives, or nothing."""
    for at, message in enumerate(expected):
        try:
            got = link.receive()
        except Ended:
            return f"message {at} is the end, {link.closed}, not {words(message)}"
        if got != message:
            return f"message {at} is {words(got)}, not {words(message)}"
    return None


def rest(link):
    """What comes until the connection ends, which nothing should, in words."""
    more = None
    while True:
        try:
            more = f"one more message: {words(link.receive())}"
        except Ended:
            return more


def converse(library, job):
    listeners = [library(job) for _ in range(job.get("listeners", 0))]
    try:
        link = library(job)
        answer = {"protocol": link.protocol, "extensions": link.extensions}
        # Nothing is read meanwhile, as Python's TLS is not for two threads: what comes back fits into buffers.
        for message in job.get("send", []):
            link.send(expand(message))
        answer["wrong"] = wrong(link, map(expand, job.get("expect", [])))
        heard = [expand(message) for message in job.get("heard", [])]
        for listener in listeners:
            answer["wrong"] = answer["wrong"] or wrong(listener, heard)
        if "ping" in job:
            answer["pong"] = link.ping(job["ping"])
        if "close" in job or answer["wrong"]:
            link.close(*job.get("close", [1000, ""]))
        answer["wrong"] = rest(link) or answer["wrong"]
        return {**answer, "closed": link.closed, "failed": link.failed}
    finally:
        for listener in listeners:
            listener.close(1000, "")
            rest(listener)


def main(library):
    for line in sys.stdin:
        try:
            answer = converse(library, json.loads(line))
        except Exception as error:  # whatever it is, the check is told
            answer = {"failed": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)
