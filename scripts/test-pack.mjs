/**
 * Verifies that the published package works without a compiler: packs the tarball with the prebuilt addons, installs it in an empty folder
 * with install scripts disabled and no compiler on PATH, and runs an echo round trip with `import` and with `require`. The files in
 * scripts/pack look at the same tarball as other users do: with other package managers, compilers and runtimes.
 *
 * The tarball is built from a copy of the checkout, because packing rebuilds `dist/` and `build/`, which other processes may be using, and
 * because a prebuilt binary left in the checkout would hide changes to the C++ sources from `npm ci`.
 */

import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';

import { checkBundlers } from './pack/check-bundlers.mjs';
import { checkCommands } from './pack/check-commands.mjs';
import { checkContents } from './pack/check-contents.mjs';
import { checkInstalls } from './pack/check-installs.mjs';
import { checkPrebuilds } from './pack/check-prebuilds.mjs';
import { checkRuntimes } from './pack/check-runtimes.mjs';
import { checkTypes } from './pack/check-types.mjs';

const ROOT = dirname(import.meta.dirname);
const BUILD_TOOLS = ['g++', 'gcc', 'c++', 'cc', 'clang', 'make', 'cmake', 'python3', 'node-gyp'];

const ECHO = `
const listener = new Socket();
listener.setBlocking(false);
listener.bind({ host: '127.0.0.1', port: 0 });
listener.listen();

async function serveOne() {
  const { socket } = await sockAccept(listener);
  for (;;) {
    const data = await sockRecv(socket, 1024);
    if (data.length === 0) break;
    await sockSendAll(socket, data);
  }
  socket.close();
}

async function main() {
  const server = createTask(serveOne);
  const client = new Socket();
  client.setBlocking(false);
  await sockConnect(client, listener.getsockname());
  await sockSendAll(client, Buffer.from('hello'));
  const reply = await sockRecv(client, 1024);
  client.close();
  await server;
  listener.close();
  return reply.toString();
}

run(main).then((reply) => console.log(reply));
`;
const NAMES = '{ run, createTask, Socket, sockAccept, sockConnect, sockRecv, sockSendAll }';
const PROGRAMS = {
  'echo.mjs': `import ${NAMES} from 'selectloop';\n${ECHO}`,
  'echo.cjs': `const ${NAMES} = require('selectloop');\n${ECHO}`,
};

function fail(message) {
  throw new Error(`test:pack: ${message}`);
}

function execute(command, args, options) {
  return execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'], ...options });
}

/** Copies the files that git would commit, so that ignored ones (old builds, old prebuilds) do not get into the package. */
function copyCheckout(target) {
  const listed = execute('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: ROOT });
  for (const path of listed.split('\0')) {
    // git also lists files that are deleted but still in the index.
    if (path !== '' && existsSync(join(ROOT, path))) cpSync(join(ROOT, path), join(target, path));
  }
  symlinkSync(join(ROOT, 'node_modules'), join(target, 'node_modules'));
}

/** Returns the path of the tarball. */
function pack(checkout) {
  // From the checkout itself, whose cache has what the compiler made last time.
  const prebuilds = join(checkout, 'prebuilds');
  execute('npm', ['run', '--silent', 'prebuild:all', '--', '--out', prebuilds], { cwd: ROOT, stdio: 'inherit' });
  const [report] = JSON.parse(execute('npm', ['pack', '--json', '--silent'], { cwd: checkout }));
  const tarball = join(checkout, report.filename);
  checkContents({ folder: join(workspace, 'contents'), tarball, report, execute, fail });
  return tarball;
}

/** Returns an environment whose PATH has node and npm, but no tool that could build an addon. */
function environmentWithoutCompiler(folder) {
  mkdirSync(folder);
  symlinkSync(process.execPath, join(folder, 'node'));
  symlinkSync(findCommand('npm', process.env.PATH), join(folder, 'npm'));
  for (const tool of BUILD_TOOLS) {
    if (findCommand(tool, folder) !== undefined) fail(`${tool} is on the PATH that should have no build tools`);
  }
  return { ...process.env, PATH: folder };
}

function findCommand(name, path) {
  const found = path.split(delimiter).find((folder) => existsSync(join(folder, name)));
  return found && realpathSync(join(found, name));
}

function installAndRun(folder, tarball, env) {
  mkdirSync(folder);
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');
  const flags = ['--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'];
  execute('npm', ['install', ...flags, tarball], { cwd: folder, env });

  const installed = join(folder, 'node_modules/selectloop');
  if (existsSync(join(installed, 'build'))) fail('the installation compiled something');
  const { version } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8'));
  for (const [name, program] of Object.entries(PROGRAMS)) {
    writeFileSync(join(folder, name), program);
    const reply = execute('node', [name], { cwd: folder, env, timeout: 20_000 }).trim();
    if (reply !== 'hello') fail(`${name} printed ${JSON.stringify(reply)}, expected "hello"`);
    console.log(`selectloop ${version}: ${name} echoed`);
  }
  const printed = execute('node', [join(folder, 'node_modules/.bin/selectloop'), '--version'], {
    cwd: folder,
    env,
  }).trim();
  if (printed !== version) fail(`the command printed ${JSON.stringify(printed)}, expected "${version}"`);
  console.log(`selectloop ${version}: the command runs`);
}

const workspace = mkdtempSync(join(tmpdir(), 'selectloop-pack-'));
try {
  const checkout = join(workspace, 'checkout');
  mkdirSync(checkout);
  copyCheckout(checkout);
  const tarball = pack(checkout);
  const env = environmentWithoutCompiler(join(workspace, 'bin'));
  installAndRun(join(workspace, 'empty'), tarball, env);
  checkPrebuilds({ folder: join(workspace, 'prebuilds'), tarball, execute, fail });
  checkCommands({ folder: join(workspace, 'empty'), env, execute, fail });
  checkBundlers({ folder: join(workspace, 'bundlers'), tarball, execute, fail });
  checkInstalls({ folder: join(workspace, 'installs'), tarball, env, execute, fail });
  checkTypes({ folder: join(workspace, 'types'), tarball, execute, fail });
  checkRuntimes({ folder: join(workspace, 'runtimes'), tarball, execute, fail });
} finally {
  rmSync(workspace, { recursive: true, force: true });
}
