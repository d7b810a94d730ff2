"""What the comparison needs and Python 3.11 lacks. The library follows CPython 3.14; any Python from 3.11 on can run this."""

import asyncio
import sys
from asyncio import tasks


class Task(tasks._PyTask):
    """A task with two features of later versions.

    Python 3.12: an eager task runs until its first wait when it is created.
    Python 3.13: an `uncancel()` that takes back the last request also takes back a cancellation that is not delivered yet.
    """

    def __init__(self, coroutine, loop, eager, **options):
        super().__init__(coroutine, loop=loop, **options)
        current = asyncio.current_task(loop) if loop.is_running() else None
        if not eager or current is None:
            return
        loop._ready.pop()  # the first step, which the base class has just scheduled
        tasks._leave_task(loop, current)
        try:
            self._context.run(self._Task__step)
        finally:
            tasks._enter_task(loop, current)

    def uncancel(self):
        requests = super().uncancel()
        if requests == 0:
            self._must_cancel = False
        return requests


class Condition:
    """Python 3.13: a waiter that is cancelled after it was notified passes the notification on.

    CPython does so for every waiter that is cancelled, notified or not; see docs/differences-from-python.md.
    """

    def __init__(self):
        self.lock = asyncio.Lock()
        self.waiters = []

    async def __aenter__(self):
        await self.lock.acquire()

    async def __aexit__(self, *error):
        self.lock.release()

    async def wait(self):
        waiter = asyncio.get_running_loop().create_future()
        self.waiters.append(waiter)
        self.lock.release()
        complete = False
        try:
            try:
                await waiter
            finally:
                if waiter in self.waiters:
                    self.waiters.remove(waiter)
                await self.acquire_again()
            complete = True
        finally:
            if not complete and not waiter.cancelled():
                self.notify(1)

    async def acquire_again(self):
        """Acquires the lock however often the task is cancelled meanwhile, and raises the last cancellation then."""
        cancelled = None
        acquired = False
        while not acquired:
            try:
                acquired = await self.lock.acquire()
            except asyncio.CancelledError as error:
                cancelled = error
        if cancelled is not None:
            raise cancelled

    def notify(self, count):
        for waiter in [each for each in self.waiters if not each.done()][:count]:
            waiter.set_result(None)

    def notify_all(self):
        self.notify(len(self.waiters))


async def wait_for(awaitable, timeout):
    """Python 3.12: waits in the task of the caller."""
    async with asyncio.timeout(timeout):
        return await awaitable


def gather(*futures, return_exceptions):
    """Python 3.12: futures that are done are dealt with immediately."""
    ready = asyncio.get_running_loop()._ready
    before = len(ready)
    outer = asyncio.gather(*futures, return_exceptions=return_exceptions)
    for callback in [ready.pop() for _ in range(len(ready) - before)][::-1]:
        callback._run()
    return outer


def _create_task(self, coroutine, **options):
    """Python 3.13: a group that is shutting down accepts no task."""
    if self._aborting:
        coroutine.close()
        raise RuntimeError('the group is shutting down')
    return _create_task_before(self, coroutine, **options)


async def _exit_group(self, kind, error, traceback):
    """Python 3.13: the group takes back its own request also if a child fails while it waits for the others, and a request of another
    origin cancels the parent again after the error of the group."""
    requested = self._parent_cancel_requested
    try:
        return await _exit_group_before(self, kind, error, traceback)
    except BaseExceptionGroup:
        parent = self._parent_task
        if self._parent_cancel_requested and not requested:
            parent.uncancel()
        if parent.cancelling():
            parent.uncancel()
            parent.cancel()
        raise


async def _enter_timeout(self):
    """Here, a request that was made before the timeout was entered, and is delivered inside, does not hide its TimeoutError."""
    await _enter_timeout_before(self)
    task = asyncio.current_task()
    self._cancelling = task.cancelling() - (1 if task._must_cancel else 0)
    return self


_create_task_before = asyncio.TaskGroup.create_task
_exit_group_before = asyncio.TaskGroup.__aexit__
_enter_timeout_before = asyncio.Timeout.__aenter__

if sys.version_info < (3, 13):
    asyncio.TaskGroup.create_task = _create_task
    asyncio.TaskGroup.__aexit__ = _exit_group
asyncio.Timeout.__aenter__ = _enter_timeout
