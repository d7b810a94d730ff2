/**
 * Verifies the declarations in the tarball as a TypeScript user meets them: `tsc --strict` without `skipLibCheck`, with the oldest and the
 * newest compilers, with the module resolution of Node and of bundlers. Then `publint` and `attw` inspect the tarball.
 */

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const COMPILERS = ['5.2', '5.6', '5.9', '6.0', '7.0'];
const RESOLUTIONS = [
  ['nodenext', 'nodenext'],
  ['esnext', 'bundler'],
];

const CONSUMER = `
import { type Future, type StreamReader, type StreamWriter, createTask, run, startServer, taskGroup, timeout } from 'selectloop';
import * as inspect from 'selectloop/inspect';
import * as node from 'selectloop/node';
import * as selectors from 'selectloop/selectors';
import * as sockets from 'selectloop/sockets';
import * as simulation from 'selectloop/simulation';
import * as testing from 'selectloop/testing';
import * as trace from 'selectloop/trace';

async function echo(reader: StreamReader, writer: StreamWriter): Promise<void> {
  for (let data; (data = await reader.read(65536)).length > 0;) writer.write(data);
}

export const modules: object[] = [inspect, node, selectors, simulation, sockets, testing, trace];
export const main = (): Promise<number> =>
  run(async () => {
    const server = await startServer(echo, '127.0.0.1', 0);
    const task: Future<number> = createTask(async () => server.port ?? 0);
    await taskGroup(async (group) => void group.createTask(async () => 1));
    return await timeout(1000, async () => await task);
  });
`;

/** @param execute runs a command and throws if it fails; @param fail throws an error with a message */
export function checkTypes({ folder, tarball, execute, fail }) {
  mkdirSync(folder);
  writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }\n');
  writeFileSync(join(folder, 'consumer.ts'), CONSUMER);
  const compilers = COMPILERS.map((version) => `typescript-${version}@npm:typescript@${version}`);
  const tools = [...compilers, '@types/node@20', 'publint@0.3', '@arethetypeswrong/cli@0.18'];
  const quiet = ['--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'];
  execute('npm', ['install', ...quiet, tarball, ...tools], { cwd: folder });
  for (const version of COMPILERS) {
    for (const [module, resolution] of RESOLUTIONS) {
      // Without `types`, TypeScript 6 and 7 include no @types package: the declarations must ask for Node's themselves.
      const flags = ['--noEmit', '--strict', '--skipLibCheck', 'false', '--target', 'es2022'];
      const compiler = join(folder, `node_modules/typescript-${version}/bin/tsc`);
      const args = [compiler, ...flags, '--module', module, '--moduleResolution', resolution, 'consumer.ts'];
      try {
        execute(process.execPath, args, { cwd: folder });
      } catch (error) {
        fail(`TypeScript ${version} with ${resolution}:\n${error.stdout}`);
      }
    }
    console.log(`types: TypeScript ${version} compiles a consumer without skipLibCheck`);
  }
  execute('npx', ['publint', '--strict', tarball], { cwd: folder });
  console.log('types: publint has nothing to say');
  // The package is ESM, which `require` loads from Node 20.19 on: what attw reports for older versions does not apply.
  execute('npx', ['attw', '--profile', 'node16', '--ignore-rules', 'cjs-resolves-to-esm', '--', tarball], {
    cwd: folder,
  });
  console.log('types: attw finds every entry point');
}
