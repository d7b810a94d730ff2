/** The fixed part of a task: its code, its name, and a result that only its code can set. */

import { InvalidStateError, textOf } from '../errors/index.js';
import type { LoopCore } from '../loop/loop-core.js';
import { Future } from './future.js';
import { type TaskBody, type TaskTraits, labelOf, nextTaskNumber } from './task-traits.js';

/** A future that gets its result from code. */
export abstract class CodeFuture<T> extends Future<T> {
  private readonly body: TaskBody<T>;
  private readonly label: string | undefined;
  /** A number N stands for the name `Task-N`, because most tasks end before anything asks for their name. */
  private name: string | number;

  /** @internal Use `createTask`. */
  constructor(loop: LoopCore, body: TaskBody<T>, traits: TaskTraits) {
    super({ loop });
    this.body = body;
    this.label = traits.label;
    this.name = traits.name === undefined ? nextTaskNumber() : textOf(traits.name);
  }

  /** @internal The name of its function, for messages. */
  get _label(): string {
    return this.label ?? labelOf(this.body);
  }

  /** Returns its name, `Task-N` unless it was given one. */
  getName(): string {
    return typeof this.name === 'number' ? `Task-${this.name}` : this.name;
  }

  /** Renames it; anything but a string is converted. */
  setName(name: unknown): void {
    this.name = textOf(name);
  }

  /** Returns the generator or function it runs. */
  getCoro(): TaskBody<T> {
    return this.body;
  }

  /** Always throws an InvalidStateError: a task's result comes from its coroutine. */
  override setResult(_value: T): never {
    throw new InvalidStateError('Task does not support setResult: its result is what its coroutine returns');
  }

  /** Always throws an InvalidStateError: a task's error comes from its coroutine. */
  override setException(_error: unknown): never {
    throw new InvalidStateError('Task does not support setException: its error is what its coroutine throws');
  }

  protected override describeOwner(): string {
    return `Task '${this.getName()}'`;
  }
}
