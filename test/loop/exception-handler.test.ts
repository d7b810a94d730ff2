/** Errors that no caller can receive, and errors that must not be swallowed. */

import { EventLoop, type ExceptionContext, KeyboardInterrupt, fatal, getRunningLoop } from 'selectloop';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { collectErrors } from '../support/loops.js';
import { type VirtualLoop, virtualLoop } from '../support/virtual-time.js';

let virtual: VirtualLoop;
let stderr: string;

beforeEach(() => {
  virtual = virtualLoop();
  stderr = '';
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    stderr += String(text);
    return true;
  });
});
afterEach(() => {
  vi.restoreAllMocks();
  virtual[Symbol.dispose]();
});

class Fatal extends Error {
  readonly [fatal] = true;
}

/** Schedules a callback that throws, and runs one iteration. */
function fail(loop: EventLoop, error: unknown): void {
  loop.callSoon(function failing() {
    throw error;
  });
  loop.runOnce();
}

describe('the default exception handler', () => {
  it('writes the message, the objects and the error with its stack and cause to stderr', () => {
    const { loop } = virtual;
    fail(loop, new Error('boom', { cause: new TypeError('the reason') }));
    expect(stderr).toMatch(
      /^selectloop: Exception in callback <Handle failing\(\)>\n {2}handle: <Handle failing\(\)>\n/,
    );
    expect(stderr).toMatch(/Error: boom\n +at .*exception-handler\.test\.ts/);
    expect(stderr).toContain('[cause]: TypeError: the reason');
  });

  it('names the class of an object that has no text', () => {
    class Greeter {
      readonly greeting = 'hello';
    }
    virtual.loop.callExceptionHandler({ message: 'failed', protocol: new Greeter() });
    expect(stderr).toBe('selectloop: failed\n  protocol: an object of class Greeter\n');
  });

  it('names the task whose error was never retrieved, when the loop closes', () => {
    const { loop } = virtual;
    loop.createTask(
      function* () {
        throw new Error('forgotten');
      },
      { name: 'careless' },
    );
    loop.runOnce();
    expect(stderr).toBe('');
    loop.close();
    expect(stderr).toMatch(/Task 'careless' exception was never retrieved\n(.*\n)*.*Error: forgotten/);
  });

  it('can be called by an exception handler and by the program', () => {
    const { loop } = virtual;
    loop.defaultExceptionHandler({ message: 'by hand', socket: 'the socket', source: 'here' });
    expect(stderr).toBe('selectloop: by hand\n  socket: the socket\n  created at:\nhere\n');
    stderr = '';
    loop.defaultExceptionHandler({ message: 'by hand', socket: Object.create(null) as unknown });
    expect(stderr).toBe('selectloop: by hand\n  socket: [Object: null prototype] {}\n');
    stderr = '';
    loop.setExceptionHandler((_, context) => loop.defaultExceptionHandler(context));
    fail(loop, new Error('boom'));
    expect(stderr).toMatch(/^selectloop: Exception in callback <Handle failing\(\)>\n(.*\n)*Error: boom\n/);
  });
});

describe('setExceptionHandler', () => {
  it.each(['spam', 5, {}, undefined])('rejects %j', (bad) => {
    expect(() => virtual.loop.setExceptionHandler(bad as never)).toThrow(
      /setExceptionHandler: expected a function or null, got/,
    );
    expect(() => virtual.loop.setExceptionHandler(bad as never)).toThrow(TypeError);
  });

  it('null restores the default; getExceptionHandler returns the current handler', () => {
    const { loop } = virtual;
    const handler = vi.fn();
    expect(loop.getExceptionHandler()).toBeNull();
    loop.setExceptionHandler(handler);
    expect(loop.getExceptionHandler()).toBe(handler);
    loop.setExceptionHandler(null);
    expect(loop.getExceptionHandler()).toBeNull();
    fail(loop, new Error('boom'));
    expect(handler).not.toHaveBeenCalled();
    expect(stderr).toContain('Error: boom');
  });

  it('the handler gets the loop and the context, and nothing is written to stderr', () => {
    const { loop } = virtual;
    const handler = vi.fn();
    loop.setExceptionHandler(handler);
    const error = new Error('boom');
    fail(loop, error);
    loop.callExceptionHandler({ message: 'mine', task: 'k', transport: 't', protocol: 'p', socket: 's', future: 'f' });
    expect(handler.mock.calls).toEqual([
      [loop, expect.objectContaining({ message: 'Exception in callback <Handle failing()>', exception: error })],
      [loop, { message: 'mine', task: 'k', transport: 't', protocol: 'p', socket: 's', future: 'f' }],
    ]);
    expect(stderr).toBe('');
  });

  it('a handler that throws is reported with the original error, and the loop keeps running', () => {
    const { loop } = virtual;
    loop.setExceptionHandler(() => {
      throw new Error('from the handler');
    });
    fail(loop, new Error('the first'));
    expect(stderr).toMatch(/^selectloop: Unhandled error in exception handler\n {2}context: Exception in callback/);
    expect(stderr).toContain('Error: from the handler');
    expect(stderr).toContain('Error: the first');
    const after = vi.fn();
    loop.callSoon(after);
    loop.runOnce();
    expect(after).toHaveBeenCalledOnce();
  });
});

describe('a default handler that a subclass overrides', () => {
  class Overridden extends EventLoop {
    override defaultExceptionHandler(_: ExceptionContext): void {
      throw new Error('from the default handler');
    }
  }

  it('is reported to stderr when it throws', () => {
    using closing = Object.assign(new Overridden(), { [Symbol.dispose]: () => closing.close() });
    fail(closing, new Error('the first'));
    expect(stderr).toMatch(/^selectloop: Exception in default exception handler\nError: from the default handler/);
  });

  it('mentions the custom handler when that threw before', () => {
    using closing = Object.assign(new Overridden(), { [Symbol.dispose]: () => closing.close() });
    closing.setExceptionHandler(() => {
      throw new Error('from the handler');
    });
    fail(closing, new Error('the first'));
    expect(stderr).toMatch(
      /^selectloop: Exception in default exception handler while handling an unexpected error in custom exception handler\n/,
    );
    expect(stderr).toContain('Error: from the default handler');
  });
});

describe('a fatal error', () => {
  it.each([new KeyboardInterrupt(), new Fatal('stop')])(
    'is thrown by runForever instead of being reported: %s',
    (error) => {
      const { loop } = virtual;
      const errors = collectErrors(loop);
      loop.callSoon(() => {
        throw error;
      });
      expect(() => loop.runForever()).toThrow(error);
      expect(errors).toEqual([]);
    },
  );

  it('is also thrown by runForever when it comes from a task or a timer', () => {
    const { loop } = virtual;
    const error = new Fatal('stop');
    const task = loop.createTask(function* () {
      throw error;
    });
    expect(() => loop.runForever()).toThrow(error);
    expect(task.exception()).toBe(error);
    loop.callLater(10, () => {
      throw error;
    });
    expect(() => loop.runForever()).toThrow(error);
  });

  it('is also thrown when an exception handler throws it', () => {
    const { loop } = virtual;
    const error = new Fatal('stop');
    loop.setExceptionHandler(() => {
      throw error;
    });
    loop.callSoon(() => {
      throw new Error('harmless');
    });
    expect(() => loop.runForever()).toThrow(error);
    expect(stderr).toBe('');
  });

  it('unsets the running loop, and leaves the remaining handles to the next run', () => {
    const { loop } = virtual;
    const after = vi.fn();
    loop.callSoon(() => {
      throw new Fatal('stop');
    });
    loop.callSoon(after);
    expect(() => loop.runForever()).toThrow(Fatal);
    expect(() => getRunningLoop()).toThrow(expect.objectContaining({ code: 'ERR_NO_RUNNING_LOOP' }));
    expect(loop.isRunning()).toBe(false);
    expect(after).not.toHaveBeenCalled();
    loop.callSoon(() => loop.stop());
    loop.runForever();
    expect(after).toHaveBeenCalledOnce();
  });

  it('or an error of the selector unsets the running loop, which can run again', () => {
    const { loop, selector } = virtual;
    loop.addReader(5, () => {}); // never ready: the memory selector refuses to wait indefinitely
    expect(() => loop.runForever()).toThrow(/block indefinitely/);
    expect(loop.isRunning()).toBe(false);
    selector.setReady(5, 1);
    loop.addReader(5, () => loop.stop());
    loop.runForever();
  });

  it('from main does not stop a later run early, and is not reported as unretrieved', () => {
    const { loop } = virtual;
    const error = new Fatal('stop');
    expect(() =>
      loop.runUntilComplete(function* () {
        throw error;
      }),
    ).toThrow(error);
    const order: number[] = [];
    const again = (n: number): void => {
      order.push(n);
      if (n === 5) loop.stop();
      else loop.callSoon(again, n + 1);
    };
    loop.callSoon(again, 0);
    loop.runForever();
    expect(order).toEqual([0, 1, 2, 3, 4, 5]);
    loop.close();
    expect(stderr).toBe(''); // the run has thrown main's error, so it is not "never retrieved"
  });

  it("from a callback removes main's pending stop(): a later run is not cut short", () => {
    const { loop } = virtual;
    const future = loop.createFuture<number>();
    loop.callSoon(() => {
      throw new Fatal('stop');
    });
    expect(() => loop.runUntilComplete(future)).toThrow(Fatal);
    future.setResult(1);
    const later = vi.fn(() => loop.stop());
    loop.callLater(100, later);
    loop.runForever();
    expect(later).toHaveBeenCalledOnce();
  });
});
