/**
 * One end of a connection under test. It carries out the actions of the program, and checks every call of its protocols against the
 * promises of transports.
 */

import { InvalidStateError, type StreamProtocol, type Transport } from 'selectloop';

import { bytesOf, mismatch } from './pattern.js';
import { type Action, type Callback, PLAIN, type Shape } from './program.js';
import { PlannedError, type Promises } from './promises.js';
import { type FuzzProtocol, makeProtocol } from './protocols.js';

/** From this number of writes after the end on, each may be reported. */
const REPORTED_LATE_WRITES = 5;
/** The most answers of a protocol, so that a peer that sends single bytes does not make it answer indefinitely. */
const MOST_ANSWERS = 200;
/** The largest write that may be batched with those of other connections. */
const LARGEST_BATCHED = 4096;

/** Successive answers use these in turn, so that bytes left over from one kind of call meet every other kind. */
const ANSWERS: ReadonlyArray<(size: number) => Action[]> = [
  (size) => [{ do: 'write', size }],
  (size) => [{ do: 'burst', count: 3, size }],
  (size) => [
    { do: 'write', size },
    { do: 'writelines', sizes: [size, 1] },
  ],
];
const KEPT_CHUNKS = 50;

export class End {
  readonly counts = new Map<Callback, number>();
  /** The numbers of bytes that its transport accepted and that arrived here. */
  accepted = 0;
  received = 0;
  lateWrites = 0;
  /** How it has ended its side: 'eof' after writeEof, 'close' after close. */
  ending: 'eof' | 'close' | null = null;
  /** It was aborted, failed on purpose, or lost with an error, so its written bytes need not arrive. */
  broke = false;
  /** It closed while bytes of the peer were unread or in flight, for which a kernel may send a reset. */
  risky = false;
  /** It stopped receiving by itself before the peer's EOF. */
  stopped = false;
  sawEof = false;
  private eofWritten = false;
  lost: { readonly error: unknown } | null = null;
  writingPaused = false;
  readingPaused = false;
  peer!: End;
  private made = false;
  private announced = true;
  private failed: PlannedError | null = null;
  /** The error of a callback in which it was closed before: it may end the connection with this error, or in order. */
  private lateError: PlannedError | null = null;
  private protocol: FuzzProtocol;
  private attached: Transport | null = null;
  private answered = 0;
  private readonly kept: Array<{ data: Buffer; offset: number }> = [];

  /** @param stream the number of the stream of bytes that it writes; the peer's is `stream ^ 1` */
  constructor(
    readonly name: string,
    private readonly stream: number,
    private readonly run: Promises,
    shape: Shape = PLAIN,
  ) {
    this.protocol = makeProtocol(this, shape);
  }

  get transport(): Transport {
    return this.attached!;
  }

  get opened(): boolean {
    return this.attached !== null;
  }

  /** The current protocol of the transport. */
  get current(): StreamProtocol {
    return this.protocol;
  }

  /** Sets the transport that opening returned. `connectionMade` must have been called. */
  attach(transport: Transport): void {
    if (this.attached !== transport) this.broken('connectionMade was not called before the opening returned');
  }

  /** Takes over the transport of another protocol, so `connectionMade` is never called. */
  adopt(transport: Transport): void {
    this.announced = false;
    this.attached = transport;
    if (transport.getProtocol() !== this.protocol) transport.setProtocol(this.protocol);
  }

  /** True once it receives nothing more. */
  get over(): boolean {
    return this.lost !== null || this.failed !== null || this.transport.isClosing();
  }

  // --- Actions ------------------------------------------------------------------------------------------------------

  /** Carries out an action of the program. A planned error is thrown. */
  act(action: Action): void {
    const { run } = this;
    if (run.violation !== null) return;
    run.trace(this, action);
    switch (action.do) {
      case 'throw':
        throw run.plan();
      case 'write':
        this.write([action.size], (transport, [data]) => transport.write(data!));
        return;
      case 'burst':
        for (let i = 0; i < action.count; i += 1) this.act({ do: 'write', size: action.size });
        return;
      case 'writelines':
        this.write(action.sizes, (transport, list) => transport.writelines(list));
        return;
      case 'pauseReading':
        this.call((transport) => transport.pauseReading());
        this.readingPaused ||= !this.over && !this.sawEof;
        return;
      case 'resumeReading':
        this.readingPaused = false;
        this.call((transport) => transport.resumeReading());
        return;
      case 'setLimits':
        this.call((transport) => transport.setWriteBufferLimits(action));
        this.checkPaused();
        return;
      case 'setProtocol':
        this.protocol = makeProtocol(this, action.shape);
        this.call((transport) => transport.setProtocol(this.protocol));
        return;
      default:
        this.end(action.do);
    }
  }

  private end(how: 'writeEof' | 'close' | 'abort'): void {
    const open = !this.over;
    if (how === 'writeEof' && (!open || this.eofWritten || !this.transport.canWriteEof())) return;
    if (open && how === 'abort') this.broke = true;
    if (open || how === 'abort') this.stopped ||= how !== 'writeEof' && !this.sawEof;
    if (how === 'abort') this.broke ||= this.transport.getWriteBufferSize() > 0;
    if (open && how === 'close' && this.peer.accepted > this.received) this.risky = true;
    if (open && how === 'close') this.ending = 'close';
    if (how === 'writeEof') {
      this.ending = 'eof';
      this.eofWritten = true;
    }
    this.call((transport) => transport[how]());
    if (how !== 'writeEof' && !this.transport.isClosing()) this.broken(`isClosing() is false after ${how}()`);
  }

  private write(sizes: readonly number[], send: (transport: Transport, list: Buffer[]) => void): void {
    const total = sizes.reduce((sum, size) => sum + size, 0);
    const refused = this.eofWritten;
    const open = !refused && !this.over;
    if (!refused && (!open || this.peer.closedItself)) this.lateWrites += 1;
    let offset = this.accepted;
    const list = sizes.map((size) => Buffer.from(bytesOf(this.stream, offset, (offset += size))));
    if (open) {
      this.accepted += total;
      if (total > 0 && this.peer.closedItself) this.peer.risky = true;
    }
    try {
      this.call((transport) => send(transport, list));
      if (refused && this.lost === null && total > 0) this.broken('a write after writeEof() did not throw');
    } catch (error) {
      if (!refused || !(error instanceof InvalidStateError)) throw error;
    }
    for (const data of list) data.fill(0xee); // the buffers are the caller's again
    // Asking for the size flushes the batch, so it is asked only after writes that are too large for the batch.
    if (total > LARGEST_BATCHED) this.checkPaused();
  }

  private get closedItself(): boolean {
    return this.opened && this.over && !this.sawEof;
  }

  /** Calls the transport, which may call only pauseWriting and resumeWriting meanwhile. */
  private call(action: (transport: Transport) => void): void {
    this.run.depth += 1;
    try {
      action(this.transport);
    } finally {
      this.run.depth -= 1;
    }
  }

  private checkPaused(): void {
    if (this.over || this.writingPaused) return;
    const { transport } = this;
    const size = transport.getWriteBufferSize();
    if (size > transport.getWriteBufferLimits().high && !this.writingPaused && !this.over)
      this.broken(`${size} bytes wait, more than the high watermark, and pauseWriting was not called`);
  }

  // --- Callbacks ----------------------------------------------------------------------------------------------------

  connectionMade(protocol: FuzzProtocol, transport: Transport): void {
    this.enter('connectionMade', protocol, true);
    if (!this.announced) this.broken('connectionMade was called on a connection that was there already');
    if (this.made) this.broken('connectionMade was called twice');
    this.made = true;
    this.attached = transport;
    this.hooks('connectionMade');
  }

  dataReceived(protocol: FuzzProtocol, data: Buffer): void {
    this.receiving('dataReceived', protocol, data);
    if (data.length <= 8192 && this.kept.length < KEPT_CHUNKS)
      this.kept.push({ data, offset: this.received - data.length });
    this.received1(protocol);
  }

  bufferUpdated(protocol: FuzzProtocol, data: Buffer): void {
    this.receiving('dataReceived', protocol, data);
    this.received1(protocol);
  }

  getBuffer(protocol: FuzzProtocol): void {
    this.enter('getBuffer', protocol);
    if (this.readingPaused) this.broken('getBuffer was called while reading was paused');
    this.hooks('getBuffer');
  }

  eofReceived(protocol: FuzzProtocol): boolean {
    this.enter('eofReceived', protocol);
    if (this.sawEof) this.broken('eofReceived was called twice');
    if (this.readingPaused) this.broken('eofReceived was called while reading was paused');
    const { peer } = this;
    if (peer.mustArrive && this.received !== peer.accepted)
      this.broken(`eofReceived came after ${this.received} of ${peer.accepted} bytes`);
    if (peer.opened && !peer.over && peer.ending === null) this.broken('eofReceived came from a peer that is open');
    this.sawEof = true;
    this.hooks('eofReceived');
    if (!protocol.shape.keepsOpen && !this.over && this.ending === null) this.ending = 'close';
    return protocol.shape.keepsOpen;
  }

  pauseWriting(protocol: FuzzProtocol): void {
    this.enter('pauseWriting', protocol, true);
    if (this.writingPaused) this.broken('pauseWriting was called twice in a row');
    this.writingPaused = true;
    const { high } = this.transport.getWriteBufferLimits();
    const size = this.transport.getWriteBufferSize();
    if (size <= high)
      this.broken(`pauseWriting was called with ${size} bytes waiting, the high watermark being ${high}`);
    this.hooks('pauseWriting');
  }

  resumeWriting(protocol: FuzzProtocol): void {
    this.enter('resumeWriting', protocol, true);
    if (!this.writingPaused) this.broken('resumeWriting was called without pauseWriting');
    this.writingPaused = false;
    const { low } = this.transport.getWriteBufferLimits();
    const size = this.transport.getWriteBufferSize();
    if (size > low) this.broken(`resumeWriting was called with ${size} bytes waiting, the low watermark being ${low}`);
    this.hooks('resumeWriting');
  }

  connectionLost(protocol: FuzzProtocol, error: unknown): void {
    const { peer, failed } = this;
    if (this.lost !== null) this.broken('connectionLost was called twice');
    this.enter('connectionLost', protocol, true, `connectionLost(${describeError(error)})`);
    this.lost = { error };
    if (error !== null) {
      const allowed = failed === null ? peer.broke || peer.risky || error === this.lateError : error === failed;
      if (!allowed) this.broken(`connectionLost(${describeError(error)}) though the peer ended in order`);
      this.broke = true;
    } else if (failed !== null && !this.stopped) this.broken('connectionLost(null) after an error of the protocol');
    this.hooks('connectionLost');
  }

  /** True while all written bytes must arrive. */
  get mustArrive(): boolean {
    return !this.broke && !this.risky;
  }

  /** Checks that received buffers have not changed since. */
  checkKept(): void {
    for (const { data, offset } of this.kept) {
      const problem = mismatch(this.stream ^ 1, offset, data);
      if (problem !== null) this.broken(`a received buffer has changed: ${problem}`);
    }
  }

  private receiving(callback: Callback, protocol: FuzzProtocol, data: Buffer): void {
    this.enter(callback, protocol, false, `received ${data.length}`);
    if (this.readingPaused) this.broken(`${data.length} bytes arrived while reading was paused`);
    if (this.sawEof) this.broken(`${data.length} bytes arrived after eofReceived`);
    if (data.length === 0) this.broken('an empty buffer arrived');
    if (this.received + data.length > this.peer.accepted)
      this.broken(`${this.received + data.length} bytes arrived, and the peer wrote ${this.peer.accepted}`);
    const problem = mismatch(this.stream ^ 1, this.received, data);
    if (problem !== null) this.broken(problem);
    this.received += data.length;
  }

  private received1({ shape }: FuzzProtocol): void {
    if (shape.answers > 0 && this.answered < MOST_ANSWERS && this.ending === null) {
      this.answered += 1;
      for (const action of ANSWERS[this.answered % ANSWERS.length]!(shape.answers)) this.act(action);
    }
    this.hooks('dataReceived');
  }

  /** Checks the promises that hold for every call. */
  private enter(callback: Callback, protocol: FuzzProtocol, mayCloseBefore = false, text: string = callback): void {
    const { run } = this;
    run.note(this, text);
    const nested = callback === 'pauseWriting' || callback === 'resumeWriting';
    if (run.depth > 0 && !nested) this.broken(`${callback} was called from within a call of a transport`);
    if (protocol !== this.protocol) this.broken(`${callback} was called on a protocol that had been replaced`);
    if (callback !== 'connectionMade' && this.attached === null) this.broken(`${callback} came before connectionMade`);
    if (callback !== 'connectionLost' && this.lost !== null) this.broken(`${callback} was called after connectionLost`);
    if (callback !== 'connectionLost' && this.failed !== null)
      this.broken(`${callback} was called after the protocol had failed`);
    if (!mayCloseBefore && this.attached?.isClosing() === true)
      this.broken(`${callback} was called on a transport that closes`);
  }

  /** Runs the program's actions for this call. Their errors go to the transport. */
  private hooks(callback: Callback): void {
    const nth = (this.counts.get(callback) ?? 0) + 1;
    this.counts.set(callback, nth);
    const ends = callback === 'dataReceived' || callback === 'getBuffer' || callback === 'eofReceived';
    const open = this.attached !== null && !this.over;
    try {
      this.run.hooks(this, callback, nth);
    } catch (error) {
      if (error instanceof PlannedError && ends) {
        if (open && !this.over) this.failed = error;
        else this.lateError = error;
        this.broke = true;
        this.stopped ||= this.failed === null;
      }
      throw error;
    }
  }

  private broken(text: string): void {
    this.run.violate(`${this.name}: ${text}`);
  }

  get mayReport(): boolean {
    return this.lateWrites >= REPORTED_LATE_WRITES;
  }
}

function describeError(error: unknown): string {
  if (error === null) return 'null';
  const { code, message } = error as { code?: string; message?: string };
  return code === undefined ? String(message) : `${code}: ${message}`;
}
