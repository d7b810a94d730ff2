import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { describe, expect, it } from 'vitest';

import { startFile } from '../support/child-program.js';

const ours = 'bench/micro/selectloop.mjs';
const nodes = 'bench/micro/node.mjs';
const asyncios = fileURLToPath(new URL('../../bench/micro/asyncio.py', import.meta.url));

async function stdoutOf(file: string, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await startFile(file, args).ended;
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout;
}

async function stdoutOfPython(...args: string[]): Promise<string> {
  return (await promisify(execFile)('python3', [asyncios, ...args])).stdout;
}

const parsed = async (stdout: Promise<string>): Promise<unknown> => JSON.parse(await stdout);

describe('the micro benchmarks', () => {
  it('have cases with the same names in every language', async () => {
    const [cases, ofNode, ofPython] = await Promise.all([
      parsed(stdoutOf(ours, '--list')),
      parsed(stdoutOf(nodes, '--list')),
      parsed(stdoutOfPython('--list')),
    ]);
    expect(cases).toEqual(expect.arrayContaining(ofNode as string[]));
    expect(ofPython).toEqual(cases);
  });

  it.each<[string, number, (...args: string[]) => Promise<string>, string[]]>([
    ['queueHandOff1', 5_000, (...args) => stdoutOf(ours, ...args), ['--mode', 'hosted']],
    ['sleep0Async', 10_000, (...args) => stdoutOf(ours, ...args), []],
    ['timerInsert', 10_000, (...args) => stdoutOf(nodes, ...args), []],
    ['timerInsert', 10_000, (...args) => stdoutOfPython(...args), []],
  ])('print the measurement of %s, in complete rounds of %i operations', async (name, round, stdout, args) => {
    const counted = (await parsed(stdout(name, '--seconds', '0.01', ...args))) as Record<string, number>;
    expect(counted).toEqual({
      case: name,
      operations: expect.any(Number) as number,
      seconds: expect.any(Number) as number,
      cpuSeconds: expect.any(Number) as number,
    });
    expect(counted['operations']! % round).toBe(0);
    expect(counted['seconds']).toBeGreaterThanOrEqual(0.01);
  });

  it.each([
    [['nonsense'], "expected a case from --list, got 'nonsense'"],
    [['taskSwitch', '--mode', 'both'], "--mode: expected blocking or hosted, got 'both'"],
  ])('reject the arguments %j with one line', async (args, message) => {
    const ending = await startFile(ours, args).ended;
    expect(ending).toMatchObject({ code: 2, stdout: '', stderr: `micro/selectloop: ${message}\n` });
  });
});
