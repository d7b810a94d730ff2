/**
 * `selectloop repl`: Node's REPL inside a loop.
 *
 * Node's REPL evaluates what needs no task. An input with `await` or `yield*` at its top level runs as a task (top-level-code.ts), and the
 * REPL reads on when it is done. Tasks that an input has created run meanwhile, and while you type.
 */

import { homedir } from 'node:os';
import { join } from 'node:path';
import { type REPLServer, start } from 'node:repl';
import { isatty } from 'node:tty';
import { inspect } from 'node:util';
import { runInThisContext } from 'node:vm';

import { CancelledError } from '../errors/index.js';
import { getRunningLoop, run } from '../event-loop/index.js';
import { Future, type Steps, type Task, createTask } from '../tasks/index.js';
import { parseOptions } from './command-line.js';
import { GatedInput } from './gated-input.js';
import { taskCode } from './top-level-code.js';
import { packageVersion } from '../loop/package-version.js';

type Done = (error: unknown, value?: unknown) => void;
type Evaluate = (code: string, context: unknown, file: string, done: Done) => void;

/** How long an input that was cancelled may take to end before the second Ctrl-C is mentioned. */
const PATIENCE_MS = 500;
/** How long the tasks that are left may take to end once the input has ended. */
const LAST_PATIENCE_MS = 2000;

/** Runs the command until the input ends. */
export async function replCommand(args: readonly string[]): Promise<void> {
  parseOptions(args, {});
  const session = new Session();
  const listener = (): void => session.interrupt();
  process.on('SIGINT', listener); // while the run begins: then it leaves the signal to the program
  await defineGlobals();
  await run(function* main() {
    if (session.isTerminal) process.off('SIGINT', listener); // Node's REPL breaks loops by the signal, which a listener would prevent
    yield* session.run();
    setTimeout(() => process.exit(), LAST_PATIENCE_MS); // an input that was left as a task may wait for what cannot be cancelled
  });
  process.exit(); // as Node's REPL does, whatever timers and sockets of Node are left
}

/** What the REPL shows for an input that Ctrl-C has ended. */
class Interrupted extends Error {
  [inspect.custom](): string {
    return `KeyboardInterrupt: ${this.message}`;
  }
}

/** One REPL. */
class Session {
  readonly isTerminal = isatty(0) && isatty(1);
  private readonly input = new GatedInput(process.stdin, isatty(0), () => this.interrupt());
  private running: { readonly task: Task; readonly done: Done } | null = null;
  private interrupted = false;

  /** Reads and evaluates until the input ends. */
  *run(): Steps<void> {
    const ended = new Future<void>();
    const terminal = this.isTerminal;
    if (terminal) {
      process.stdout.write(
        `selectloop ${packageVersion()} on Node ${process.version}. A loop runs: await and yield* work here, and tasks run while you type.\n` +
          'Ctrl-C cancels the input that runs, Ctrl-D ends.\n',
      );
    }
    const server = start({
      input: this.input,
      output: process.stdout,
      terminal,
      useGlobal: true,
      breakEvalOnSigint: terminal,
    });
    server.on('exit', () => ended.setResult());
    if (terminal) keepHistory(server);
    const ofNode = server.eval as Evaluate;
    (server as { eval: Evaluate }).eval = (code, context, file, done) => {
      this.evaluate(code, file, done, () => ofNode(code, context, file, done));
    };
    this.input.setBusy(false);
    yield* ended;
  }

  private evaluate(code: string, file: string, done: Done, byNode: () => void): void {
    let main;
    try {
      const found = taskCode(code);
      if (found === null) {
        byNode();
        return;
      }
      main = runInThisContext(found.source, { filename: file, lineOffset: -1 }) as () => Steps<unknown>;
    } catch (error) {
      done(error);
      return;
    }
    this.startInput(createTask(main, { name: file }), done);
  }

  private startInput(task: Task, done: Done): void {
    const input = { task, done };
    this.running = input;
    this.interrupted = false;
    this.input.setBusy(true);
    task.addDoneCallback(() => {
      if (this.running === input) this.endInput(outcomeOf(task, this.interrupted));
      else if (!task.cancelled()) task.exception(); // it was abandoned; its error has been retrieved
    });
  }

  private endInput({ error, value }: { error: unknown; value?: unknown }): void {
    const { done } = this.running!;
    this.running = null;
    done(error, value);
    this.input.setBusy(false);
  }

  /** Ctrl-C: cancels the input that runs. The second one leaves it running, because it may wait for something that cannot be cancelled. */
  interrupt(): void {
    const { running } = this;
    if (running === null) return;
    if (this.interrupted) {
      this.endInput({ error: new Interrupted('the input continues as a task') });
      return;
    }
    this.interrupted = true;
    running.task.cancel();
    getRunningLoop().callLater(PATIENCE_MS, () => {
      if (this.running === running)
        process.stdout.write('The input has not ended yet. Ctrl-C again leaves it as a task.\n');
    });
  }
}

/** Returns what the input has returned or thrown. */
function outcomeOf(task: Task, interrupted: boolean): { error: unknown; value?: unknown } {
  if (task.cancelled())
    return { error: interrupted ? new Interrupted('the input was cancelled') : new CancelledError() };
  const error = task.exception();
  if (error !== null) return { error };
  return { error: null, value: (task.result() as { value: unknown } | undefined)?.value };
}

/**
 * Makes everything that the package exports a global variable. It may be declared anew.
 *
 * Static imports would make the bundler build these namespaces in a chunk that every program loads.
 */
async function defineGlobals(): Promise<void> {
  const modules: object[] = await Promise.all([
    import('../trace/index.js'),
    import('../testing/index.js'),
    import('../node/index.js'),
    import('../index.js'),
  ]);
  for (const [name, value] of modules.flatMap((module) => Object.entries(module))) {
    Object.defineProperty(globalThis, name, { value, writable: true, configurable: true, enumerable: false });
  }
}

/** Keeps the history in a file, as Node's REPL does. An empty SELECTLOOP_REPL_HISTORY turns that off. */
function keepHistory(server: REPLServer): void {
  const path = process.env['SELECTLOOP_REPL_HISTORY'] ?? join(homedir(), '.selectloop_repl_history');
  server.setupHistory(path, (error) => {
    if (error !== null) process.stdout.write(`The history is not kept: ${error.message}\n`);
  });
}
