"""A client on Python `websockets` for the interop checks: each line of stdin is a job of jobs.py, each of stdout an
answer."""

import asyncio
import threading

from converse import Ended, main, tls
from processes import SECONDS

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory as Deflate

# Not its client for threads: that one reads nothing while it sends, and with TLS its threads get in each other's way.
LOOP = asyncio.new_event_loop()
threading.Thread(target=LOOP.run_forever, daemon=True).start()


def wait(coroutine):
    return asyncio.run_coroutine_threadsafe(coroutine, LOOP).result(SECONDS)


class Websockets:
    def __init__(self, job):
        parameters = job.get("parameters")
        connecting = connect(
            job["url"],
            subprotocols=job.get("offers"),
            additional_headers=job.get("headers"),
            origin=job.get("origin"),
            ssl=tls(job),
            compression="deflate" if "deflate" in job and parameters is None else None,
            extensions=None if parameters is None else [Deflate(**parameters)],
            max_size=None,
            ping_interval=None,
        )
        self.connection = wait(self.opened(connecting))
        self.protocol = self.connection.subprotocol or ""
        self.extensions = self.connection.response.headers.get("Sec-WebSocket-Extensions", "")
        self.closed = self.failed = None

    @staticmethod
    async def opened(connecting):
        return await connecting

    def send(self, message):
        wait(self.connection.send(message))

    def receive(self):
        try:
            return wait(self.connection.recv())
        except ConnectionClosed as closed:
            self.closed = [self.connection.close_code, self.connection.close_reason]
            # What it finds wrong it tells the server, in a close frame of its own.
            if not closed.rcvd_then_sent and closed.sent and closed.sent.code in (1002, 1007, 1009):
                self.failed = str(closed)
            raise Ended from closed

    def ping(self, data):
        wait(self.pinged(data))
        return data

    async def pinged(self, data):
        await (await self.connection.ping(data))

    def close(self, code, reason):
        wait(self.connection.close(code, reason))


main(Websockets)
