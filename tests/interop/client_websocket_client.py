"""A client on Python `websocket-client` for the interop checks: each line of stdin is a job of jobs.py, each of
stdout an answer."""

import struct

from converse import Ended, main, tls
from processes import SECONDS

from websocket import (
    ABNF,
    WebSocketConnectionClosedException,
    WebSocketException,
    create_connection,
)


class WebsocketClient:
    def __init__(self, job):
        self.connection = create_connection(
            job["url"],
            subprotocols=job.get("offers"),
            header=job.get("headers"),
            origin=job.get("origin"),
            sslopt={"context": tls(job)},
            timeout=SECONDS,
        )
        self.protocol = self.connection.getsubprotocol() or ""
        self.extensions = self.connection.getheaders().get("sec-websocket-extensions", "")
        self.closed = self.failed = None
        self.closes = False

    def send(self, message):
        self.connection.send(message, ABNF.OPCODE_TEXT if isinstance(message, str) else ABNF.OPCODE_BINARY)

    def next(self, pongs=False):
        """The opcode and payload of what comes next."""
        try:
            if self.closes:
                # recv_data would answer the answer to our close frame.
                frame = self.connection.recv_frame()
                opcode, data = frame.opcode, frame.data
            else:
                opcode, data = self.connection.recv_data(control_frame=pongs)
        except WebSocketException as error:
            if not isinstance(error, WebSocketConnectionClosedException):
                self.failed = str(error)
            opcode, data = ABNF.OPCODE_CLOSE, struct.pack("!H", 1006)
        if opcode == ABNF.OPCODE_CLOSE:
            self.closed = [struct.unpack("!H", data[:2])[0] if data else 1005, data[2:].decode()]
            self.connection.shutdown()
            raise Ended
        return opcode, data

    def receive(self):
        if self.closed:
            raise Ended
        opcode, data = self.next()
        return data.decode() if opcode == ABNF.OPCODE_TEXT else data

    def ping(self, data):
        self.connection.ping(data)
        while True:
            opcode, payload = self.next(pongs=True)
            if opcode == ABNF.OPCODE_PONG:
                return payload.decode()

    def close(self, code, reason):
        if not self.closed:
            self.closes = True
            self.connection.send_close(code, reason)


main(WebsocketClient)
