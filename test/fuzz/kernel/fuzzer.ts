/** Random programs of system calls that must have the same outcomes on Linux and on the simulated kernel. */

import { closeSync, mkdirSync, openSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import { native } from '../../../lib/native/binding.js';
import { simulatedBinding } from '../../../lib/simulation/binding.js';
import { useChecks } from '../../../lib/simulation/kernel/checks.js';
import { Kernel } from '../../../lib/simulation/kernel/kernel.js';
import type { Limits } from '../../../lib/simulation/kernel/limits.js';
import { type Fuzzer } from '../campaign.js';
import { folder } from '../folder.js';
import { type KernelProgram, makeKernelProgram, smallerKernelPrograms } from './program.js';
import { Machine, type Surroundings } from './run.js';

const SIMULATED_FIRST_FD = 3;
/** How long a call may take to have its effect on Linux, when the first attempt differs: delayed acknowledgements take 40 ms. */
const PATIENCE_MS = [0, 5, 60] as const;

const setting = (path: string): number[] => readFileSync(`/proc/sys/${path}`, 'utf8').trim().split(/\s+/).map(Number);

/** Returns the settings of this machine's kernel. */
function limitsOfMachine(): Partial<Limits> {
  const [, tcpReceiveBuffer, tcpReceiveBufferMax] = setting('net/ipv4/tcp_rmem') as [number, number, number];
  const congestionControl = readFileSync('/proc/sys/net/ipv4/tcp_congestion_control', 'utf8').trim();
  return {
    somaxconn: setting('net/core/somaxconn')[0]!,
    rmemDefault: setting('net/core/rmem_default')[0]!,
    rmemMax: setting('net/core/rmem_max')[0]!,
    wmemDefault: setting('net/core/wmem_default')[0]!,
    wmemMax: setting('net/core/wmem_max')[0]!,
    tcpReceiveBuffer,
    ...(congestionControl === 'bbr' ? { tcpTunedSendBuffer: 3_939_840 } : {}),
    tcpReceiveBufferMax,
    tcpSendBuffer: setting('net/ipv4/tcp_wmem')[1]!,
    unixDatagrams: setting('net/unix/max_dgram_qlen')[0]!,
  };
}

/** Fills the gaps between the descriptors of this process, so that new ones get consecutive numbers. Returns what undoes it. */
function fillGaps(): { firstFd: number; [Symbol.dispose]: () => void } {
  const highest = Math.max(...readdirSync('/proc/self/fd').map(Number));
  const filling: number[] = [];
  for (;;) {
    const fd = openSync('/dev/null', 'r');
    if (fd > highest) {
      closeSync(fd);
      break;
    }
    filling.push(fd);
  }
  const first = native.dup(0);
  native.close(first);
  return {
    firstFd: first,
    [Symbol.dispose]() {
      for (const fd of filling) closeSync(fd);
    },
  };
}

function makeFolder(path: string): string {
  mkdirSync(path, { recursive: true });
  return path;
}

const pause = new Int32Array(new SharedArrayBuffer(4));

class KernelFuzzer implements Fuzzer<KernelProgram> {
  readonly name = 'kernel';
  readonly parts = 'calls';
  private limits: Partial<Limits> | null = null;

  make(seed: number): KernelProgram {
    return makeKernelProgram(seed);
  }

  size({ calls }: KernelProgram): number {
    return calls.length;
  }

  /** A difference must show three times, ever more patiently: Linux does some of its work after a call has returned. */
  run(program: KernelProgram, brief = false): Promise<string | null> {
    let found: string | null = null;
    for (const patienceMs of brief ? PATIENCE_MS.slice(0, 2) : PATIENCE_MS) {
      found = this.difference(program, patienceMs);
      if (found === null) break;
    }
    return Promise.resolve(found);
  }

  smaller(program: KernelProgram): Iterable<KernelProgram> {
    return smallerKernelPrograms(program);
  }

  /** Runs a program on both kernels. Describes the first call whose outcomes differ. */
  private difference({ calls }: KernelProgram, patienceMs: number): string | null {
    using _checks = useChecks(true);
    using gaps = fillGaps();
    this.limits ??= limitsOfMachine();
    const names = join(folder(), 'kernel');
    const settle = (): void => {
      if (patienceMs > 0) Atomics.wait(pause, 0, 0, patienceMs);
    };
    const linux = new Machine(native, { folder: makeFolder(names), firstFd: gaps.firstFd, settle });
    const kernel = new Kernel({ limits: this.limits });
    const nothing: Surroundings = { folder: names, firstFd: SIMULATED_FIRST_FD, settle: () => undefined };
    const simulated = new Machine(simulatedBinding(kernel), nothing);
    const log: string[] = [];
    try {
      for (const call of calls) {
        const expected = linux.step(call);
        const got = simulated.step(call);
        if (expected !== got) {
          return [
            `${call[0]}: Linux and the simulated kernel differ`,
            `${JSON.stringify(call)}: expected ${expected}`,
            `got ${got}`,
            'after:',
            ...log,
          ].join('\n');
        }
        log.push(`  ${JSON.stringify(call)}: ${got}`);
      }
      return null;
    } finally {
      linux.close();
      simulated.close();
      rmSync(names, { recursive: true, force: true });
    }
  }
}

export const kernelFuzzer = new KernelFuzzer();
