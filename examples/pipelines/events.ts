// Events of an XML file -> a state machine that makes buses of them -> two filters -> a printer; and three sources for the events.
// Watch the same lines come three times: the pipeline cannot tell a tokenizer from a list, or from a child process.
// The state machine has no states. "Inside a bus" is a place in its code, and what it has collected there is a local variable.

import { type Steps, createSubprocess, run } from 'selectloop';

import { program } from '../support/program.js';
import { type Consumer, type Target, filter, primed, received, source } from './pipeline.js';

/** As a SAX parser reports them. */
export type XmlEvent = readonly ['start' | 'text' | 'end', string];

type Bus = Record<string, string>;

/** Collects the fields of each `<bus>`. */
export const busesToDicts = primed(function* busesToDicts(target: Target<Bus>): Consumer<XmlEvent> {
  using _end = target.join();
  const isBus = ([kind, name]: XmlEvent, wanted: string): boolean => kind === wanted && name === 'bus';
  while (!target.finished) {
    if (!isBus(yield* received(target), 'start')) continue;
    const bus: Bus = {};
    let text = '';
    for (let event: XmlEvent; !isBus((event = yield* received(target)), 'end');) {
      const [kind, value] = event;
      if (kind === 'start') text = '';
      else if (kind === 'text') text += value;
      else bus[value] = text;
    }
    target.send(bus);
  }
});

const filterOnField = (field: string, value: string, target: Target<Bus>): Target<Bus> =>
  filter((bus: Bus) => bus[field] === value, target);

const busLocations = primed(function* busLocations(): Consumer<Bus> {
  for (;;) {
    const { route, id, direction, latitude, longitude } = yield;
    console.log(`${route},${id},"${direction}",${latitude},${longitude}`);
  }
});

const pipeline = (): Target<XmlEvent> =>
  busesToDicts(filterOnField('route', '22', filterOnField('direction', 'North Bound', busLocations())));

const BUSES: Bus[] = [
  { id: '7574', route: '147', direction: 'North Bound', latitude: '41.925682', longitude: '-87.631050' },
  { id: '1403', route: '22', direction: 'North Bound', latitude: '41.880481', longitude: '-87.629468' },
  { id: '1779', route: '22', direction: 'South Bound', latitude: '41.966309', longitude: '-87.666772' },
  { id: '1406', route: '22', direction: 'North Bound', latitude: '41.995120', longitude: '-87.670990' },
];

const FIELDS = (bus: Bus): string =>
  Object.entries(bus)
    .map(([name, value]) => `<${name}>${value}</${name}>`)
    .join('');
const XML = `<buses>${BUSES.map((bus) => `<bus>${FIELDS(bus)}</bus>`).join('')}</buses>`;

/** Source 1: a tokenizer. It cuts at the tags. */
function* tokenize(xml: string): Generator<XmlEvent, void> {
  for (const token of xml.split(/(<[^>]*>)/)) yield eventOf(token);
}

function eventOf(token: string): XmlEvent {
  if (token.startsWith('</')) return ['end', token.slice(2, -1)];
  if (token.startsWith('<')) return ['start', token.slice(1, -1)];
  return ['text', token];
}

/** Source 2: a list that was never XML. */
const listOfEvents = (): XmlEvent[] =>
  BUSES.flatMap((bus): XmlEvent[] => [
    ['start', 'bus'],
    ...Object.entries(bus).flatMap(([name, value]): XmlEvent[] => [
      ['start', name],
      ['text', value],
      ['end', name],
    ]),
    ['end', 'bus'],
  ]);

/** Source 3: a child process cuts, one token a line. It feeds the pipeline whenever a line has come. */
function* fromChild(xml: string, target: Target<XmlEvent>): Steps<void> {
  using _end = target.join();
  const sed = yield* createSubprocess('sed', ['s/</\\n</g; s/>/>\\n/g'], { stdin: 'pipe', stdout: 'pipe' });
  try {
    sed.stdin!.write(Buffer.from(xml));
    sed.stdin!.close();
    for (let line; (line = String(yield* sed.stdout!.readline())) !== '';) target.send(eventOf(line.trimEnd()));
  } finally {
    yield* sed[Symbol.asyncDispose]();
  }
}

export function* main(): Steps<void> {
  console.log('from a tokenizer');
  source(tokenize(XML), pipeline());
  console.log('from a list of events');
  source(listOfEvents(), pipeline());
  console.log('from a child process');
  yield* fromChild(XML, pipeline());
}

await program(import.meta, () => run(main));
