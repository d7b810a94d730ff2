"""The cases of selectloop.mjs in Python, on asyncio's own loop or on uvloop (--loop)."""

import sys

# Moves this folder to the end of the path, because this file has the same name as the module asyncio.
sys.path.append(sys.path.pop(0))

import asyncio  # noqa: E402

import scaffold  # noqa: E402
from scaffold import Case  # noqa: E402

# The same numbers as in scaffold.mjs.
CALLBACKS = 10_000
TIMERS = 10_000
DUE_TIMERS = 50_000
SPAWNS = 1_000
PAIRS = 50
TURNS = 100
GATHERED = 100
GATHERS = 10
FAR_DELAYS = [60 + i * 37 % 100 for i in range(TIMERS)]
DUE_DELAY = 0.001


def nothing():
    pass


async def finished(tasks):
    for task in tasks:
        await task


async def in_pairs(make_pair):
    tasks = []
    for _ in range(PAIRS):
        for coroutine in make_pair():
            tasks.append(asyncio.create_task(coroutine))
    await finished(tasks)


# --- Callbacks and timers ----------------------------------------------------------------------------------------------


async def chain_of_callbacks():
    loop = asyncio.get_running_loop()
    done = loop.create_future()
    left = CALLBACKS

    def following():
        nonlocal left
        left -= 1
        if left > 0:
            loop.call_soon(following)
        else:
            done.set_result(None)

    loop.call_soon(following)
    await done


async def batch_of_callbacks():
    loop = asyncio.get_running_loop()
    done = loop.create_future()
    for _ in range(CALLBACKS - 1):
        loop.call_soon(nothing)
    loop.call_soon(done.set_result, None)
    await done


async def insert_timers():
    loop = asyncio.get_running_loop()
    return [loop.call_later(delay, nothing) for delay in FAR_DELAYS]


def cancel_timers(timers):
    for timer in timers:
        timer.cancel()


async def insert_and_cancel_timers():
    loop = asyncio.get_running_loop()
    for delay in FAR_DELAYS:
        loop.call_later(delay, nothing).cancel()


async def fire_timers():
    loop = asyncio.get_running_loop()
    done = loop.create_future()
    left = DUE_TIMERS

    def fired():
        nonlocal left
        left -= 1
        if left == 0:
            done.set_result(None)

    for _ in range(DUE_TIMERS):
        loop.call_later(DUE_DELAY, fired)
    await done


# --- Tasks -------------------------------------------------------------------------------------------------------------


async def at_once():
    return 1


async def spawn_tasks():
    await finished([asyncio.create_task(at_once()) for _ in range(SPAWNS)])


async def sleeps_zero():
    for _ in range(TURNS):
        await asyncio.sleep(0)


async def player(futures, side):
    """Waits for its own future, and wakes the other task by setting the other's future."""
    loop = asyncio.get_running_loop()
    for _ in range(TURNS):
        await futures[side]
        futures[side] = loop.create_future()
        futures[1 - side].set_result(None)


def two_players():
    loop = asyncio.get_running_loop()
    futures = [loop.create_future(), loop.create_future()]
    futures[0].set_result(None)
    return player(futures, 0), player(futures, 1)


async def gather_tasks():
    for _ in range(GATHERS):
        await asyncio.gather(*[at_once() for _ in range(GATHERED)])


# --- Hand-offs ---------------------------------------------------------------------------------------------------------


async def puts(queue):
    for i in range(TURNS):
        await queue.put(i)


async def gets(queue):
    for _ in range(TURNS):
        await queue.get()


def getter_and_putter(maxsize):
    queue = asyncio.Queue(maxsize)
    return gets(queue), puts(queue)


async def locks(lock):
    for _ in range(TURNS):
        await lock.acquire()
        await asyncio.sleep(0)  # otherwise the other task would never find it locked
        lock.release()


def two_rivals():
    lock = asyncio.Lock()
    return locks(lock), locks(lock)


# Python has only one kind of coroutine, and one way to yield to the loop, so some cases share a function.
SPAWN = Case(SPAWNS, spawn_tasks)
SLEEP_ZERO = Case(2 * PAIRS * TURNS, lambda: in_pairs(lambda: (sleeps_zero(), sleeps_zero())))

CASES = {
    # A callback that schedules the next one; each takes one iteration of the loop.
    "callSoon": Case(CALLBACKS, chain_of_callbacks),
    # A callback is scheduled, and runs in a batch with 9,999 others.
    "callSoonBatch": Case(CALLBACKS, batch_of_callbacks),
    # A timer far in the future is set.
    "timerInsert": Case(TIMERS, insert_timers, cancel_timers),
    # A timer far in the future is set and immediately cancelled.
    "timerInsertCancel": Case(TIMERS, insert_and_cancel_timers),
    # A timer is set and fires, in a batch with 49,999 others.
    "timerFire": Case(DUE_TIMERS, fire_timers),
    # A task that returns in its first step is created and awaited, in a batch with 999 others.
    "taskSpawn": SPAWN,
    "taskSpawnAsync": SPAWN,
    # One of 100 tasks yields to the loop and is resumed.
    "taskSwitch": SLEEP_ZERO,
    "sleep0": SLEEP_ZERO,
    "sleep0Async": SLEEP_ZERO,
    # A future is created, awaited, and completed by the other task of a pair; 50 pairs.
    "taskSwitchFuture": Case(2 * PAIRS * TURNS, lambda: in_pairs(two_players)),
    # A gather of 100 tasks that return in their first step.
    "gather": Case(GATHERS, gather_tasks),
    # An item is put and taken by the two tasks of a pair; 50 pairs, each with an unbounded queue, so that `put` never waits.
    "queueHandOff": Case(PAIRS * TURNS, lambda: in_pairs(lambda: getter_and_putter(0))),
    # The same with queues of size 1, so that one of the two tasks waits for each item.
    "queueHandOff1": Case(PAIRS * TURNS, lambda: in_pairs(lambda: getter_and_putter(1))),
    # A lock is acquired from the other task of a pair, held for one iteration, and released; 50 pairs.
    "lockHandOff": Case(2 * PAIRS * TURNS, lambda: in_pairs(two_rivals)),
}

sys.exit(scaffold.main("micro/asyncio", CASES))
