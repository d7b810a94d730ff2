/** One owner per descriptor: closing, detaching, duplicating, adopting, and collecting a socket. */

import { closeSync, fstatSync, openSync } from 'node:fs';
import { inspect } from 'node:util';

import { describe, expect, it } from 'vitest';

import {
  AF_INET6,
  AF_UNIX,
  SOCK_DGRAM,
  SOCK_STREAM,
  Socket,
  fd,
  onDescriptorClose,
  pipe,
  socketpair,
  tcpInfo,
} from '../../lib/sockets/index.js';

const isOpen = (descriptor: number): boolean => {
  try {
    fstatSync(descriptor);
    return true;
  } catch {
    return false;
  }
};

/** Waits for the next process warning that `matches`. */
const nextWarning = (matches: (warning: Error) => boolean): Promise<Error> =>
  new Promise((resolve) => {
    const listener = (warning: Error): void => {
      if (!matches(warning)) return;
      process.removeListener('warning', listener);
      resolve(warning);
    };
    process.on('warning', listener);
  });

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('closing a socket', () => {
  it('closes the descriptor once, and fileno() is -1 from then on', () => {
    const socket = new Socket();
    const descriptor = socket.fileno();
    expect(isOpen(descriptor)).toBe(true);
    socket.close();
    expect(isOpen(descriptor)).toBe(false);
    expect(socket.fileno()).toBe(-1);
  });

  it('twice does not close a new descriptor with the same number', () => {
    const socket = new Socket();
    const descriptor = socket.fileno();
    socket.close();
    using successor = new Socket();
    expect(successor.fileno()).toBe(descriptor);
    socket.close();
    socket[Symbol.dispose]();
    expect(isOpen(descriptor)).toBe(true);
  });

  it('happens at the end of a using block', () => {
    const descriptor = (() => {
      using socket = new Socket();
      return socket.fileno();
    })();
    expect(isOpen(descriptor)).toBe(false);
  });

  it('throws EBADF when the descriptor was closed elsewhere', () => {
    const socket = new Socket();
    closeSync(socket.fileno());
    expect(() => {
      socket.close();
    }).toThrow(expect.objectContaining({ code: 'EBADF', syscall: 'close' }));
    socket.close();
  });
});

describe('a closed socket', () => {
  const address = { host: '127.0.0.1', port: 1 };
  const data = Buffer.from('x');
  it.each<[string, (socket: Socket) => unknown]>([
    ['bind', (s) => s.bind(address)],
    ['listen', (s) => s.listen()],
    ['accept', (s) => s.accept()],
    ['connect', (s) => s.connect(address)],
    ['send', (s) => s.send(data)],
    ['sendAll', (s) => s.sendAll(data)],
    ['sendTo', (s) => s.sendTo(data, address)],
    ['sendMsg', (s) => s.sendMsg([data])],
    ['recv', (s) => s.recv(1)],
    ['recv(0)', (s) => s.recv(0)],
    ['recvInto', (s) => s.recvInto(Buffer.alloc(1))],
    ['recvFrom', (s) => s.recvFrom(1)],
    ['recvMsg', (s) => s.recvMsg(1)],
    ['recvFromInto', (s) => s.recvFromInto(Buffer.alloc(1))],
    ['recvMsgInto', (s) => s.recvMsgInto([Buffer.alloc(1)])],
    ['sendFile', (s) => s.sendFile(0)],
    ['joinGroup', (s) => s.joinGroup('239.1.2.3')],
    ['leaveGroup', (s) => s.leaveGroup('239.1.2.3')],
    ['tcpInfo', (s) => tcpInfo(s)],
    ['shutdown', (s) => s.shutdown('both')],
    ['getsockname', (s) => s.getsockname()],
    ['getpeername', (s) => s.getpeername()],
    ['setsockopt', (s) => s.setsockopt(1, 2, 1)],
    ['getsockopt', (s) => s.getsockopt(1, 2)],
    ['setBlocking', (s) => s.setBlocking(false)],
    ['setTimeout', (s) => s.setTimeout(5)],
    ['dup', (s) => s.dup()],
  ])('refuses %s with EBADF', (_, use) => {
    const socket = new Socket();
    socket.close();
    expect(() => use(socket)).toThrow(expect.objectContaining({ name: 'OSError', code: 'EBADF', errno: -9 }));
  });

  it('still reports its mode, and detach() returns -1', () => {
    const socket = new Socket();
    socket.close();
    expect([socket.getBlocking(), socket.getTimeout(), socket.detach()]).toEqual([true, null, -1]);
  });
});

describe('Socket.detach', () => {
  it('returns the open descriptor to the caller', () => {
    const socket = new Socket();
    const descriptor = socket.fileno();
    expect(socket.detach()).toBe(descriptor);
    expect([socket.fileno(), socket.detach()]).toEqual([-1, -1]);
    socket.close();
    expect(isOpen(descriptor)).toBe(true);
    fd.close(descriptor);
  });
});

it('a printed socket shows its descriptor', () => {
  const socket = new Socket(AF_INET6, SOCK_DGRAM);
  expect(inspect(socket)).toBe(`Socket { fd: ${socket.fileno()}, family: ${AF_INET6}, type: ${SOCK_DGRAM} }`);
  socket.close();
  expect(inspect(socket)).toContain('fd: -1');
});

describe('Socket.dup', () => {
  it('returns a socket with its own descriptor of the same connection', () => {
    const [a, b] = socketpair();
    const copy = a.dup();
    expect(copy.fileno()).not.toBe(a.fileno());
    expect([copy.family, copy.type]).toEqual([a.family, a.type]);
    a.close();
    copy.send(Buffer.from('x'));
    expect(b.recv(1).toString()).toBe('x');
    copy.close();
    expect(b.recv(1)).toHaveLength(0);
    b.close();
  });
});

describe('Socket.fromFd', () => {
  it('reads family and type from the kernel and owns the descriptor', () => {
    for (const [family, type] of [
      [AF_UNIX, SOCK_STREAM],
      [AF_INET6, SOCK_DGRAM],
    ] as const) {
      const descriptor = new Socket(family, type).detach();
      const socket = Socket.fromFd(descriptor);
      expect([socket.fileno(), socket.family, socket.type]).toEqual([descriptor, family, type]);
      socket.close();
      expect(isOpen(descriptor)).toBe(false);
    }
  });

  it('refuses a descriptor that is not a socket with ENOTSOCK and leaves it open', () => {
    const ends = pipe();
    const file = openSync(process.execPath, 'r');
    for (const each of [ends.read, file]) {
      expect(() => Socket.fromFd(each)).toThrow(expect.objectContaining({ code: 'ENOTSOCK' }));
      expect(isOpen(each)).toBe(true);
    }
    closeSync(file);
    fd.close(ends.read);
    fd.close(ends.write);
  });

  it('refuses a number that is not open with EBADF, and a value that is not a number with a TypeError', () => {
    expect(() => Socket.fromFd(1_000_000)).toThrow(expect.objectContaining({ code: 'EBADF' }));
    expect(() => Socket.fromFd(-1)).toThrow(RangeError);
    expect(() => Socket.fromFd(1.5)).toThrow(RangeError);
    expect(() => Socket.fromFd('1' as unknown as number)).toThrow(TypeError);
  });
});

describe('onDescriptorClose', () => {
  it('is called before close, detach and fd.close, while the descriptor is still open', () => {
    const seen: Array<[number, boolean]> = [];
    const listening = onDescriptorClose((descriptor) => seen.push([descriptor, isOpen(descriptor)]));
    const closed = new Socket();
    const detached = new Socket();
    const ends = pipe();
    const numbers = [closed.fileno(), detached.fileno(), ends.read, ends.write];
    closed.close();
    closed.close();
    detached.detach();
    fd.close(ends.read);
    fd.close(ends.write);
    listening[Symbol.dispose]();
    fd.close(numbers[1]!);
    expect(seen).toEqual(numbers.map((number) => [number, true]));
  });

  it('calls every listener in order; disposing of one keeps the other ones, even of the same function', () => {
    const calls: string[] = [];
    const same = (): void => void calls.push('same');
    const first = onDescriptorClose(same);
    const second = onDescriptorClose(same);
    const third = onDescriptorClose(() => calls.push('third'));
    new Socket().close();
    expect(calls).toEqual(['same', 'same', 'third']);
    first[Symbol.dispose]();
    first[Symbol.dispose]();
    new Socket().close();
    expect(calls.slice(3)).toEqual(['same', 'third']);
    second[Symbol.dispose]();
    third[Symbol.dispose]();
    new Socket().close();
    expect(calls).toHaveLength(5);
  });

  it('rejects a listener that is not a function', () => {
    expect(() => onDescriptorClose(5 as unknown as () => void)).toThrow('listener: expected a function, got 5');
  });

  it('allows listeners to be added and removed while they are called', () => {
    const calls: string[] = [];
    const once = onDescriptorClose(() => {
      calls.push('once');
      once[Symbol.dispose]();
    });
    const always = onDescriptorClose(() => calls.push('always'));
    new Socket().close();
    new Socket().close();
    always[Symbol.dispose]();
    expect(calls).toEqual(['once', 'always', 'always']);
  });

  it('closes the descriptor even if a listener throws; the error becomes a warning', async () => {
    const warning = nextWarning((each) => each.message === 'mine');
    const calls: number[] = [];
    const broken = onDescriptorClose(() => {
      throw new Error('mine');
    });
    const working = onDescriptorClose((descriptor) => calls.push(descriptor));
    const socket = new Socket();
    const descriptor = socket.fileno();
    socket.close();
    broken[Symbol.dispose]();
    working[Symbol.dispose]();
    expect(isOpen(descriptor)).toBe(false);
    expect(calls).toEqual([descriptor]);
    expect((await warning).message).toBe('mine');
  });

  it('has closed the descriptor afterwards, so that its number can be reused', () => {
    const order: string[] = [];
    const listening = onDescriptorClose((descriptor) => order.push(isOpen(descriptor) ? 'open' : 'gone'));
    const socket = new Socket();
    const descriptor = socket.fileno();
    socket.close();
    order.push(isOpen(descriptor) ? 'open' : 'gone');
    listening[Symbol.dispose]();
    expect(order).toEqual(['open', 'gone']);
  });
});

describe('a socket that is collected without close()', () => {
  const makeAndForget = (release: (socket: Socket) => void): number => {
    const socket = new Socket();
    const descriptor = socket.fileno();
    release(socket);
    return descriptor;
  };

  it('is closed, announced, and warned about', async () => {
    const closed: number[] = [];
    // Objects that other tests of this worker forgot may be collected at the same time.
    const listening = onDescriptorClose((each) => each === descriptor && closed.push(each));
    const descriptor = makeAndForget(() => {});
    const warning = nextWarning((each) => each.message.includes(`unclosed socket fd=${descriptor}`));
    for (let i = 0; i < 100 && isOpen(descriptor); i++) {
      globalThis.gc?.();
      await turn();
    }
    listening[Symbol.dispose]();
    expect((await warning).name).toBe('ResourceWarning');
    expect(closed).toEqual([descriptor]);
    expect(isOpen(descriptor)).toBe(false);
  });

  it('is left alone when it was detached or closed, as its number may be in use again', async () => {
    const detached = makeAndForget((socket) => socket.detach());
    const closed = makeAndForget((socket) => {
      socket.close();
    });
    const successor = openSync(process.execPath, 'r');
    expect(successor).toBe(closed);
    for (let i = 0; i < 5; i++) {
      globalThis.gc?.();
      await turn();
    }
    expect([isOpen(detached), isOpen(successor)]).toEqual([true, true]);
    fd.close(detached);
    closeSync(successor);
  });

  it('is left alone when its descriptor was closed by number and another socket has that number', async () => {
    const number = makeAndForget((socket) => closeSync(socket.fileno()));
    using successor = new Socket();
    expect(successor.fileno()).toBe(number);
    const closed: number[] = [];
    const listening = onDescriptorClose((each) => closed.push(each));
    for (let i = 0; i < 5; i++) {
      globalThis.gc?.();
      await turn();
    }
    listening[Symbol.dispose]();
    expect(closed).toEqual([]);
    expect(isOpen(number)).toBe(true);
  });
});
