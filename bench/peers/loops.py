"""What the servers in Python share: the choice of the loop, and reporting the port."""

import argparse
import asyncio
import json

BACKLOG = 4096

# The maximum size of one receive, in every server that is compared.
CHUNK_BYTES = 256 * 1024


def loop_factory():
    """Returns the factory of the loop named by --loop."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--loop", choices=["asyncio", "uvloop"], default="asyncio")
    if parser.parse_args().loop == "asyncio":
        return asyncio.new_event_loop
    import uvloop

    return uvloop.new_event_loop


def announce(server):
    """Prints the port, which tells the benchmark that the server is listening."""
    print(json.dumps({"port": server.sockets[0].getsockname()[1]}), flush=True)


def serve(main):
    """Runs a server until it is killed."""
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        runner.run(main())
