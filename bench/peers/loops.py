"""What the servers in Python share: which loop they run on, and how they say that they listen."""

import argparse
import asyncio
import json

BACKLOG = 4096

# How much one receive takes at most, in every server that is compared.
CHUNK_BYTES = 256 * 1024


def loop_factory():
    """The maker of the loop that --loop names."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--loop", choices=["asyncio", "uvloop"], default="asyncio")
    if parser.parse_args().loop == "asyncio":
        return asyncio.new_event_loop
    import uvloop

    return uvloop.new_event_loop


def announce(server):
    """Tells the benchmark that clients may come."""
    print(json.dumps({"port": server.sockets[0].getsockname()[1]}), flush=True)


def serve(main):
    """Runs a server until it is killed."""
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        runner.run(main())
