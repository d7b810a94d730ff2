/** `npm run test:clients`: installs the clients that are missing, and runs test/clients. Arguments go to vitest. */

import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** The commands, and the Debian packages that they are in. */
const PACKAGES = {
  nc: 'netcat-openbsd',
  socat: 'socat',
  curl: 'curl',
  openssl: 'openssl',
  'redis-cli': 'redis-tools',
  'redis-benchmark': 'redis-tools',
  wrk: 'wrk',
  xxd: 'xxd',
  python3: 'python3',
};

function run(command, args) {
  const { status, error } = spawnSync(command, args, {
    stdio: 'inherit',
    cwd: fileURLToPath(new URL('..', import.meta.url)),
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  });
  if (error !== undefined) throw error;
  if (status !== 0) process.exit(status ?? 1);
}

const isInstalled = (command) => spawnSync('sh', ['-c', `command -v ${command}`]).status === 0;
const missing = new Set(
  Object.entries(PACKAGES)
    .filter(([command]) => !isInstalled(command))
    .map(([, name]) => name),
);
if (missing.size > 0) {
  console.log(`installing ${[...missing].join(', ')}`);
  const sudo = process.getuid() === 0 ? [] : ['sudo'];
  const apt = (...args) => run(...(([first, ...rest]) => [first, rest])([...sudo, 'apt-get', '-qq', ...args]));
  apt('update');
  apt('install', '-y', '--no-install-recommends', ...missing);
}
run('npx', ['vitest', 'run', '--config', 'test/clients/vitest.config.ts', ...process.argv.slice(2)]);
