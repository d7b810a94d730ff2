/** ssh2 against OpenSSH. Its `sock` option takes the socket of a client, and `injectSocket` that of a server. */

import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { buffer, text } from 'node:stream/consumers';
import { promisify } from 'node:util';

import { type InetAddress, type Transport, createServer, run } from 'selectloop';
import { toDuplex } from 'selectloop/node';
import { Client, type ClientChannel, type SFTPWrapper, Server } from 'ssh2';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { Daemon, sshd } from './daemons.js';
import { connectingSides, heard } from './sides.js';

let server: Daemon;
beforeAll(async () => {
  server = await Daemon.start(sshd);
});
beforeEach(() => server.run());
afterAll(() => server[Symbol.asyncDispose]());

describe.each(connectingSides)('ssh2 on $name', (side) => {
  async function connected(): Promise<Client> {
    const sock = await side.connect(server.port);
    const privateKey = readFileSync(join(server.folder, 'client-key'));
    const client = new Client();
    client.connect({ sock, username: userInfo().username, privateKey });
    await once(client, 'ready');
    return client;
  }
  const exec = (client: Client, command: string): Promise<ClientChannel> =>
    new Promise((resolve, reject) =>
      client.exec(command, (error, channel) => (error === undefined ? resolve(channel) : reject(error))),
    );
  async function ended(client: Client): Promise<void> {
    const closed = heard(client, 'close');
    client.end();
    await closed;
  }

  it('runs a command and returns its output, its errors and its exit code', () =>
    side.run(async () => {
      const client = await connected();
      const channel = await exec(client, 'echo out; echo err >&2; exit 3');
      const closed = once(channel, 'close');
      expect(await Promise.all([text(channel), text(channel.stderr)])).toEqual(['out\n', 'err\n']);
      expect((await closed)[0]).toBe(3);
      await ended(client);
    }));

  it('sends 5 MB through cat', () =>
    side.run(async () => {
      const client = await connected();
      const channel = await exec(client, 'cat');
      const bytes = randomBytes(5_000_000);
      channel.end(bytes);
      const chunks: Buffer[] = [];
      for await (const chunk of channel) chunks.push(chunk as Buffer);
      expect(bytes.equals(Buffer.concat(chunks))).toBe(true);
      await ended(client);
    }));

  it('puts and gets files over sftp', () =>
    side.run(async () => {
      const client = await connected();
      const sftp: SFTPWrapper = await promisify(client.sftp.bind(client))();
      const path = (name: string): string => join(server.folder, name);
      const bytes = randomBytes(3_000_000);
      writeFileSync(path('here'), bytes);
      await promisify<void>((done) => sftp.fastPut(path('here'), path('there'), done))();
      await promisify<void>((done) => sftp.fastGet(path('there'), path('back'), done))();
      expect(bytes.equals(readFileSync(path('back')))).toBe(true);
      const files = await promisify(sftp.readdir.bind(sftp))(server.folder);
      expect(files.map(({ filename }) => filename)).toEqual(expect.arrayContaining(['here', 'there', 'back']));
      const error = await promisify(sftp.stat.bind(sftp))(path('nothing')).catch((error: unknown) => error);
      expect(error).toMatchObject({ code: 2 });
      await ended(client);
    }));

  it('forwards a connection', () =>
    side.run(async () => {
      const client = await connected();
      const channel = await new Promise<ClientChannel>((resolve, reject) =>
        client.forwardOut('127.0.0.1', 0, '127.0.0.1', server.port, (error, channel) =>
          error === undefined ? resolve(channel) : reject(error),
        ),
      );
      const [greeting] = (await once(channel, 'data')) as [Buffer];
      expect(greeting.toString()).toMatch(/^SSH-2\.0-OpenSSH/);
      channel.destroy();
      await ended(client);
    }));

  it('is closed when the server kills its session in the middle of a command', () =>
    side.run(async () => {
      const client = await connected();
      client.on('error', () => {});
      const closed = heard(client, 'close');
      // The shell's parent is the process of sshd that serves this connection.
      const channel = await exec(client, 'echo begun; kill -9 $PPID; sleep 1');
      await Promise.all([heard(channel.resume(), 'close'), closed]);
    }));

  it('fails to log in with the wrong key', () =>
    side.run(async () => {
      const sock = await side.connect(server.port);
      const client = new Client();
      const closed = heard(client, 'close');
      client.connect({
        sock,
        username: userInfo().username,
        privateKey: readFileSync(join(server.folder, 'host-key')),
      });
      await expect(once(client, 'ready')).rejects.toMatchObject({ level: 'client-authentication' });
      await closed;
    }));
});

describe('a server of ssh2 on toDuplex', () => {
  it('runs a command of ssh, sends 5 MB through it, and is notified when it is killed', () =>
    run(async () => {
      const goneAway: Array<Promise<void>> = [];
      const ssh = new Server({ hostKeys: [readFileSync(join(server.folder, 'host-key'))] }, (client) => {
        goneAway.push(
          heard(
            client.on('error', () => {}),
            'close',
          ),
        );
        client.on('authentication', (context) => context.accept());
        client.on('session', (accept) =>
          accept().on('exec', (acceptExec, _reject, { command }) => {
            const channel = acceptExec();
            if (command === 'never') return;
            channel.on('end', () => {
              channel.exit(7);
              channel.end();
            });
            channel.pipe(channel, { end: false });
          }),
        );
      });
      const connectionMade = (transport: Transport): void => ssh.injectSocket(toDuplex(transport) as Socket);
      const listener = await createServer(() => ({ connectionMade }), '127.0.0.1', 0);
      const { port } = listener.sockets[0]!.getsockname() as InetAddress;
      const start = (command: string): ChildProcess => {
        const options = ['StrictHostKeyChecking=no', 'UserKnownHostsFile=/dev/null', 'LogLevel=ERROR', 'BatchMode=yes'];
        const key = ['-F', '/dev/null', '-i', join(server.folder, 'client-key')];
        const flags = options.flatMap((option) => ['-o', option]);
        return spawn('ssh', [...key, ...flags, '-p', String(port), '127.0.0.1', command]);
      };

      const echo = start('echo');
      const exit = once(echo, 'exit');
      const bytes = randomBytes(5_000_000);
      echo.stdin!.end(bytes);
      expect(bytes.equals(await buffer(echo.stdout!))).toBe(true);
      expect(await exit).toEqual([7, null]);

      const never = start('never');
      while (goneAway.length < 2) await new Promise(setImmediate);
      never.kill('SIGKILL');
      await Promise.all(goneAway);
      listener.close();
      await listener.waitClosed();
    }));
});
