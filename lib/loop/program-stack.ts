/**
 * Stacks as the program sees them: its own frames, without those of the library, of Node and of the engine.
 *
 * An async function has no frames on the stack while the library runs a coroutine for it. The stack of the call that created
 * the coroutine is used instead: see `calledAt`.
 */

import { isError } from '../errors/index.js';
import { packageRoot } from '../native/package-root.js';
import { fileURLToPath, isAbsolute, join, pathToFileURL, sep } from '../platform/files.js';
import { belongsToKernel } from '../platform/kernel-state.js';

/**
 * The folders of the library as they appear in stack frames: the build and its sources (which tests run, and which
 * `--enable-source-maps` shows), as a URL for ES modules and as a path where a test tool loads them.
 */
const folders = ['dist', 'lib'].map((name) => join(packageRoot, name) + sep);
const libraryPlaces = [...folders, ...folders.map((folder) => pathToFileURL(folder).href)];

/** Enough frames to find the program below a deep stack of the library. */
const FRAMES_TO_SEARCH = 100;
/** The number of frames that V8 shows for an error. */
const FRAMES_TO_KEEP = 10;

type AnyFunction = (...args: never[]) => unknown;

const isOfLibrary = (line: string): boolean => libraryPlaces.some((place) => line.includes(place));

/** Frames such as `Array.map (<anonymous>)`, `main.next (<anonymous>)`, `Promise.all (index 0)`, `node:internal/...`. */
const isBuiltIn = (line: string): boolean => /\((<anonymous>|node:.*|index \d+)\)$|\bat (async )?node:/.test(line);

const isOfProgram = (line: string): boolean => !isOfLibrary(line) && !isBuiltIn(line);

/** Returns the frames on the stack, the innermost first. */
function framesOnStack(limit: number): string[] {
  return framesOf(withStackLimit(limit, () => new Error().stack));
}

/** Returns the frames on the stack below the innermost call of `fn`; none if no such call is on the stack. */
function framesBelow(fn: AnyFunction): string[] {
  const holder: { stack?: unknown } = {};
  withStackLimit(Number.POSITIVE_INFINITY, () => Error.captureStackTrace(holder, fn));
  return framesOf(holder.stack);
}

function withStackLimit<T>(limit: number, capture: () => T): T {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = limit;
  try {
    return capture();
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

/** Splits a stack into its frames. (`stack` is not a string if the program has set `Error.prepareStackTrace`.) */
function framesOf(stack: unknown): string[] {
  return typeof stack === 'string' ? stack.split('\n').filter((line) => /^\s+at /.test(line)) : [];
}

let callOfRunningCode: string | null = null;

belongsToKernel(() => {
  const outer = callOfRunningCode;
  callOfRunningCode = null;
  return () => (callOfRunningCode = outer);
});

/** The stack of the call that created the running coroutine, for code whose caller is not on the stack; null if unknown. */
export function calledAt(): string | null {
  return callOfRunningCode;
}

/** Sets what `calledAt` returns. */
export function setCalledAt(stack: string | null): void {
  callOfRunningCode = stack;
}

/** Returns the stack of the program: where it creates what is being created. */
export function creationStack(): string {
  const frames = framesOnStack(FRAMES_TO_SEARCH);
  const own = frames.filter(isOfProgram);
  if (own.length === 0 && callOfRunningCode !== null) return callOfRunningCode;
  return (own.length === 0 ? frames : own)
    .slice(0, FRAMES_TO_KEEP)
    .map((frame) => frame.trim())
    .join('\n');
}

/**
 * Returns the frames of the program on the stack, the innermost first, down to the innermost call of one of `entries`.
 *
 * @param entries the functions of the library in which the code of a task begins to run
 */
export function stackOfProgram(entries: readonly AnyFunction[]): string[] {
  const frames = framesOnStack(Number.POSITIVE_INFINITY);
  const below = Math.max(...entries.map((entry) => framesBelow(entry).length));
  return frames
    .slice(0, frames.length - below)
    .filter(isOfProgram)
    .map((frame) =>
      frame
        .trim()
        .replace(/^at (async )?/, '')
        .replace('file://', ''),
    );
}

/** A line of the program. */
export interface ProgramPlace {
  /** An absolute path, or the URL of a module that is no file. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** From 1. */
  readonly column: number;
}

/** The programs that the package brings along, whose lines are a program's: the command's own server, and the examples. */
const ownPrograms = ['dist/cli', 'dist/examples', 'lib/cli'].map((name) => join(packageRoot, name) + sep);

/** A file by the name that the engine has for it; null for one of the library or of the engine. Stacks name the same few again and again. */
const programFiles = new Map<string, string | null>();
const places = new Map<string, ProgramPlace>();

function programFile(name: string): string | null {
  let file = programFiles.get(name);
  if (file === undefined) programFiles.set(name, (file = findProgramFile(name)));
  return file;
}

function findProgramFile(name: string): string | null {
  if (name.startsWith('node:') || !(isAbsolute(name) || /^[a-z][a-z\d+.-]+:/i.test(name))) return null;
  const file = name.startsWith('file:///') ? fileURLToPath(name) : name;
  const isLibrary = folders.some((folder) => file.startsWith(folder));
  return isLibrary && !ownPrograms.some((folder) => file.startsWith(folder)) ? null : file;
}

/** Returns whether a file is the program's, and not of the library or of the engine. */
export function isProgramFile(name: string): boolean {
  return programFile(name) !== null;
}

/** Enough for nearly all calls: the program is a few frames above. */
const FRAMES_NEARBY = 16;

/**
 * Returns the innermost line of the program on the stack, always the same object for the same line; null if there is none above `entries`.
 *
 * @param entries the names of functions of the library: what is below a call of one of them is not searched
 */
export function placeOnStack(entries: ReadonlySet<string>): ProgramPlace | null {
  const near = callSites(FRAMES_NEARBY);
  const place = placeAmong(near, entries);
  if (place !== undefined) return place;
  return near.length < FRAMES_NEARBY ? null : (placeAmong(callSites(FRAMES_TO_SEARCH), entries) ?? null);
}

/** Returns null if an entry comes first, and undefined if neither is among the frames. */
function placeAmong(sites: readonly NodeJS.CallSite[], entries: ReadonlySet<string>): ProgramPlace | null | undefined {
  for (const site of sites) {
    const name = site.getFileName();
    if (typeof name !== 'string') continue; // a function of the engine
    const file = programFile(name);
    if (file !== null) return placeAt(file, site.getLineNumber() ?? 1, site.getColumnNumber() ?? 1);
    if (entries.has(site.getFunctionName() ?? '')) return null;
  }
  return undefined;
}

function placeAt(file: string, line: number, column: number): ProgramPlace {
  const key = `${file}:${line}:${column}`;
  let place = places.get(key);
  if (place === undefined) places.set(key, (place = { file, line, column }));
  return place;
}

/** Returns the frames on the stack as the engine has them, which takes a third of the time of a text. */
function callSites(limit: number): readonly NodeJS.CallSite[] {
  const { prepareStackTrace } = Error; // eslint-disable-line @typescript-eslint/unbound-method -- only put back
  const holder: { stack?: unknown } = {};
  Error.prepareStackTrace = (_, sites) => sites;
  try {
    withStackLimit(limit, () => Error.captureStackTrace(holder, placeOnStack));
    return Array.isArray(holder.stack) ? (holder.stack as NodeJS.CallSite[]) : []; // formats it
  } finally {
    Error.prepareStackTrace = prepareStackTrace;
  }
}

/** A call of the program to a function of the library. Cheap: the engine formats the stack only when it is needed. */
export class CallSite {
  private readonly holder: { stack?: unknown } = {};

  /**
   * Captures the stack below `fn`, the function that is being called.
   *
   * @param method its name, for messages
   */
  constructor(
    fn: AnyFunction,
    readonly method: string,
  ) {
    Error.captureStackTrace(this.holder, fn);
  }

  /**
   * Replaces the stack of an error that the library or Node has created by this one: the line that called the function is more useful
   * than the library's frames. An error that the program's own code has created keeps its stack.
   */
  showIn(error: unknown): void {
    if (!isError(error) || typeof error.stack !== 'string') return;
    const frames = framesOf(error.stack);
    const origin = frames.find((frame) => !isBuiltIn(frame));
    if (origin !== undefined && !isOfLibrary(origin)) return;
    const own = framesOf(this.holder.stack).filter(isOfProgram);
    if (own.length === 0) return;
    const header = frames[0] === undefined ? error.stack : error.stack.slice(0, error.stack.indexOf(`\n${frames[0]}`));
    const value = [header, ...own].join('\n');
    Reflect.defineProperty(error, 'stack', { value, writable: true, configurable: true }); // not if the error is frozen
  }
}
