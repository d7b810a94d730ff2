/** @grpc/grpc-js: its server accepts connections passed to it; its client has no option for a socket, and uses Node's. */

import { Client, type Server as GrpcServer, ServerCredentials, Server, credentials, status } from '@grpc/grpc-js';
import type { ServerDuplexStream, ServerUnaryCall, ServerWritableStream, sendUnaryData } from '@grpc/grpc-js';
import { once } from 'node:events';
import { type AddressInfo, type Socket, createServer } from 'node:net';

import { type InetAddress, type Transport, createServer as createLoopServer, run } from 'selectloop';
import { toDuplex } from 'selectloop/node';
import { describe, expect, it } from 'vitest';

import { heard } from './sides.js';

// Messages are bytes: a schema would only be translated to these.
const same = (bytes: Buffer): Buffer => bytes;
const coding = {
  requestSerialize: same,
  requestDeserialize: same,
  responseSerialize: same,
  responseDeserialize: same,
};
const unary = { requestStream: false, responseStream: false, ...coding };
const service = {
  echo: { path: '/test/echo', ...unary },
  fail: { path: '/test/fail', ...unary },
  never: { path: '/test/never', ...unary },
  count: { path: '/test/count', ...unary, responseStream: true },
  chat: { path: '/test/chat', ...unary, requestStream: true, responseStream: true },
};

function makeServer(onCancelled: () => void): GrpcServer {
  const server = new Server({ 'grpc.max_receive_message_length': -1 });
  server.addService(service, {
    echo: (call: ServerUnaryCall<Buffer, Buffer>, done: sendUnaryData<Buffer>) => done(null, call.request),
    fail: (_call: unknown, done: sendUnaryData<Buffer>) => done({ code: status.NOT_FOUND, details: 'no tea' }),
    never: (call: ServerUnaryCall<Buffer, Buffer>) => call.on('cancelled', onCancelled),
    count(call: ServerWritableStream<Buffer, Buffer>) {
      for (let i = 0; i < Number(call.request.toString()); i += 1) call.write(Buffer.from(String(i)));
      call.end();
    },
    chat: (call: ServerDuplexStream<Buffer, Buffer>) =>
      call.on('data', (message: Buffer) => call.write(message)).on('end', () => call.end()),
  });
  return server;
}

/** Serves on a free port, with Node's sockets or with this library's. */
interface Side {
  name: string;
  run(scenario: () => Promise<void>): Promise<void>;
  serve(onConnection: (socket: Socket) => void): Promise<{ port: number; close: () => Promise<void> }>;
}

const sides: Side[] = [
  {
    name: 'node:net',
    run: (scenario) => scenario(),
    async serve(onConnection) {
      const server = createServer(onConnection).listen(0, '127.0.0.1');
      await once(server, 'listening');
      const { port } = server.address() as AddressInfo;
      return { port, close: () => new Promise((resolve) => server.close(() => resolve())) };
    },
  },
  {
    name: 'toDuplex(transport)',
    run: (scenario) => run(scenario),
    async serve(onConnection) {
      const connectionMade = (transport: Transport): void => onConnection(toDuplex(transport) as Socket);
      const server = await createLoopServer(() => ({ connectionMade }), '127.0.0.1', 0);
      const { port } = server.sockets[0]!.getsockname() as InetAddress;
      return {
        port,
        async close() {
          server.close();
          await server.waitClosed();
        },
      };
    },
  },
];

describe.each(sides)('a gRPC server on $name', (side) => {
  interface Stage {
    client: Client;
    call(method: 'echo' | 'fail' | 'never', request: Buffer, timeoutMs?: number): Promise<Buffer>;
    sockets: Socket[];
    cancelled: Promise<void>;
  }
  const withServer = (scenario: (stage: Stage) => Promise<void>): Promise<void> =>
    side.run(async () => {
      let cancel = (): void => {};
      const cancelled = new Promise<void>((resolve) => (cancel = resolve));
      const server = makeServer(() => cancel());
      const injector = server.createConnectionInjector(ServerCredentials.createInsecure());
      const sockets: Socket[] = [];
      const { port, close } = await side.serve((socket) => {
        sockets.push(socket);
        injector.injectConnection(socket);
      });
      const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure(), {
        'grpc.max_receive_message_length': -1,
        'grpc.initial_reconnect_backoff_ms': 20,
        'grpc.use_local_subchannel_pool': 1,
      });
      const call: Stage['call'] = (method, request, timeoutMs = 60_000) =>
        new Promise((resolve, reject) => {
          const deadline = Date.now() + timeoutMs;
          client.makeUnaryRequest(`/test/${method}`, same, same, request, { deadline }, (error, answer) =>
            error === null ? resolve(answer!) : reject(error),
          );
        });
      await scenario({ client, call, sockets, cancelled });
      client.close();
      injector.destroy();
      server.forceShutdown();
      await close();
    });

  it('answers 500 concurrent calls, and one with 20 MB', () =>
    withServer(async ({ call, sockets }) => {
      const requests = Array.from({ length: 500 }, (_, i) => Buffer.from(`number ${i}`));
      expect(await Promise.all(requests.map((request) => call('echo', request)))).toEqual(requests);
      const large = Buffer.alloc(20_000_000, 'twenty million');
      expect(large.equals(await call('echo', large))).toBe(true);
      expect(sockets).toHaveLength(1);
    }));

  it('fails with the status and details of the call', () =>
    withServer(async ({ call }) => {
      await expect(call('fail', Buffer.from('tea'))).rejects.toMatchObject({
        code: status.NOT_FOUND,
        details: 'no tea',
      });
    }));

  it('streams answers', () =>
    withServer(async ({ client }) => {
      const stream = client.makeServerStreamRequest('/test/count', same, same, Buffer.from('10000'));
      let next = 0;
      for await (const message of stream) expect(String(message)).toBe(String(next++));
      expect(next).toBe(10_000);
    }));

  it('streams both ways', () =>
    withServer(async ({ client }) => {
      const stream = client.makeBidiStreamRequest<Buffer, Buffer>('/test/chat', same, same);
      const sent = Array.from({ length: 1000 }, (_, i) => `number ${i}`);
      for (const message of sent) stream.write(Buffer.from(message));
      stream.end();
      const received: string[] = [];
      for await (const message of stream) received.push(String(message));
      expect(received).toEqual(sent);
    }));

  it('is notified of a call whose deadline has passed', () =>
    withServer(async ({ call, cancelled }) => {
      await expect(call('never', Buffer.from(''), 50)).rejects.toMatchObject({ code: status.DEADLINE_EXCEEDED });
      await cancelled;
    }));

  it('fails the calls in flight when its connection breaks, and answers the next ones on another', () =>
    withServer(async ({ call, sockets }) => {
      await call('echo', Buffer.from('first'));
      const failed = expect(call('never', Buffer.from(''))).rejects.toMatchObject({ code: status.UNAVAILABLE });
      await call('echo', Buffer.from('second'));
      const gone = heard(sockets[0]!, 'close');
      sockets[0]!.destroy();
      await Promise.all([failed, gone]);
      expect(String(await call('echo', Buffer.from('third')))).toBe('third');
      expect(sockets).toHaveLength(2);
    }));
});
