/** A reader pauses its transport while too many bytes are unread. */

import { InvalidStateError, StreamReader, createTask, runSync } from 'selectloop';
import { describe, expect, it } from 'vitest';

/** A transport that records its calls. */
class Told {
  readonly calls: string[] = [];

  pauseReading(): void {
    this.calls.push('pause');
  }

  resumeReading(): void {
    this.calls.push('resume');
  }
}

function readerWithLimit(limit: number): { reader: StreamReader; told: Told } {
  const reader = new StreamReader({ limit });
  const told = new Told();
  reader.setTransport(told);
  return { reader, told };
}

describe('flow control of a StreamReader', () => {
  it('pauses above twice the limit and resumes at the limit, each once', () => {
    const { reader, told } = readerWithLimit(10);
    reader.feedData(Buffer.alloc(20));
    expect(told.calls).toEqual([]);
    reader.feedData(Buffer.alloc(1));
    reader.feedData(Buffer.alloc(5)); // bytes that were in flight
    expect(told.calls).toEqual(['pause']);
    expect(String(reader)).toBe('<StreamReader limit=10 26 bytes paused>');
    runSync(reader.readExactly(15));
    expect(told.calls).toEqual(['pause']);
    runSync(reader.read(1));
    expect(told.calls).toEqual(['pause', 'resume']);
    runSync(reader.read(1));
    expect(told.calls).toEqual(['pause', 'resume']);
  });

  it('dropping a line that was too long also resumes reading', () => {
    const { reader, told } = readerWithLimit(10);
    reader.feedData(Buffer.from(`${'x'.repeat(25)}\nnext\n`));
    expect(() => runSync(reader.readline())).toThrow(RangeError);
    expect(told.calls).toEqual(['pause', 'resume']);
    expect(runSync(reader.readline()).toString()).toBe('next\n');
  });

  it('a LimitOverrunError keeps the transport paused, because no bytes were taken', () => {
    const { reader, told } = readerWithLimit(10);
    reader.feedData(Buffer.from(`${'x'.repeat(25)};`));
    expect(() => runSync(reader.readUntil(Buffer.from(';')))).toThrow(/is found/);
    expect(told.calls).toEqual(['pause']);
  });

  it('a read that has to wait resumes the transport, even for more bytes than the limit', () => {
    const { reader, told } = readerWithLimit(10);
    reader.feedData(Buffer.alloc(25));
    expect(told.calls).toEqual(['pause']);
    runSync(function* () {
      const reading = createTask(reader.readExactly(100));
      yield;
      expect(told.calls).toEqual(['pause', 'resume']);
      for (let i = 0; i < 2; i += 1) {
        reader.feedData(Buffer.alloc(25));
        yield;
      }
      expect(told.calls).toEqual(['pause', 'resume']); // no pause while a read waits for these bytes
      reader.feedData(Buffer.alloc(25));
      expect((yield* reading).length).toBe(100);
    });
  });

  it('a transport is set once', () => {
    const { reader, told } = readerWithLimit(10);
    expect(() => reader.setTransport(told)).toThrow(InvalidStateError);
  });

  it('without a transport nothing is paused', () => {
    const reader = new StreamReader({ limit: 1 });
    reader.feedData(Buffer.alloc(100));
    expect(runSync(reader.read(100)).length).toBe(100);
  });
});
