/** The connection with the viewer that has served the page: a stream of lines, and requests. */

import type { ThreadLine, ViewerRequest, WantRequest } from '../../protocol.js';

/** What the page sends: the defaults of a request may be left out. */
export type Request =
  | Exclude<ViewerRequest, WantRequest | { readonly do: string }>
  | (Pick<WantRequest, 'want'> & Partial<WantRequest>)
  | { readonly do: string; readonly rate?: number; readonly limitMs?: number };

/** Why there is no connection: what has happened, and what to do. */
export interface Ending {
  readonly what: string;
  readonly advice: string;
}

const AGAIN =
  'What you see is the last that was received. Start selectloop inspect again, and open the address that it prints.';

/** Shown when the page has no token, or another. */
const WRONG_TOKEN: Ending = {
  what: 'This address has no valid token.',
  advice: 'Open the whole address that selectloop inspect has printed, with the part after #.',
};

/** Returns the token in the address of the page. */
const tokenOf = (fragment: string): string => /^#token=([\da-f]+)(?:&|$)/.exec(fragment)?.[1] ?? '';

/** Returns the limit of a pause that the address of the page asks for, in milliseconds; 0: none. Default: a minute. */
export const pauseLimitOf = (fragment: string): number =>
  1000 * Number(/&pause-limit=(\d+)(?:&|$)/.exec(fragment)?.[1] ?? 60);

/** Returns whether the address of the page asks for control. */
export const wantsControl = (fragment: string): boolean => /&control(?:&|$)/.test(fragment);

/** Passes lines on in both directions. */
export class Connection {
  private readonly headers = { Authorization: `Bearer ${tokenOf(location.hash)}` };
  private readonly unsent: string[] = [];
  private stream = '';
  private sending = false;
  private bye: string | undefined;

  constructor(
    private readonly received: (line: ThreadLine) => void,
    private readonly ended: (ending: Ending) => void,
  ) {
    void this.open();
  }

  /** Sends requests, in the order of the calls. */
  send(...requests: readonly Request[]): void {
    this.unsent.push(...requests.map((request) => JSON.stringify(request)));
    void this.flush();
  }

  private async open(): Promise<void> {
    const { headers } = this;
    if (headers.Authorization === 'Bearer ') {
      this.ended(WRONG_TOKEN);
      return;
    }
    try {
      const response = await fetch('/stream', { headers });
      if (response.status === 401) this.ended(WRONG_TOKEN);
      else if (!response.ok) this.ended({ what: `The viewer refuses: ${await response.text()}`, advice: AGAIN });
      else {
        await this.read(response.body!);
        this.lost('The program has ended, or has closed its door.');
      }
    } catch {
      this.lost('The program, or selectloop inspect, has ended.');
    }
  }

  private lost(what: string): void {
    this.ended({
      what: this.bye === undefined ? what : `The program has closed the connection: ${this.bye}.`,
      advice: AGAIN,
    });
  }

  private async read(body: ReadableStream<Uint8Array>): Promise<void> {
    const reader = body.getReader();
    const decoder = new TextDecoder();
    let rest = '';
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const lines = (rest + decoder.decode(value, { stream: true })).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) this.take(JSON.parse(line) as ThreadLine & { stream?: string });
    }
  }

  private take(line: ThreadLine & { readonly stream?: string }): void {
    if (line.stream !== undefined) {
      this.stream = line.stream;
      void this.flush();
      return;
    }
    this.bye = line.bye ?? this.bye;
    this.received(line);
  }

  /** Sends what is waiting, one batch after the other. */
  private async flush(): Promise<void> {
    if (this.sending || this.stream === '') return;
    this.sending = true;
    const headers = { ...this.headers, 'Selectloop-Stream': this.stream };
    while (this.unsent.length > 0) {
      const body = this.unsent.splice(0).join('\n');
      try {
        await fetch('/send', { method: 'POST', headers, body });
      } catch {
        break; // the stream ends also, and says so
      }
    }
    this.sending = false;
  }
}
