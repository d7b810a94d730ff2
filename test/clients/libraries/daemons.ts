/** Real servers, each in a separate process on loopback, with its data in a temporary folder. */

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';

import { certificates } from '../../tls/certificates.js';

/** How a server is started. */
interface Recipe {
  /** The user that runs it when the tests run as root: some servers refuse to be root. */
  readonly user: string | null;
  /** Prepares the folder, before the first start. */
  readonly prepare?: (folder: string, run: (command: string, ...args: string[]) => void) => void;
  readonly command: (folder: string, port: number) => readonly string[];
  /** What it prints once it accepts connections. */
  readonly ready: RegExp;
  /** The signal that ends it in an orderly way, without waiting for its clients. */
  readonly stopSignal: NodeJS.Signals;
}

const START_MS = 60_000;

/** A running server. Leaving its scope kills it and removes its folder. */
export class Daemon implements AsyncDisposable {
  private child: ChildProcess | null = null;

  private constructor(
    private readonly recipe: Recipe,
    readonly folder: string,
    readonly port: number,
  ) {}

  static async start(recipe: Recipe): Promise<Daemon> {
    const folder = mkdtempSync(join(tmpdir(), 'selectloop-daemon-'));
    const daemon = new Daemon(recipe, folder, await freePort());
    try {
      const uid = daemon.userId();
      if (uid !== null) chownSync(folder, uid, -1);
      recipe.prepare?.(folder, (...command) => {
        const [first, ...rest] = daemon.asUser(command);
        execFileSync(first!, rest, { cwd: folder, stdio: 'pipe' });
      });
      await daemon.run();
    } catch (error) {
      await daemon[Symbol.asyncDispose]();
      throw error;
    }
    return daemon;
  }

  /** Starts it again after `stop` or `kill`, on the same port and with the same data; has no effect on a running one. */
  async run(): Promise<void> {
    if (this.child !== null) return;
    const [command, ...args] = this.asUser(this.recipe.command(this.folder, this.port));
    const child = spawn(command!, args, {
      cwd: this.folder,
      env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin`, LC_ALL: 'C' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child = child;
    await printed(child, this.recipe.ready);
  }

  /** Stops it in an orderly way: connected clients are notified if its protocol has a way to do so. */
  async stop(): Promise<void> {
    await this.end(this.recipe.stopSignal);
  }

  /** Kills it, so that it cannot notify its clients. */
  async kill(): Promise<void> {
    await this.end('SIGKILL');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }

  private async end(signal: NodeJS.Signals): Promise<void> {
    const { child } = this;
    this.child = null;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const closed = once(child, 'exit');
    child.kill(signal);
    await closed;
    child.stdout?.destroy();
    child.stderr?.destroy();
  }

  private userId(): number | null {
    if (this.recipe.user === null || process.getuid!() !== 0) return null;
    return Number(execFileSync('id', ['-u', this.recipe.user], { encoding: 'utf8' }));
  }

  /** The command under `setpriv`, so that it is killed with the test process, however that ends. */
  private asUser(command: readonly string[]): string[] {
    const uid = this.userId();
    const as = uid === null ? [] : [`--reuid=${uid}`, '--clear-groups'];
    return ['setpriv', '--pdeathsig', 'KILL', ...as, ...command];
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

/** Waits until the process has printed a match; an Error with all its output if it ends before. */
async function printed(child: ChildProcess, pattern: RegExp): Promise<void> {
  let output = '';
  await new Promise<void>((resolve, reject) => {
    const fail = (): void => reject(new Error(`ended or stood still before it printed ${String(pattern)}: ${output}`));
    const timer = setTimeout(fail, START_MS);
    child.once('error', reject).once('exit', fail);
    const read = (text: Buffer): void => {
      output += text.toString();
      if (!pattern.test(output)) return;
      clearTimeout(timer);
      child.off('exit', fail);
      // Later output is read and dropped, so that its pipe never fills up.
      for (const stream of [child.stdout!, child.stderr!]) stream.off('data', read).resume();
      resolve();
    };
    for (const stream of [child.stdout!, child.stderr!]) stream.on('data', read);
  });
}

// --- The servers ------------------------------------------------------------------------------------------------------

/** PostgreSQL: the user and the database are `postgres`, on TCP without a password, with TLS on request. */
export const postgres: Recipe = {
  user: 'postgres',
  prepare(_folder, run) {
    run(join(postgresFolder(), 'initdb'), '-D', 'data', '-U', 'postgres', '-A', 'trust', '-N', '-E', 'UTF8');
    const { cert, key } = certificates().server;
    run('sh', '-c', 'umask 077; printf %s "$1" > data/server.crt; printf %s "$2" > data/server.key', 'sh', cert, key);
  },
  command: (folder, port) => [
    join(postgresFolder(), 'postgres'),
    ...['-D', join(folder, 'data'), '-p', String(port)],
    ...['listen_addresses=127.0.0.1', `unix_socket_directories=${folder}`, 'fsync=off', 'ssl=on'].flatMap((setting) => [
      '-c',
      setting,
    ]),
  ],
  ready: /ready to accept connections/,
  stopSignal: 'SIGINT',
};

/** Debian keeps the programs of each version in a separate folder. */
function postgresFolder(): string {
  const versions = readdirSync('/usr/lib/postgresql')
    .filter((version) => existsSync(`/usr/lib/postgresql/${version}/bin/initdb`))
    .sort((a, b) => Number(b) - Number(a));
  return `/usr/lib/postgresql/${versions[0]}/bin`;
}

/** Redis, without data on disk. */
export const redis: Recipe = {
  user: null,
  command: (folder, port) => [
    'redis-server',
    ...['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', '', '--appendonly', 'no'],
  ],
  ready: /Ready to accept connections/,
  stopSignal: 'SIGTERM',
};

/** Mosquitto, open to all clients. */
export const mosquitto: Recipe = {
  user: null,
  command(folder, port) {
    const configuration = join(folder, 'mosquitto.conf');
    const lines = [
      `listener ${port} 127.0.0.1`,
      'allow_anonymous true',
      'max_queued_messages 0',
      'max_inflight_messages 0',
      `user ${userInfo().username}`,
    ];
    writeFileSync(configuration, `${lines.join('\n')}\nlog_dest stderr\n`);
    return ['mosquitto', '-c', configuration];
  },
  ready: /mosquitto version \S+ running/,
  stopSignal: 'SIGTERM',
};

/** MariaDB: the user is `root`, without a password. */
export const mariadb: Recipe = {
  user: 'mysql',
  prepare(folder, run) {
    const options = [`--datadir=${folder}/data`, '--auth-root-authentication-method=normal', '--skip-test-db'];
    run('mariadb-install-db', '--no-defaults', ...options);
  },
  command: (folder, port) => [
    'mariadbd',
    ...['--no-defaults', `--datadir=${folder}/data`, `--socket=${folder}/socket`, `--pid-file=${folder}/pid`],
    ...[`--port=${port}`, '--bind-address=127.0.0.1', '--max-allowed-packet=64M', '--innodb-flush-log-at-trx-commit=0'],
  ],
  ready: /ready for connections/,
  stopSignal: 'SIGTERM',
};

/** OpenSSH: the test user logs in with the key in `client-key` of the folder. */
export const sshd: Recipe = {
  user: null,
  prepare(folder, run) {
    for (const name of ['host-key', 'client-key']) run('ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', name);
    writeFileSync(join(folder, 'authorized'), readFileSync(join(folder, 'client-key.pub')));
    // Its unprivileged half is confined to this folder, which must belong to root.
    if (process.getuid!() === 0 && !existsSync('/run/sshd')) mkdirSync('/run/sshd', { mode: 0o755 });
  },
  command: (folder, port) => [
    '/usr/sbin/sshd',
    ...['-D', '-e', '-f', '/dev/null', '-p', String(port), '-h', join(folder, 'host-key')],
    ...[
      'ListenAddress=127.0.0.1',
      `AuthorizedKeysFile=${join(folder, 'authorized')}`,
      `PidFile=${join(folder, 'pid')}`,
      ...['StrictModes=no', 'UsePAM=no', 'PermitRootLogin=prohibit-password', 'Subsystem=sftp internal-sftp'],
    ].flatMap((option) => ['-o', option]),
  ],
  ready: /Server listening on/,
  stopSignal: 'SIGTERM',
};
