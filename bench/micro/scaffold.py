"""What the micro benchmarks in Python share: the command line, and the loop that measures the rounds.

The counterpart of scaffold.mjs, which explains cases and rounds.
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
    """One round of a case, and its number of operations."""

    def __init__(self, operations, make_round, clean_up=None):
        self.operations = operations
        self.make_round = make_round
        self.clean_up = clean_up


class Meter:
    """Sums the time of the rounds, without the time between two of them."""

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
            await asyncio.sleep(0)  # lets the loop do its own work after a round that did not yield to it
        return self


async def measure(case, seconds):
    await Meter().run(case, min(seconds, LONGEST_WARM_UP_SECONDS))
    return await Meter().run(case, seconds)


class OneLineParser(argparse.ArgumentParser):
    """Prints only the error, where argparse would print the usage as well."""

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
        raise argparse.ArgumentTypeError(f"expected a number > 0, got '{text}'")
    return value


def loop_factory_of(name):
    """Returns the factory of the loop, or None if it is not installed."""
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
        return report(program, f"expected a case from --list, got {given}", MISUSE)
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
