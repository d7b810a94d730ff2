import { ExceptionGroup } from 'selectloop';
import { describe, expect, it } from 'vitest';

import { messages } from './grouped.js';

const range = new RangeError('range');
const type = new TypeError('type');
const plain = new Error('plain');
const inner = new ExceptionGroup('inner', [type, 'no error at all']);
const outer = new ExceptionGroup('outer', [range, inner, plain]);

describe('ExceptionGroup', () => {
  it('is an AggregateError whose message ends with the number of errors and the texts of the first three', () => {
    expect(outer).toBeInstanceOf(AggregateError);
    expect([outer.name, outer.message, inner.message]).toEqual([
      'ExceptionGroup',
      'outer (3 errors: RangeError: range; ExceptionGroup: inner (2 errors: TypeError: type; "no error at all"); Error: plain)',
      'inner (2 errors: TypeError: type; "no error at all")',
    ]);
    const long = new Error('line 1\n' + 'x'.repeat(200));
    expect(new ExceptionGroup('one (1 error)', [long]).message).toBe(
      `one (1 error) (1 error: Error: line 1 ${'x'.repeat(86)}…)`,
    );
    const many = new ExceptionGroup('many', [plain, Object.create(null), null, type]);
    expect(many.message).toBe('many (4 errors: Error: plain; an object of class Object; null; …)');
    expect(outer.errors).toEqual([range, inner, plain]);
  });

  it.each([[[]], [undefined], [plain]])(
    'throws a TypeError for %j: it needs an array of at least one error',
    (errors) => {
      expect(() => new ExceptionGroup('none', errors as never)).toThrow(TypeError);
    },
  );

  it('split keeps the nesting, the messages and the cause, and does not modify the group', () => {
    const cause = new Error('cause');
    outer.cause = cause;
    const [types, others] = outer.split(TypeError);
    expect([messages(types), messages(others)]).toEqual([[['type']], ['range', ['no error at all'], 'plain']]);
    expect([types?.message, others?.message]).toEqual([
      'outer (1 error: ExceptionGroup: inner (1 error: TypeError: type))',
      'outer (3 errors: RangeError: range; ExceptionGroup: inner (1 error: "no error at all"); Error: plain)',
    ]);
    expect([types?.cause, others?.cause]).toEqual([cause, cause]);
    expect((types?.errors[0] as Error).message).toBe('inner (1 error: TypeError: type)');
    expect(outer.errors).toHaveLength(3);
  });

  it('split takes a class, a list of classes, or a predicate, and returns null for an empty part', () => {
    expect(outer.split(SyntaxError)).toEqual([null, outer]);
    expect(outer.split([RangeError, TypeError]).map(messages)).toEqual([
      ['range', ['type']],
      [['no error at all'], 'plain'],
    ]);
    expect(outer.split((error) => error === 'no error at all').map(messages)).toEqual([
      [['no error at all']],
      ['range', ['type'], 'plain'],
    ]);
    expect(outer.split((error) => !(error instanceof ExceptionGroup))[1]).toBeNull();
    expect(() => outer.split('RangeError' as never)).toThrow(/^filter: expected a class of errors/);
  });

  it('split and subgroup return a group that matches as a whole as the same object', () => {
    expect(outer.split(Error)).toEqual([outer, null]);
    expect(outer.split(Error)[0]).toBe(outer);
    expect(messages(outer.subgroup((error) => error === inner))).toEqual([['type', 'no error at all']]);
    expect((outer.subgroup((error) => error === inner)?.errors ?? [])[0]).toBe(inner);
  });

  it('splits groups that are nested 30,000 deep', ({ onTestFinished }) => {
    const { stackTraceLimit } = Error;
    onTestFinished(() => void (Error.stackTraceLimit = stackTraceLimit));
    Error.stackTraceLimit = 0; // the stacks of so many errors take most of the time, and are not what is tested
    let group = new ExceptionGroup('level', [type, range]);
    for (let level = 1; level < 30_000; level += 1) group = new ExceptionGroup('level', [group]);
    const [types, others] = group.split(TypeError);
    for (const [part, found] of [
      [types, type],
      [others, range],
    ] as const) {
      let depth = 0;
      let error: unknown = part;
      for (; error instanceof ExceptionGroup; depth += 1) [error] = error.errors as unknown[];
      expect([depth, error]).toEqual([30_000, found]);
    }
    expect(group.subgroup(SyntaxError)).toBeNull();
    expect(group.split(Error)[0]).toBe(group);
  });

  it('keeps the order of errors before, inside and after inner groups', () => {
    const group = new ExceptionGroup('outer', [range, inner, plain, inner, type]);
    expect(group.split(TypeError).map(messages)).toEqual([
      [['type'], ['type'], 'type'],
      ['range', ['no error at all'], 'plain', ['no error at all']],
    ]);
  });

  it('refuses to split a group that contains itself', () => {
    const circular = new ExceptionGroup('circular', [new ExceptionGroup('between', [plain])]);
    (circular.errors[0] as ExceptionGroup).errors.push(circular);
    expect(() => circular.split(TypeError)).toThrow(/^split: 'circular \(1 error: .*\)' contains itself$/);
  });

  it('subgroup returns the matching part', () => {
    expect(messages(outer.subgroup(RangeError))).toEqual(['range']);
    expect(outer.subgroup(SyntaxError)).toBeNull();
  });
});
