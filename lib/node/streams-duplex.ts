/** A StreamReader and a StreamWriter as one Duplex: whatever they are made of, two pipes of a child process for example. */

import { Duplex } from 'node:stream';

import { OSError } from '../errors/index.js';
import { type StreamReader, type StreamWriter } from '../streams/index.js';
import { checkNodeRuns } from '../bridge/index.js';
import type { LoopCore } from '../loop/loop-core.js';
import { nativeConstant } from '../sockets/native-constant.js';
import { type Steps, type Task, createTaskOn } from '../tasks/index.js';

const EPIPE = -nativeConstant('EPIPE');

/** How much is read at a time, at most. */
const CHUNK_BYTES = 64 * 1024;

type Done = (error?: Error | null) => void;

/** Reads when somebody reads it, and calls a write complete when the writer's `drain` says that more is welcome. */
export class StreamsDuplex extends Duplex {
  /** What is under way; a stream asks for one read and one write at a time. */
  private readonly tasks = new Set<Task>();

  /** @throws LoopError ERR_NEEDS_HOST in a blocking loop */
  constructor(
    private readonly loop: LoopCore,
    private readonly reader: StreamReader,
    private readonly writer: StreamWriter,
  ) {
    checkNodeRuns(loop, 'toDuplex');
    super({ allowHalfOpen: true });
  }

  override _read(): void {
    this.start(this.readSteps());
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: Done): void {
    this.send(done, () => this.writer.write(chunk));
  }

  override _writev(chunks: Array<{ chunk: Buffer }>, done: Done): void {
    this.send(done, () => this.writer.writelines(chunks.map(({ chunk }) => chunk)));
  }

  override _final(done: Done): void {
    this.send(done, () => {
      if (this.writer.canWriteEof()) this.writer.writeEof();
      else this.writer.close();
    });
  }

  /** After 'finish', what was written is still sent; else it is dropped. */
  override _destroy(error: Error | null, done: Done): void {
    const { writer, loop } = this;
    for (const task of this.tasks) task.cancel();
    if (error === null && this.writableFinished) writer.close();
    else writer.transport.abort();
    if (loop.isClosed()) done(error);
    else
      createTaskOn(
        loop,
        closeSteps(writer, () => done(error)),
      );
  }

  private *readSteps(): Steps<void> {
    let chunk: Buffer;
    try {
      chunk = yield* this.reader.read(CHUNK_BYTES);
    } catch (error) {
      if (!this.destroyed) this.destroy(error as Error);
      return;
    }
    this.push(chunk.length > 0 ? chunk : null);
  }

  private send(done: Done, act: () => void): void {
    const { writer } = this;
    if (writer.isClosing() || this.loop.isClosed()) {
      done(new OSError(EPIPE, 'write'));
      return;
    }
    act();
    if (writer.transport.getWriteBufferSize() === 0) done();
    else this.start(drainSteps(writer, done));
  }

  private start(steps: Steps<void>): void {
    if (this.loop.isClosed()) return;
    const task = createTaskOn(this.loop, steps);
    this.tasks.add(task);
    task.addDoneCallback(() => this.tasks.delete(task));
  }
}

function* drainSteps(writer: StreamWriter, done: Done): Steps<void> {
  try {
    yield* writer.drain();
  } catch (error) {
    done(error as Error);
    return;
  }
  done();
}

function* closeSteps(writer: StreamWriter, done: () => void): Steps<void> {
  try {
    yield* writer.waitClosed();
  } catch {
    // What it was lost with is what it was destroyed with, or of no interest any more.
  } finally {
    done();
  }
}
