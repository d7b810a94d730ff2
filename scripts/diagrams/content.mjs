/** The text of the drawings. iteration.mjs and byte.mjs define how they look. Text between backticks is code. */

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

export const byte = {
  title: 'The journey of a byte',
  description:
    'Seven lanes: kernel, sockets, selectors, loop, transports, streams and tasks. Reading goes up. 1: bytes arrive in the socket buffer ' +
    'of the kernel. 2: the selector reports that the descriptor is readable. 3: the loop queues and runs its watcher. 4: the transport ' +
    'receives once. 5: the socket receives into a shared buffer. The bytes go straight to the transport, which passes them ' +
    'on. 6: the stream keeps them and wakes the waiting task. 7: await reader.read() returns the bytes. Writing goes down. ' +
    '1: writer.write(). 2: the stream passes the data on. 3: the transport sends, queues what the kernel refuses, and pauses the writer. ' +
    '4: the socket sends. 5: the kernel takes what fits into its socket buffer. 6: the selector reports that the descriptor is writable. ' +
    '7: the loop queues and runs its watcher, and the transport sends more, until the queue is empty. 8: at the low watermark the ' +
    'stream resumes writing. 9: drain() returns.',
  lanes: ['tasks', 'streams', 'transports', 'loop', 'selectors', 'sockets', 'kernel'],
  /** In order of time. */
  reading: {
    name: 'reading',
    steps: [
      { lane: 'kernel', text: 'bytes arrive in the socket buffer' },
      { lane: 'selectors', text: 'the descriptor is readable' },
      { lane: 'loop', text: 'queues and runs the watcher' },
      { lane: 'transports', text: 'receives once, and passes the bytes up' },
      { lane: 'sockets', text: '`recv` into a shared buffer' },
      { lane: 'streams', text: 'keeps the bytes, and wakes the task' },
      { lane: 'tasks', text: '`await reader.read()` returns the bytes' },
    ],
  },
  writing: {
    name: 'writing',
    steps: [
      { lane: 'tasks', text: '`writer.write(data)`' },
      { lane: 'streams', text: 'passes the data on' },
      { lane: 'transports', text: 'sends; queues what is refused, and pauses the writer' },
      { lane: 'sockets', text: '`send`, then `sendmsg` for the queue' },
      { lane: 'kernel', text: 'takes what fits into the socket buffer' },
      { lane: 'selectors', text: 'the descriptor is writable' },
      { lane: 'loop', text: 'queues and runs the watcher' },
      { lane: 'streams', text: 'resumes at the low watermark' },
      { lane: 'tasks', text: '`drain()` returns' },
    ],
  },
  legend: { bytes: 'bytes', events: 'readiness, wake-ups', calls: 'a call for bytes' },
};
