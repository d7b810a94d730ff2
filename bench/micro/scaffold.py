"""What the micro benchmarks in Python need around their cases: the command line, and the loop that times the rounds.

The counterpart of scaffold.mjs; see there for what a case and a round are.
"""

import argparse
import asyncio
import json
import math
import sys
import time

LONGEST_WARM_UP_SECONDS = 0.5

MISUSE = 2
MISSING = 3


class Case:
    """What one round does, and how many operations that is."""

    def __init__(self, operations, make_round, clean_up=None):
        self.operations = operations
        self.make_round = make_round
        self.clean_up = clean_up


class Meter:
    """Adds up what the rounds took; what is between two of them does not count."""

    def __init__(self):
        self.operations = 0
        self.seconds = 0.0
        self.cpu_seconds = 0.0

    async def run(self, case, seconds):
        while self.seconds < seconds:
            cpu_at_start = time.process_time()
            started_at = time.perf_counter()
            result = await case.make_round()
            self.seconds += time.perf_counter() - started_at
            self.cpu_seconds += time.process_time() - cpu_at_start
            self.operations += case.operations
            if case.clean_up is not None:
                case.clean_up(result)
            await asyncio.sleep(0)  # the loop's own housekeeping, after a round that never gave it a turn
        return self


async def measure(case, seconds):
    await Meter().run(case, min(seconds, LONGEST_WARM_UP_SECONDS))
    return await Meter().run(case, seconds)


class OneLineParser(argparse.ArgumentParser):
    """argparse prints the usage before the error; a line that says what is wrong is enough."""

    def error(self, message):
        sys.exit(report(self.prog, message, MISUSE))


def report(program, message, code):
    print(f"{program}: {message}", file=sys.stderr)
    return code


def positive(text):
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value < math.inf:
        raise argparse.ArgumentTypeError(f"expected a number above 0, got '{text}'")
    return value


def loop_factory_of(name):
    """What makes the loop; None if it is not installed."""
    if name == "asyncio":
        return asyncio.new_event_loop
    try:
        import uvloop
    except ModuleNotFoundError:
        return None
    return uvloop.new_event_loop


def main(program, cases):
    parser = OneLineParser(prog=program, add_help=False, allow_abbrev=False)
    parser.add_argument("case", nargs="?", metavar="CASE")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--seconds", type=positive, default=1.0)
    parser.add_argument("--loop", choices=["asyncio", "uvloop"], default="asyncio")
    options = parser.parse_args()
    if options.list:
        print(json.dumps(list(cases)))
        return 0
    if options.case not in cases:
        given = "none" if options.case is None else f"'{options.case}'"
        return report(program, f"expected a case of --list, got {given}", MISUSE)
    loop_factory = loop_factory_of(options.loop)
    if loop_factory is None:
        return report(program, "uvloop is not installed for this Python (Debian: python3-uvloop, /usr/bin/python3)", MISSING)
    with asyncio.Runner(loop_factory=loop_factory) as runner:
        meter = runner.run(measure(cases[options.case], options.seconds))
    line = {
        "case": options.case,
        "operations": meter.operations,
        "seconds": meter.seconds,
        "cpuSeconds": meter.cpu_seconds,
    }
    print(json.dumps(line))
    return 0
