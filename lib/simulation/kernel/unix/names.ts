/** The names of UNIX sockets: files, and the abstract namespace. */

import { ECONNREFUSED, ENOENT, EPROTOTYPE } from '../errno.js';

/** A socket that can have a name. */
interface Named {
  readonly type: number;
}

const isAbstract = (name: string): boolean => name.startsWith('\0');

/** The names of a host. There are no directories: every path exists as soon as a socket is bound to it. */
export class UnixNames<S extends Named> {
  /** A file outlives its socket, which is then null: `connect` is refused, and `bind` fails, until someone removes it. */
  private readonly files = new Map<string, { socket: S | null; number: number }>();
  private made = 0;
  /** There is one abstract namespace for each type of socket. */
  private readonly abstract = new Map<string, S>();
  private chosen = 0;

  /** Returns the socket with a name, for a socket of a type; or -errno. */
  find(name: string, type: number): S | number {
    if (isAbstract(name)) return this.abstract.get(keyOf(name, type)) ?? -ECONNREFUSED;
    const file = this.files.get(name);
    if (file === undefined) return -ENOENT;
    const { socket } = file;
    if (socket === null) return -ECONNREFUSED;
    return socket.type === type ? socket : -EPROTOTYPE;
  }

  isTaken(name: string, type: number): boolean {
    return isAbstract(name) ? this.abstract.has(keyOf(name, type)) : this.files.has(name);
  }

  add(name: string, socket: S): void {
    if (isAbstract(name)) this.abstract.set(keyOf(name, socket.type), socket);
    else this.files.set(name, { socket, number: (this.made += 1) });
  }

  /** Removes the name of a closed socket. A file stays. */
  release(name: string, socket: S): void {
    if (isAbstract(name)) this.abstract.delete(keyOf(name, socket.type));
    else {
      const file = this.files.get(name);
      if (file?.socket === socket) file.socket = null;
    }
  }

  /** All sockets that have a name. */
  *sockets(): Generator<S> {
    for (const { socket } of this.files.values()) if (socket !== null) yield socket;
    yield* this.abstract.values();
  }

  /** Returns a number that no other file has; 0 if there is no file. */
  identify(path: string): number {
    return this.files.get(path)?.number ?? 0;
  }

  /** Removes a file, as unlink(2). Returns 0 or -ENOENT. */
  unlink(path: string): number {
    return this.files.delete(path) ? 0 : -ENOENT;
  }

  /** Chooses a free abstract name: a zero byte and five hexadecimal digits. */
  choose(type: number): string {
    for (;;) {
      this.chosen += 1;
      const name = `\0${this.chosen.toString(16).padStart(5, '0')}`;
      if (!this.isTaken(name, type)) return name;
    }
  }
}

const keyOf = (name: string, type: number): string => `${type}${name}`;
