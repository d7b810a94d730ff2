/** The part of a task that does not move: the code it runs, its name, and a result that only that code can set. */

import { InvalidStateError } from '../errors/index.js';
import type { LoopCore } from '../loop/loop-core.js';
import { Future } from './future.js';
import { type TaskBody, type TaskTraits, labelOf, nextTaskNumber } from './task-traits.js';

/** A future that gets its result from code. */
export abstract class CodeFuture<T> extends Future<T> {
  protected readonly body: TaskBody<T>;
  private readonly label: string | undefined;
  /** A number stands for `Task-` and that number: most tasks end without anybody asking for their name. */
  protected name: string | number;

  /** @internal @param namesake whose name it has if it gets none of its own; null: the next `Task-N` */
  constructor(loop: LoopCore, body: TaskBody<T>, traits: TaskTraits, namesake: CodeFuture<unknown> | null) {
    super({ loop });
    this.body = body;
    this.label = traits.label;
    this.name = traits.name === undefined && namesake === null ? nextTaskNumber() : (namesake?.name ?? '');
    if (traits.name !== undefined) this.setName(traits.name);
  }

  /** @internal The function it runs, for messages. */
  get _label(): string {
    return this.label ?? labelOf(this.body);
  }

  /** Its name, `Task-N` unless it was given one. */
  getName(): string {
    return typeof this.name === 'number' ? `Task-${this.name}` : this.name;
  }

  /** Renames it; anything but a string is converted. */
  setName(name: unknown): void {
    this.name = String(name);
  }

  /** The generator or the function it runs. */
  getCoro(): TaskBody<T> {
    return this.body;
  }

  /** A task's result comes from its coroutine. Always an InvalidStateError. */
  override setResult(_value: T): never {
    throw new InvalidStateError('Task does not support setResult: its result is what its coroutine returns');
  }

  /** A task's error comes from its coroutine. Always an InvalidStateError. */
  override setException(_error: unknown): never {
    throw new InvalidStateError('Task does not support setException: its error is what its coroutine throws');
  }

  protected override describeOwner(): string {
    return `Task '${this.getName()}'`;
  }
}
