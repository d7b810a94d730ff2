"""A client of an echo server on Python's asyncio: opens many connections at once, sends random bytes on each in random pieces,
and checks every byte that comes back.

python3 echo_client.py PORT CONNECTIONS BYTES     exits with 0 and prints a summary, or says what differs
"""

import asyncio
import os
import random
import sys

LARGEST_PIECE = 16 * 1024
PORT, CONNECTIONS, BYTES = (int(argument) for argument in sys.argv[1:])


async def send(writer, data):
    sent = 0
    while sent < len(data):
        piece = data[sent : sent + random.randint(1, LARGEST_PIECE)]
        sent += len(piece)
        writer.write(piece)
        await writer.drain()
        if random.random() < 0.5:
            await asyncio.sleep(0)
    writer.write_eof()


async def receive(reader, expected):
    received = await reader.read(-1)
    if len(received) != len(expected):
        raise SystemExit(f"{len(received)} of {len(expected)} bytes came back")
    if received != expected:
        raise SystemExit("a byte differs")


async def exchange(reader, writer):
    data = os.urandom(BYTES)
    await asyncio.gather(send(writer, data), receive(reader, data))
    writer.close()
    await writer.wait_closed()


async def main():
    streams = await asyncio.gather(*(asyncio.open_connection("127.0.0.1", PORT) for _ in range(CONNECTIONS)))
    await asyncio.gather(*(exchange(reader, writer) for reader, writer in streams))
    print(f"{CONNECTIONS} connections echoed {BYTES} bytes each")


asyncio.run(main())
