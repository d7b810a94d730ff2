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
  private readonly files = new Map<string, S | null>();
  /** There is one abstract namespace for each type of socket. */
  private readonly abstract = new Map<string, S>();
  private chosen = 0;

  /** Returns the socket with a name, for a socket of a type; or -errno. */
  find(name: string, type: number): S | number {
    if (isAbstract(name)) return this.abstract.get(keyOf(name, type)) ?? -ECONNREFUSED;
    const socket = this.files.get(name);
    if (socket === undefined) return -ENOENT;
    if (socket === null) return -ECONNREFUSED;
    return socket.type === type ? socket : -EPROTOTYPE;
  }

  isTaken(name: string, type: number): boolean {
    return isAbstract(name) ? this.abstract.has(keyOf(name, type)) : this.files.has(name);
  }

  add(name: string, socket: S): void {
    if (isAbstract(name)) this.abstract.set(keyOf(name, socket.type), socket);
    else this.files.set(name, socket);
  }

  /** Removes the name of a closed socket. A file stays. */
  release(name: string, socket: S): void {
    if (isAbstract(name)) this.abstract.delete(keyOf(name, socket.type));
    else if (this.files.get(name) === socket) this.files.set(name, null);
  }

  /** All sockets that have a name. */
  *sockets(): Generator<S> {
    for (const socket of this.files.values()) if (socket !== null) yield socket;
    yield* this.abstract.values();
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
