/** What the drawings say. How they look is in iteration.mjs and byte.mjs. Text between backticks is code. */

export const iteration = {
  title: 'One iteration of the event loop',
  description:
    'A circle of five steps. 1: drop cancelled timers from the timer heap. 2: compute the timeout: 0 if the ready queue holds ' +
    'something, otherwise the time until the earliest deadline. 3: poll the selector, with select, poll or epoll: the only place that ' +
    'waits. The kernel reports ready descriptors, and their readers and writers go to the ready queue. libuv is one of the ' +
    'descriptors. 4: collect due timers from the heap into the ready queue. 5: run the ready queue. Handles and tasks schedule ' +
    'callbacks, which go to the ready queue, timers, which go to the heap, and waits, which register descriptors with the selector.',
  /** In order; the fifth is followed by the first. */
  steps: [
    { name: 'drop cancelled timers' },
    { name: 'compute the timeout' },
    { name: 'poll the selector', note: 'select, poll or epoll:' },
    { name: 'collect due timers' },
    { name: 'run the ready queue' },
  ],
  waits: 'the only place that waits',
  heap: 'timer heap',
  queue: 'ready queue',
  kernel: 'kernel',
  descriptors: ['sockets', 'pipes', 'signals', 'children', 'libuv'],
  libuv: 'libuv, Node’s own loop, is one more descriptor',
  flows: {
    cancelled: 'cancelled',
    deadline: 'earliest deadline',
    empty: 'empty?',
    due: 'due timers',
    ready: 'ready descriptors',
    callbacks: 'callbacks',
    timers: 'timers',
    waits: 'waits',
  },
};
