/** A service manager: passes sockets, receives notices. */

import { AF_UNIX, SOCK_DGRAM, SOCK_NONBLOCK, type Steps, Socket, waitReadable } from 'selectloop';

/** Receives what services send by `sdNotify`. */
export class Notices implements Disposable {
  private readonly socket = new Socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK);

  /** @param path a path, or an abstract name that begins with '\0' */
  constructor(private readonly path: string) {
    this.socket.bind({ path });
  }

  /** The value of NOTIFY_SOCKET. */
  get address(): string {
    return this.path.replace(/^\0/, '@');
  }

  /** Waits for the next notice. */
  *next(): Steps<string> {
    yield* waitReadable(this.socket);
    return this.socket.recv(4096).toString();
  }

  /** Waits for a notice, and returns those before it. */
  *until(notice: string): Steps<string[]> {
    const before: string[] = [];
    for (let text; (text = yield* this.next()) !== notice;) before.push(text);
    return before;
  }

  [Symbol.dispose](): void {
    this.socket.close();
  }
}
