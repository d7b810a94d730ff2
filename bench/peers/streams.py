"""Echo with streams, on asyncio or uvloop. Both set TCP_NODELAY themselves."""

import asyncio

from loops import BACKLOG, CHUNK_BYTES, announce, serve


async def echo(reader, writer):
    try:
        while data := await reader.read(CHUNK_BYTES):
            writer.write(data)
            await writer.drain()
    except ConnectionError:
        pass  # a lost connection affects no other client
    finally:
        writer.close()


async def main():
    server = await asyncio.start_server(echo, "127.0.0.1", 0, backlog=BACKLOG, limit=CHUNK_BYTES)
    announce(server)
    await server.serve_forever()


serve(main)
