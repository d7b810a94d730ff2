/** The parts of a random program, and how it is printed. */

export type Side = 'a' | 'b';

/** One end of one connection. */
export interface EndName {
  readonly connection: number;
  readonly side: Side;
}

/** The kind of protocol that an end has. */
export interface Shape {
  /** Receives into buffers of at most this size; null: a plain protocol. */
  readonly buffered: number | null;
  /** Returned by `eofReceived`. */
  readonly keepsOpen: boolean;
  /** The size of the answer that every `dataReceived` writes, in one write or several; 0 for none. */
  readonly answers: number;
}

export const PLAIN: Shape = { buffered: null, keepsOpen: false, answers: 0 };

/** One call of a transport, or an error that a protocol throws. */
export type Action =
  | { readonly do: 'write'; readonly size: number }
  | { readonly do: 'writelines'; readonly sizes: readonly number[] }
  | { readonly do: 'burst'; readonly count: number; readonly size: number }
  | { readonly do: 'pauseReading' | 'resumeReading' | 'writeEof' | 'close' | 'abort' | 'throw' }
  | { readonly do: 'setProtocol'; readonly shape: Shape }
  | { readonly do: 'setLimits'; readonly high: number; readonly low: number };

export type Callback =
  'connectionMade' | 'dataReceived' | 'getBuffer' | 'eofReceived' | 'pauseWriting' | 'resumeWriting' | 'connectionLost';

/** Something that happens inside the nth call of a protocol's method. */
export interface Hook {
  readonly at: 'call';
  readonly of: EndName;
  readonly callback: Callback;
  readonly nth: number;
  /** The end on whose transport the action is performed. */
  readonly end: EndName;
  readonly action: Action;
}

/** A part of a program. The driver runs the steps in order; hooks and shapes apply from the beginning. */
export type Item =
  | { readonly at: 'shape'; readonly end: EndName; readonly shape: Shape }
  | Hook
  | { readonly at: 'step'; readonly end: EndName; readonly action: Action }
  | { readonly at: 'turns'; readonly count: number }
  | { readonly at: 'drain'; readonly end: EndName }
  | { readonly at: 'settle' };

export interface Program {
  readonly seed: number;
  readonly transport: string;
  /** The name of the loop it runs on, as in `everyLoop`. */
  readonly loop: string;
  readonly connections: number;
  readonly items: readonly Item[];
}

const bytes = (size: number): string => `${size} ${size === 1 ? 'byte' : 'bytes'}`;
const times = (count: number): string => ['', 'first', 'second', 'third'][count] ?? `${count}th`;

/** Returns a name such as `a`, or `a of 2` if there are several connections. */
export function nameOf({ connection, side }: EndName, connections: number): string {
  return connections === 1 ? side : `${side} of ${connection}`;
}

function shapeText({ buffered, keepsOpen, answers }: Shape): string {
  const kind = buffered === null ? 'a plain protocol' : `a protocol with a buffer of ${bytes(buffered)}`;
  const open = keepsOpen ? ', stays open after the end of the peer' : '';
  return `${kind}${open}${answers > 0 ? `, answers with ${bytes(answers)}` : ''}`;
}

function actionText(action: Action): string {
  switch (action.do) {
    case 'write':
      return `write ${bytes(action.size)}`;
    case 'writelines':
      return `writelines ${action.sizes.join(' + ')} bytes`;
    case 'burst':
      return `write ${bytes(action.size)}, ${action.count} times`;
    case 'setProtocol':
      return `setProtocol: ${shapeText(action.shape)}`;
    case 'setLimits':
      return `setWriteBufferLimits high ${action.high}, low ${action.low}`;
    default:
      return action.do;
  }
}

function itemText(item: Item, connections: number): string {
  switch (item.at) {
    case 'shape':
      return `${nameOf(item.end, connections)} is ${shapeText(item.shape)}`;
    case 'call': {
      const target = nameOf(item.end, connections);
      const owner = nameOf(item.of, connections);
      const where = `in the ${times(item.nth)} ${item.callback} of ${owner}`;
      return `${where}: ${item.action.do === 'throw' ? 'throw' : `${target}: ${actionText(item.action)}`}`;
    }
    case 'step':
      return `${nameOf(item.end, connections)}: ${actionText(item.action)}`;
    case 'turns':
      return `wait for ${item.count} ${item.count === 1 ? 'iteration' : 'iterations'}`;
    case 'drain':
      return `wait until ${nameOf(item.end, connections)} may write again`;
    case 'settle':
      return 'resume reading everywhere, and wait until all bytes have arrived';
  }
}

/** Formats a program as a readable list: its set-up, then the numbered steps. */
export function programText({ seed, transport, loop, connections, items }: Program): string {
  const several = connections === 1 ? 'one connection' : `${connections} connections`;
  const isStep = (item: Item): boolean => item.at !== 'shape' && item.at !== 'call';
  const facts = items.filter((item) => !isStep(item)).map((item) => `  - ${itemText(item, connections)}`);
  const steps = items.filter(isStep).map((item, i) => `  ${i + 1}. ${itemText(item, connections)}`);
  const last = `  ${steps.length + 1}. settle, close a, then b, and wait for connectionLost`;
  return [`seed ${seed} over ${transport} (${loop}), ${several}:`, ...facts, ...steps, last].join('\n');
}
