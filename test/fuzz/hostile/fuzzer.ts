/** Calls with hostile arguments, in a child process: of every function of the addon, and of every public function and method. */

import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { type Fuzzer, smallerLists } from '../campaign.js';
import { folder } from '../folder.js';
import { Peer, PeerLost } from '../peer.js';
import { Random } from '../random.js';
import { type NativeCall, makeNativeCalls } from './native-calls.js';
import { type PublicCall, makePublicCalls } from './public-calls.js';
import type { Argument } from './values.js';

/** Calls in order. The seed decides what the getters do. */
export interface HostileProgram {
  readonly kind: 'native' | 'public';
  readonly seed: number;
  readonly calls: ReadonlyArray<NativeCall | PublicCall>;
}

/** Long enough for a process that starts under sanitizers on a busy machine. */
const STALL_MS = 50_000;
const BRIEF_STALL_MS = 10_000;

/** One process makes the calls of both kinds. */
const child = new Peer({
  command: process.execPath,
  args: () => ['--expose-gc', '--import', 'tsx', fileURLToPath(new URL('child.ts', import.meta.url)), folder()],
  speaks: 'ipc',
  errorsTo: () => join(folder(), 'errors-hostile'),
  stallMs: STALL_MS,
});

class HostileFuzzer implements Fuzzer<HostileProgram> {
  readonly parts = 'calls';

  constructor(readonly name: HostileProgram['kind']) {}

  make(seed: number): HostileProgram {
    const random = new Random(seed);
    return { kind: this.name, seed, calls: this.name === 'native' ? makeNativeCalls(random) : makePublicCalls(random) };
  }

  size({ calls }: HostileProgram): number {
    return calls.length;
  }

  async run(program: HostileProgram, brief = false): Promise<string | null> {
    try {
      if (brief) await this.ask('ready', STALL_MS); // starting the process does not count
      return (await this.ask(program, brief ? BRIEF_STALL_MS : STALL_MS)) as string | null;
    } catch (error) {
      if (error instanceof PeerLost) return error.message;
      throw error;
    }
  }

  *smaller(program: HostileProgram): Generator<HostileProgram> {
    for (const calls of smallerLists(program.calls, smallerCalls)) yield { ...program, calls };
  }

  /** Returns the exports that no program can reach. */
  async unreached(): Promise<readonly string[]> {
    return (await this.ask('unreached', STALL_MS)) as readonly string[];
  }

  close(): Promise<void> {
    return child.close();
  }

  private async ask(request: HostileProgram | 'unreached' | 'ready', stallMs: number): Promise<unknown> {
    return ((await child.ask(request, stallMs)) as { result: unknown }).result;
  }
}

/** Yields the call with simpler arguments. */
function* smallerCalls<C extends { readonly args: readonly Argument[] }>(call: C): Generator<C> {
  for (const [i, argument] of call.args.entries()) {
    if (argument !== 0 && argument !== null) yield { ...call, args: call.args.with(i, 0) };
  }
}

export const hostileFuzzers = [new HostileFuzzer('native'), new HostileFuzzer('public')] as const;
