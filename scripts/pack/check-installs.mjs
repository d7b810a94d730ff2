/**
 * Verifies that installing the tarball is silent: no package manager reports or runs an install script, and that the echo server of the README
 * works afterwards, in JavaScript and in TypeScript, without a compiler on PATH. Then builds the addon from source
 * with the one command that the README gives, as a user does where no prebuilt binary fits.
 */

import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const INSTALLERS = [
  ['npm', 'npm@11', ['install', '--no-audit', '--no-fund']],
  ['pnpm', 'pnpm@10', ['add']],
  ['yarn', 'yarn@1', ['add', '--no-progress', '--silent']],
];
const PROGRAM = "import('selectloop').then(({ runSync, sleep }) => console.log(runSync(() => sleep(1, 'awake'))));";

/** Starts the server whose file is the argument, sends it a line, prints the answer, and stops it as Ctrl-C does. */
const CLIENT = `
import { spawn } from 'node:child_process';
import { connect } from 'node:net';
const server = spawn(process.execPath, [process.argv[2]], { env: { ...process.env, PORT: '0' }, stdio: ['ignore', 'pipe', 'inherit'] });
server.stdout.once('data', (data) => {
  const client = connect(Number(/\\d+/.exec(data)[0]), '127.0.0.1', () => client.end('hello'));
  client.on('data', (reply) => process.stdout.write(reply)).on('close', () => server.kill('SIGINT'));
});
`;

/** The first program of the README in the tarball. */
function echoServer(installed) {
  return /^```js server.*\n([^]*?)^```$/m.exec(readFileSync(join(installed, 'README.md'), 'utf8'))[1];
}

/** Runs the echo server of the README as it is, then with types and compiled. */
function checkEchoServer({ name, project, env, execute, fail }) {
  const script = echoServer(join(project, 'node_modules/selectloop'));
  const typed = script
    .replace("from 'selectloop';", "from 'selectloop';\nimport type { StreamReader, StreamWriter } from 'selectloop';")
    .replace('echo(reader, writer)', 'echo(reader: StreamReader, writer: StreamWriter): Promise<void>');
  writeFileSync(join(project, 'client.mjs'), CLIENT);
  writeFileSync(join(project, 'server.mjs'), script);
  writeFileSync(join(project, 'typed.mts'), typed);
  const flags = ['--strict', '--module', 'nodenext', '--target', 'es2022'];
  execute('node', ['node_modules/typescript/bin/tsc', ...flags, 'typed.mts'], { cwd: project, env });
  for (const file of ['server.mjs', 'typed.mjs']) {
    const reply = execute('node', ['client.mjs', file], { cwd: project, env, timeout: 20_000 });
    if (reply !== 'hello') fail(`${name}: ${file} answered ${JSON.stringify(reply)}, expected "hello"`);
  }
  console.log(`install: ${name}: the echo server of the README answers, in JavaScript and in TypeScript`);
}

/**
 * @param env an environment without a compiler on PATH
 * @param execute runs a command and throws if it fails; @param fail throws an error with a message
 */
export function checkInstalls({ folder, tarball, env, execute, fail }) {
  mkdirSync(folder);
  for (const [name, version, args] of INSTALLERS) {
    const project = join(folder, name);
    mkdirSync(project);
    writeFileSync(join(project, 'package.json'), '{ "private": true }\n');
    const output = execute('npx', ['--yes', version, ...args, tarball], {
      cwd: project,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    if (/warn|ignored build|allow-scripts/i.test(output)) fail(`${version} is not silent:\n${output}`);
    if (execute('node', ['-e', PROGRAM], { cwd: project }).trim() !== 'awake')
      fail(`${version}: the addon does not load`);
    console.log(`install: ${version} installs it silently`);
    execute('npx', ['--yes', version, ...args, 'typescript@6', '@types/node@24'], { cwd: project, stdio: 'ignore' });
    checkEchoServer({ name, project, env, execute, fail });
  }

  const installed = join(folder, 'npm/node_modules/selectloop');
  rmSync(join(installed, 'prebuilds'), { recursive: true });
  execute('npm', ['run', '--silent', 'build:native'], { cwd: installed, stdio: ['ignore', 'ignore', 'pipe'] });
  if (execute('node', ['-e', PROGRAM], { cwd: join(folder, 'npm') }).trim() !== 'awake')
    fail('the built addon does not load');
  console.log('install: npm run build:native builds the addon from source');
}
