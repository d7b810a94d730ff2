"""Python's asyncio streams as a client of an echo server: many connections at once, line by line."""

import asyncio
import sys

CONNECTIONS = 50
LINES = 200


async def talk(port: int, number: int) -> int:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for i in range(LINES):
        line = f"connection {number} line {i} {'x' * i}\n".encode()
        writer.write(line)
        await writer.drain()
        assert await reader.readline() == line
    writer.write_eof()
    assert await reader.read() == b""
    writer.close()
    await writer.wait_closed()
    return LINES


async def main() -> None:
    counts = await asyncio.gather(*(talk(int(sys.argv[1]), i) for i in range(CONNECTIONS)))
    print(sum(counts), "lines came back")


asyncio.run(main())
