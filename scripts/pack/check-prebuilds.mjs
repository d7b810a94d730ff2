/**
 * Verifies that each prebuilt binary in the tarball loads on its platforms, as far as this machine can run them: arm64 through qemu, and with a
 * Node for musl. A platform that this machine cannot run is named in the output.
 */

import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';

import { installArm64Node } from '../registry-binary.mjs';
import { muslNode } from './musl-node.mjs';

/** An echo over TCP in a loop beside Node and in one without; prints the addon that was loaded. */
const PROGRAM = `
import { readFileSync } from 'node:fs';
import { openConnection, run, runSync, sleep, startServer } from 'selectloop';

async function echo(reader, writer) {
  writer.write(await reader.read(100));
  writer.close();
}

await run(async () => {
  const server = await startServer(echo, '127.0.0.1', 0);
  const { reader, writer } = await openConnection('127.0.0.1', server.port);
  writer.write(Buffer.from('hello'));
  console.log(String(await reader.read(100)), await sleep(1, 'awake'));
  writer.close();
  server.close();
});
console.log(runSync(() => sleep(1, 'awake')), process.arch);
const [loaded] = /prebuilds\\/linux[^]*?\\.node/.exec(readFileSync('/proc/self/maps', 'utf8'));
console.log(loaded);
`;

const ARM64_LIBRARIES = '/usr/aarch64-linux-gnu';

function findOnPath(...names) {
  const folders = process.env.PATH.split(delimiter);
  return names.flatMap((name) => folders.map((folder) => join(folder, name))).find((file) => existsSync(file));
}

/** Returns the command that runs arm64 programs, or a text that says what to install. */
function arm64Node() {
  if (process.arch === 'arm64') return { command: process.execPath, args: [] };
  const qemu = findOnPath('qemu-aarch64-static', 'qemu-aarch64');
  if (qemu === undefined || !existsSync(join(ARM64_LIBRARIES, 'lib/libstdc++.so.6')))
    return 'needs qemu and arm64 libraries (Debian: apt-get install qemu-user-static libc6-arm64-cross libstdc++6-arm64-cross)';
  return { command: qemu, args: ['-L', ARM64_LIBRARIES, installArm64Node('24')] };
}

/** The platform to the command that can load its binary, or to a text that says why there is none. */
const RUNNERS = {
  'linux-x64': () => (process.arch === 'x64' ? { command: process.execPath, args: [] } : 'needs an x64 machine'),
  'linux-x64, musl': () => muslNode() ?? "needs musl's dynamic linker (Debian: apt-get install musl)",
  'linux-arm64': arm64Node,
  'linux-arm64, musl': () => 'needs a Node for musl on arm64, which npm does not have',
};

/** @param execute runs a command and throws if it fails; @param fail throws an error with a message */
export function checkPrebuilds({ folder, tarball, execute, fail }) {
  mkdirSync(folder);
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');
  writeFileSync(join(folder, 'program.mjs'), PROGRAM);
  const quiet = ['--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'];
  execute('npm', ['install', ...quiet, tarball], { cwd: folder });
  for (const [platform, runner] of Object.entries(RUNNERS)) {
    const [, folderOfBinary, cpu] = /^(linux-(\w+))/.exec(platform);
    const binary = `prebuilds/${folderOfBinary}/selectloop.node`;
    if (!existsSync(join(folder, 'node_modules/selectloop', binary))) fail(`the tarball has no ${binary}`);
    const found = runner();
    if (typeof found === 'string') {
      console.log(`prebuilds: ${platform}: not loaded here: ${found}`);
      continue;
    }
    const { command, args = [], env } = found;
    const printed = execute(command, [...args, 'program.mjs'], { cwd: folder, env, timeout: 120_000 });
    const expected = `hello awake\nawake ${cpu}\n${binary}\n`;
    if (printed !== expected) fail(`${platform}: expected ${JSON.stringify(expected)}, got ${JSON.stringify(printed)}`);
    console.log(`prebuilds: ${platform}: ${binary} loads, and a server on it echoes`);
  }
}
