"""
A WebSocket peer by an implementation of Python: `serve` is a server that sends back what it gets and prints its port, `dial URL`
a client that holds one session, `leave URL CODE REASON` one that ends it by itself. Each prints what came of it.
"""

import asyncio
import json
import os
import sys

from websockets.asyncio.client import connect
from websockets.asyncio.server import serve as listen
from websockets.exceptions import ConnectionClosed


async def echo(connection):
    try:
        async for message in connection:
            if isinstance(message, str) and message.startswith("close "):
                _, code, reason = message.split(" ", 2)
                await connection.close(int(code), reason)
                return
            await connection.send(message)
    except ConnectionClosed:
        pass
    if connection.protocol.close_rcvd is not None:
        received = connection.protocol.close_rcvd
        print("closed %d %s" % (received.code, received.reason), flush=True)


async def serve():
    async with listen(echo, "127.0.0.1", 0, max_size=None) as server:
        print(server.sockets[0].getsockname()[1], flush=True)
        # Ends with whoever started it.
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
        os._exit(0)


async def dial(url):
    same = []
    async with connect(url, max_size=None) as connection:
        for message in ["grüße", "", bytes(range(256)), "0123456789abcdef" * 10_000, os.urandom(16 * 1024 * 1024)]:
            await connection.send(message)
            same.append(await connection.recv() == message)
        # One message in three frames, with a ping between two of them.
        async def pieces():
            yield "one "
            await (await connection.ping(b"are you there?"))
            yield "two "
            yield "three"

        await connection.send(pieces())
        same.append(await connection.recv() == "one two three")
        await connection.send("close 4321 over")
        try:
            await connection.recv()
        except ConnectionClosed as ended:
            print(json.dumps({"same": same, "closed": [ended.rcvd.code, ended.rcvd.reason]}))


async def leave(url, code, reason):
    async with connect(url) as connection:
        await connection.close(int(code), reason)
        print(json.dumps({"left": connection.close_code == int(code)}))


asyncio.run({"serve": serve, "dial": dial, "leave": leave}[sys.argv[1]](*sys.argv[2:]))
