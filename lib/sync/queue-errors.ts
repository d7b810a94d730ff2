/** The errors of queues. */

/** `getNowait()` found nothing. */
export class QueueEmpty extends Error {
  override readonly name = 'QueueEmpty';
  readonly code = 'ERR_QUEUE_EMPTY';

  constructor(message = 'the queue is empty') {
    super(message);
  }
}

/** `putNowait()` found no room. */
export class QueueFull extends Error {
  override readonly name = 'QueueFull';
  readonly code = 'ERR_QUEUE_FULL';

  constructor(message = 'the queue is full') {
    super(message);
  }
}

/** The queue was shut down: nothing can be put in, or nothing will come out any more. */
export class QueueShutDown extends Error {
  override readonly name = 'QueueShutDown';
  readonly code = 'ERR_QUEUE_SHUT_DOWN';

  constructor(message = 'the queue is shut down') {
    super(message);
  }
}
