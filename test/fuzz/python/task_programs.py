"""The interpreter of task programs (task-program.ts) on asyncio. Its other half is tasks.ts."""

import asyncio
import selectors

import later_asyncio

FRACTIONS = 2**20
# Longer than any program that does not wait in vain.
LONGEST_MS = 50_000
# After so many cancellations, a task that waits for a condition needs a lock whose holder waits for that task.
PATIENCE = 5


class JumpingSelector(selectors.SelectSelector):
    """Moves the clock instead of waiting."""

    loop = None

    def select(self, timeout=None):
        if timeout is None:
            raise RuntimeError('nothing can happen any more')
        if timeout > 0:
            self.loop.now += timeout
        return []


class VirtualLoop(asyncio.SelectorEventLoop):
    """A loop whose time is virtual, and counted in milliseconds."""

    def __init__(self, eager):
        self.now = 0.0
        selector = JumpingSelector()
        selector.loop = self
        super().__init__(selector)
        self.set_task_factory(lambda loop, coroutine, **options: later_asyncio.Task(coroutine, loop, eager, **options))
        self.set_exception_handler(lambda loop, context: None)

    def time(self):
        return self.now


class ProgramError(Exception):
    """The error that a program raises."""


def name_of(error):
    """The name of an error that both languages have."""
    if isinstance(error, asyncio.CancelledError):
        return 'cancelled'
    if isinstance(error, TimeoutError):
        return 'timeout'
    if isinstance(error, BaseExceptionGroup):
        return f'group[{",".join(sorted(name_of(each) for each in error.exceptions))}]'
    if isinstance(error, ProgramError):
        return f'error {error.args[0]}'
    if isinstance(error, (RuntimeError, ValueError)):
        return 'misuse'
    return f'{type(error).__name__}: {error}'


def queue_of(kind, size):
    return {'fifo': asyncio.Queue, 'lifo': asyncio.LifoQueue, 'priority': asyncio.PriorityQueue}[kind](size)


class Interpreter:
    def __init__(self, program):
        self.main = program['main']
        # Whether the log says how many futures a wait has found.
        self.counts = program['counts']
        self.log = []
        self.tasks = {}
        # An eager task runs before it is in `tasks`.
        self.names = set()
        self.locks = [asyncio.Lock() for _ in range(program['locks'])]
        self.semaphores = [asyncio.Semaphore(value) for value in program['semaphores']]
        self.events = [asyncio.Event() for _ in range(program['events'])]
        self.queues = [queue_of(kind, size) for kind, size in program['queues']]
        self.conditions = [later_asyncio.Condition() for _ in range(program['conditions'])]

    def note(self, task, text):
        now = asyncio.get_running_loop().time()
        self.log.append([task, int(now * FRACTIONS), text])

    async def run(self):
        self.spawn('main', self.main, asyncio.create_task)
        await asyncio.sleep(LONGEST_MS)
        # What is left waits for something that does not happen. Several times, for those that catch it.
        rounds = 0
        while pending := self.pending():
            self.note('end', f'pending: {pending}')
            for task in list(self.tasks.values()):
                task.cancel()
                await asyncio.sleep(100)
            rounds += 1
            if rounds > PATIENCE:
                self.release_all()
            await asyncio.sleep(1000)

    def release_all(self):
        for lock in [*self.locks, *(each.lock for each in self.conditions)]:
            if lock.locked():
                lock.release()

    def pending(self):
        return ' '.join(sorted(name for name, task in self.tasks.items() if not task.done()))

    def spawn(self, name, block, create):
        if name in self.names:
            return
        self.names.add(name)
        task = self.tasks[name] = create(self.body(name, block))
        task.add_done_callback(lambda task: self.note(name, f'done: {self.outcome(task)}'))

    async def body(self, name, block):
        await self.block(block, name)
        return f'result of {name}'

    @staticmethod
    def outcome(task):
        if task.cancelled():
            return 'cancelled'
        return task.result() if task.exception() is None else name_of(task.exception())

    def other(self, name):
        """A task that the current one may wait for."""
        task = self.tasks.get(name)
        return None if task is asyncio.current_task() else task

    def others(self, names):
        return [task for task in map(self.other, names) if task is not None]

    async def block(self, block, me):
        for kind, *args in block:
            await getattr(self, f'do_{kind}')(me, *args)

    async def do_sleep(self, me, delay):
        await asyncio.sleep(delay)

    async def do_log(self, me, text):
        self.note(me, f'{text}, {asyncio.current_task().cancelling()} requests')

    async def do_raise(self, me, text):
        raise ProgramError(text)

    async def do_spawn(self, me, name, block):
        self.spawn(name, block, asyncio.create_task)

    async def do_cancel(self, me, name):
        if name in self.tasks:
            self.note(me, f'cancel {name}: {"yes" if self.tasks[name].cancel() else "no"}')

    async def do_uncancel(self, me):
        self.note(me, f'uncancel: {asyncio.current_task().uncancel()}')

    async def do_await(self, me, name):
        if (task := self.other(name)) is not None:
            self.note(me, f'got {await task}')

    async def do_shield(self, me, name):
        if (task := self.other(name)) is not None:
            self.note(me, f'got {await asyncio.shield(task)} from a shield')

    async def do_gather(self, me, names, return_exceptions):
        results = await later_asyncio.gather(*self.others(names), return_exceptions=return_exceptions)
        self.note(me, f'gathered {", ".join(each if isinstance(each, str) else name_of(each) for each in results)}')

    async def do_wait(self, me, names, return_when, timeout):
        if tasks := self.others(names):
            done, pending = await asyncio.wait(tasks, timeout=timeout, return_when=return_when)
            self.note(me, f'{len(done)} done, {len(pending)} pending' if self.counts else 'waited')

    async def do_waitFor(self, me, name, timeout):
        if (task := self.other(name)) is not None:
            self.note(me, f'got {await later_asyncio.wait_for(task, timeout)} in time')

    async def do_timeout(self, me, delay, block):
        async with asyncio.timeout(delay) as scope:
            await self.block(block, me)
        self.note(me, f'expired: {"yes" if scope.expired() else "no"}')

    async def do_group(self, me, children, block):
        async with asyncio.TaskGroup() as group:
            for name, body in children:
                self.spawn(name, body, group.create_task)
            await self.block(block, me)
        self.note(me, 'the group is done')

    async def do_try(self, me, block, caught, handler):
        try:
            await self.block(block, me)
        except (asyncio.CancelledError, Exception) as error:
            if ('C' if isinstance(error, asyncio.CancelledError) else 'E') not in caught:
                raise
            self.note(me, f'caught {name_of(error)}, {asyncio.current_task().cancelling()} requests')
            await self.block(handler, me)

    async def do_finally(self, me, block, last):
        try:
            await self.block(block, me)
        finally:
            self.note(me, 'finally')
            await self.block(last, me)

    async def do_lock(self, me, i, block):
        async with self.locks[i]:
            self.note(me, f'has lock {i}')
            await self.block(block, me)

    async def do_semaphore(self, me, i, block):
        async with self.semaphores[i]:
            self.note(me, f'has semaphore {i}')
            await self.block(block, me)

    async def do_setEvent(self, me, i):
        self.events[i].set()

    async def do_clearEvent(self, me, i):
        self.events[i].clear()

    async def do_waitEvent(self, me, i):
        await self.events[i].wait()
        self.note(me, f'event {i}')

    async def do_put(self, me, i, item):
        await self.queues[i].put(item)
        self.note(me, f'put into {i}')

    async def do_get(self, me, i):
        self.note(me, f'got {await self.queues[i].get()} of queue {i}')

    async def do_taskDone(self, me, i):
        self.queues[i].task_done()

    async def do_join(self, me, i):
        await self.queues[i].join()
        self.note(me, f'joined {i}')

    async def do_waitCondition(self, me, i):
        async with self.conditions[i]:
            await self.conditions[i].wait()
            self.note(me, f'condition {i}')

    async def do_notify(self, me, i, count):
        async with self.conditions[i]:
            self.conditions[i].notify(count)

    async def do_notifyAll(self, me, i):
        async with self.conditions[i]:
            self.conditions[i].notify_all()


def run(program):
    interpreter = None

    async def main():
        nonlocal interpreter
        interpreter = Interpreter(program)
        await interpreter.run()

    with asyncio.Runner(loop_factory=lambda: VirtualLoop(program['eager'])) as runner:
        runner.run(main())
    return interpreter.log
