/**
 * `npm run course`: runs every program that has a loop and ends by itself, or serves clients, and writes their players into `.course/`.
 * With names as arguments, only those: `npm run course steps/step13 tiny/flow`.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { type Program, programNamed, programs } from './catalogue.js';
import { PLAYERS, playerOf } from './players.js';

const RUNNER = fileURLToPath(new URL('run-example.ts', import.meta.url));

/** Arguments that make a program end, show more, or take less time. */
const ARGUMENTS: Readonly<Record<string, readonly string[]>> = {
  'tiny/io': ['--local'],
  'tiny/flow': ['--scale', '0.1'],
  'walkthrough/chained': ['9', '6', '3'],
};

/** Programs that need another server or other files, or that run for minutes. */
const LEFT_OUT =
  /^(traps\/(blaster|echobad)|pipelines\/benchmark|servers\/(redis|port-scanner|express|service|udp)|tiny\/net\/)/;

/** A program that takes longer is interrupted, as with Ctrl-C. */
const LONGEST_MS = 15_000;

/** The option of the servers. */
const PORT = ['--port', '0'];

/** Three clients, one after the other: each sends two lines and reads what comes back. */
async function visit(port: number): Promise<void> {
  for (const name of ['first', 'second', 'third']) {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => undefined).resume();
    for (const line of ['hello', 'again']) {
      socket.write(`${line} from the ${name} client\n`);
      await delay(30);
    }
    socket.end();
    await delay(30);
  }
}

/** Runs one program to its end, or visits it if it says that it is listening. */
async function record({ name }: Program): Promise<void> {
  const isServer = name.startsWith('servers/') || name === 'traps/echogood' || name === 'traps/echoserver';
  const args = [...(ARGUMENTS[name] ?? (isServer ? PORT : [])), '--play'];
  const child = spawn(process.execPath, ['--import', 'tsx', RUNNER, name, ...args], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const timer = setTimeout(() => child.kill('SIGINT'), LONGEST_MS);
  await Promise.race([ended, serve(child)]);
  await Promise.race([ended, delay(LONGEST_MS + 2000, undefined, { ref: false })]);
  clearTimeout(timer);
  child.kill('SIGKILL');
}

async function serve(child: ChildProcess): Promise<void> {
  for await (const chunk of child.stdout!) {
    const [, port] = /listening on (?:\S*:)?(\d+)/.exec(String(chunk)) ?? [];
    if (port === undefined) continue;
    child.stdout!.resume();
    await visit(Number(port));
    child.kill('SIGINT');
    return;
  }
}

function indexOf(players: readonly Program[]): string {
  const escape = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  const rows = players.map(
    ({ name, header }) => `<li><a href="${name}.html">${name}</a> ${escape(header[0] ?? '')}</li>`,
  );
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Players</title><style>body{font:16px/1.6 system-ui;max-width:50rem;margin:2rem auto;padding:0 1rem;color-scheme:light dark}</style>
<h1>The examples in the player</h1><ul>${rows.join('\n')}</ul></html>\n`;
}

const names = process.argv.slice(2);
const chosen =
  names.length > 0 ? names.map((name) => programNamed(name)) : programs().filter(({ name }) => !LEFT_OUT.test(name));
const waiting = [...chosen];
const work = async (): Promise<void> => {
  for (let program = waiting.shift(); program !== undefined; program = waiting.shift()) {
    await record(program);
    if (existsSync(playerOf(program.name))) console.log(`.course/${program.name}.html`);
  }
};
await Promise.all([work(), work()]);
const written = programs().filter(({ name }) => existsSync(playerOf(name)));
if (written.length > 0) writeFileSync(`${PLAYERS}index.html`, indexOf(written));
console.log(`${written.length} players; .course/index.html lists them`);
