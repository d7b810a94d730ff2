/**
 * The few members of Node's `process` that the library and small programs use, in a page. The bundler puts it in place of the global variable, so
 * it is not global here either.
 */

/** Called with the texts that are written to the standard streams. */
type Write = (text: string) => void;

let write: Write = () => undefined;

/** Sends what is written to stdout and stderr to a function. */
export function writeTo(fn: Write): void {
  write = fn;
}

const stream = {
  write(text: string): boolean {
    write(text);
    return true;
  },
};

const nothing = (): void => undefined;

export const process = {
  env: {} as Record<string, string | undefined>,
  argv: ['selectloop', '/program.js'],
  platform: 'linux',
  arch: 'x64',
  pid: 1,
  versions: { node: '' },
  version: '',
  exitCode: undefined as number | undefined,
  stdout: stream,
  stderr: stream,
  cwd: (): string => '/',
  on: nothing,
  off: nothing,
  once: nothing,
  listenerCount: (): number => 0,
  rawListeners: (): unknown[] => [],
  hasUncaughtExceptionCaptureCallback: (): boolean => false,
  nextTick: (fn: (...args: unknown[]) => void, ...args: unknown[]): void => queueMicrotask(() => fn(...args)),
  emitWarning(warning: string | Error, name = 'Warning'): void {
    write(`${typeof warning === 'string' ? `${name}: ${warning}` : String(warning)}\n`);
  },
};
