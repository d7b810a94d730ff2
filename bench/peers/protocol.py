"""Echo with a protocol, on asyncio or uvloop. Both set TCP_NODELAY themselves."""

import asyncio

from loops import BACKLOG, announce, serve


class Echo(asyncio.Protocol):
    __slots__ = ("transport", "write")

    def connection_made(self, transport):
        self.transport = transport
        self.write = transport.write

    def data_received(self, data):
        self.write(data)

    def pause_writing(self):
        self.transport.pause_reading()

    def resume_writing(self):
        self.transport.resume_reading()


async def main():
    server = await asyncio.get_running_loop().create_server(Echo, "127.0.0.1", 0, backlog=BACKLOG)
    announce(server)
    await server.serve_forever()


serve(main)
