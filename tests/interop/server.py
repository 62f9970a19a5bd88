"""A server on Python `websockets` for the interop checks; the paths are those of server.js.

Prints the ports it listens on as `plain N` and `tls N`, and `deflate N` and `deflate-anew N` as server.js does.
"""

import asyncio
import os
import ssl
import sys

PLACE = sys.argv[1]
sys.path.insert(0, os.path.join(PLACE, "python"))

from websockets.asyncio.server import serve  # noqa: E402  (the path above has to come first)
from websockets.extensions.permessage_deflate import ServerPerMessageDeflateFactory as Deflate  # noqa: E402


async def handle(connection):
    path, _, query = connection.request.path.partition("?")
    if path == "/echo":
        async for message in connection:
            await connection.send(message)
    elif path == "/chat":
        await connection.send(f"chosen: {connection.subprotocol or ''}")
    elif path == "/close":
        if query:
            await connection.close(int(query), "as asked")
        else:
            connection.protocol.send_close()
            connection.transport.write(b"".join(connection.protocol.data_to_send()))
            await connection.wait_closed()
    elif path == "/ping":
        pong = await connection.ping("interop")
        await pong
        await connection.close(1000)
    elif path == "/drop":
        connection.transport.abort()
    else:
        await connection.close(4404, "no such path")


def choose(connection, offered):
    return "chat.v2" if "chat.v2" in offered else None


async def main():
    options = {"max_size": 64 << 20, "select_subprotocol": choose, "compression": None}
    small = [Deflate(server_max_window_bits=9, client_max_window_bits=9)]
    anew = [Deflate(server_no_context_takeover=True, client_no_context_takeover=True)]
    servers = {
        "plain": await serve(handle, "127.0.0.1", 0, **options),
        "deflate": await serve(handle, "127.0.0.1", 0, extensions=small, **options),
        "deflate-anew": await serve(handle, "127.0.0.1", 0, extensions=anew, **options),
    }
    leaf = os.path.join(PLACE, "leaf.pem")
    if os.path.exists(leaf):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(leaf, os.path.join(PLACE, "leaf.key"))
        servers["tls"] = await serve(handle, "127.0.0.1", 0, ssl=context, **options)
    for name, server in servers.items():
        print(name, next(iter(server.sockets)).getsockname()[1], flush=True)
    await asyncio.Future()


asyncio.run(main())
