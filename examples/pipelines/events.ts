// XML events -> a state machine that builds bus objects -> two filters -> a printer; with three sources of events.
// Watch the same lines appear three times: a tokenizer, a list and a child process are the same to the pipeline.
// The state machine has no state variable. "Inside a bus" is a position in its code, and the fields of the bus are in a local variable.

import { type Steps, createSubprocess, run } from 'selectloop';

import { program } from '../support/program.js';
import { type Consumer, type Target, filter, primed, received, source } from './pipeline.js';

/** An event as a SAX parser reports it. */
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

const fieldsOf = (bus: Bus): string =>
  Object.entries(bus)
    .map(([name, value]) => `<${name}>${value}</${name}>`)
    .join('');
const XML = `<buses>${BUSES.map((bus) => `<bus>${fieldsOf(bus)}</bus>`).join('')}</buses>`;

/** Source 1: a tokenizer that splits the text at its tags. A tag ends before the next `<`, so "<<<<" takes linear time. */
export function* tokenize(xml: string): Generator<XmlEvent, void> {
  for (const token of xml.split(/(<[^<>]*>)/)) yield eventOf(token);
}

function eventOf(token: string): XmlEvent {
  if (token.startsWith('</')) return ['end', token.slice(2, -1)];
  if (token.startsWith('<')) return ['start', token.slice(1, -1)];
  return ['text', token];
}

/** Source 2: an array of events, without any XML. */
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

/** Source 3: a child process splits the text into one token per line. Each line is sent as it arrives. */
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
