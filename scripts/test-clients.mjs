/** `npm run test:clients`: installs missing clients, servers and libraries, and runs test/clients. Arguments are passed to vitest. */

import { spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The package of the libraries, which is separate because `npm ci` in the root is faster without them. */
const LIBRARIES = 'test/clients/libraries';

/** The commands, with the Debian packages that contain them. */
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
  setpriv: 'util-linux',
  'redis-server': 'redis-server',
  mosquitto: 'mosquitto',
  sshd: 'openssh-server',
  'ssh-keygen': 'openssh-client',
  mariadbd: 'mariadb-server',
  initdb: 'postgresql',
};

/** Folders of some servers that are not on PATH; each version of PostgreSQL has its own. */
const MORE_FOLDERS = '/usr/sbin:$(echo /usr/lib/postgresql/*/bin | tr " " :)';

function run(command, args, folder = '') {
  const { status, error } = spawnSync(command, args, {
    stdio: 'inherit',
    cwd: fromRoot(folder),
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  });
  if (error !== undefined) throw error;
  if (status !== 0) process.exit(status ?? 1);
}

const fromRoot = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));

const isInstalled = (command) =>
  spawnSync('sh', ['-c', `PATH=$PATH:${MORE_FOLDERS}; command -v ${command}`]).status === 0;
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

// npm writes the second file after it has installed the packages of the first.
const [wanted, installed] = ['package-lock.json', 'node_modules/.package-lock.json'].map(
  (file) => statSync(fromRoot(`${LIBRARIES}/${file}`), { throwIfNoEntry: false })?.mtimeMs ?? 0,
);
if (installed < wanted) run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], LIBRARIES);
run('npx', ['tsc', '-p', `${LIBRARIES}/tsconfig.json`]);
run('npx', ['vitest', 'run', '--config', 'test/clients/vitest.config.ts', ...process.argv.slice(2)]);
