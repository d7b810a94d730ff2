"""A fast sender and a slow reader, with a proxy between them: pump.py BYTES...

Prints the port on which the reader listens. For each number of bytes it waits for the port of the proxy on stdin, pumps as many through a
connection of their own, and prints the checksums of what was sent and of what was received.
"""

import hashlib
import os
import socket
import sys
import threading
import time

listener = socket.create_server(("127.0.0.1", 0))


def read_slowly(checksum) -> None:
    connection, _ = listener.accept()
    time.sleep(1)  # what is in between fills up
    count = 0
    buffer = bytearray(1 << 18)
    with connection:
        while n := connection.recv_into(buffer):
            checksum.update(memoryview(buffer)[:n])
            if (count := count + 1) % 8 == 0:
                time.sleep(0.002)


def pump(proxy: int, total: int) -> None:
    sent, received = hashlib.sha256(), hashlib.sha256()
    reader = threading.Thread(target=read_slowly, args=(received,))
    reader.start()
    with socket.create_connection(("127.0.0.1", proxy)) as sender:
        block = os.urandom(1 << 20)
        for i in range(total // len(block)):
            piece = i.to_bytes(8, "big") + block[8:]
            sender.sendall(piece)
            sent.update(piece)
        sender.shutdown(socket.SHUT_WR)
        reader.join()
    print(sent.hexdigest(), received.hexdigest(), flush=True)


print(listener.getsockname()[1], flush=True)
for argument in sys.argv[1:]:
    pump(int(input()), int(argument))
