/** The errors of queues. */

/** Thrown by `getNowait()` on an empty queue. */
export class QueueEmpty extends Error {
  override readonly name = 'QueueEmpty';
  readonly code = 'ERR_QUEUE_EMPTY';

  constructor(message = 'the queue is empty') {
    super(message);
  }
}

/** Thrown by `putNowait()` on a full queue. */
export class QueueFull extends Error {
  override readonly name = 'QueueFull';
  readonly code = 'ERR_QUEUE_FULL';

  constructor(message = 'the queue is full') {
    super(message);
  }
}

/** Thrown after `shutdown()`: by a put, and by a get once the queue is empty. */
export class QueueShutDown extends Error {
  override readonly name = 'QueueShutDown';
  readonly code = 'ERR_QUEUE_SHUT_DOWN';

  constructor(message = 'the queue is shut down') {
    super(message);
  }
}
