#!/usr/bin/env node
/** The `selectloop` command. It reports an error in one line, without a stack trace. */

import { endWithOutput } from './closed-output.js';
import { UsageError } from './command-line.js';
import { echoCommand } from './echo.js';
import { echoUsage } from './echo-settings.js';
import { exampleCommand, exampleUsage } from './example.js';
import { infoCommand, infoUsage } from './info.js';
import { type PsCommand, psCommand, psUsage } from './ps.js';
import { inspectCommand, inspectUsage } from './inspect.js';
import { playCommand, playUsage } from './play.js';
import { packageVersion } from '../loop/package-version.js';

const replUsage = `selectloop repl: Node's REPL inside a loop, with await and yield* at the top level`;

/** Loaded on demand: it needs the whole library. */
async function repl(args: readonly string[]): Promise<void> {
  const { replCommand } = await import('./repl.js');
  await replCommand(args);
}

const look = (command: PsCommand) => ({
  usage: psUsage,
  run: (args: readonly string[]) => psCommand(command, args),
});

const commands: Readonly<Record<string, { usage: string; run(args: readonly string[]): Promise<void> | void }>> = {
  echo: { usage: echoUsage, run: echoCommand },
  example: { usage: exampleUsage, run: exampleCommand },
  info: { usage: infoUsage, run: infoCommand },
  inspect: { usage: inspectUsage, run: inspectCommand },
  play: { usage: playUsage, run: playCommand },
  ps: look('ps'),
  pstree: look('pstree'),
  repl: { usage: replUsage, run: repl },
  sockets: look('sockets'),
};

const usage = `usage: selectloop COMMAND [options]

${[...new Set(Object.values(commands).map((command) => command.usage))].join('\n\n')}

  --help          this text, or that of one command
  --version       the version
`;

async function main([name, ...args]: readonly string[]): Promise<void> {
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    process.stdout.write(usage);
    return;
  }
  if (name === '--version') {
    process.stdout.write(`${packageVersion()}\n`);
    return;
  }
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (command === undefined) {
    throw new UsageError(
      `unknown command ${JSON.stringify(name)}: expected one of ${Object.keys(commands).join(', ')}`,
    );
  }
  if (asksForHelp(name, args)) process.stdout.write(`${command.usage}\n`);
  else await command.run(args);
}

/** The options after the name of an example, or of a script to inspect, are its own. */
function asksForHelp(name: string, args: readonly string[]): boolean {
  const ours = name === 'example' || name === 'inspect' ? args.slice(0, 1) : args;
  return ours.includes('--help') || ours.includes('-h');
}

endWithOutput();
try {
  await main(process.argv.slice(2));
} catch (error) {
  const [line = ''] = (error as Error).message.split('\n');
  process.stderr.write(`selectloop: ${line}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
