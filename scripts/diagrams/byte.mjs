/** The layout of the drawing of a byte's journey: lanes from top to bottom, reading on the left, writing on the right. */

import { byte as content } from './content.mjs';
import { TIP, path, rectangle, text, wrap } from './svg.mjs';

const WIDTH = 800;
const TOP = 58;
const HEIGHTS = { tasks: 104, streams: 124, transports: 112, loop: 92, selectors: 92, sockets: 92, kernel: 104 };
const LEGEND_HEIGHT = 56;

/** The left edges of the two journeys. Each has three tracks, and then its texts. */
const LEFT = { reading: 134, writing: 468 };
const TRACK = { event: 20, call: 44, bytes: 68 };
const TEXT_LEFT = 98;
const TEXT_WIDTH = 226;
const LEADING = 24;

/** Half the height of the mark of a step, and the space between a mark and the end of a line. */
const HALF = 15;
const GAP = 5;

/** For each journey, by step: the tracks that the mark spans, and how far it is from the middle of its lane. */
const MARKS = {
  reading: [
    ['event', 'bytes'],
    ['event', 'event'],
    ['event', 'event'],
    ['event', 'bytes'],
    ['call', 'bytes'],
    ['bytes', 'bytes'],
    ['bytes', 'bytes'],
  ],
  writing: [
    ['bytes', 'bytes', -25],
    ['bytes', 'bytes', -38],
    ['event', 'bytes'],
    ['bytes', 'bytes'],
    ['event', 'bytes'],
    ['event', 'event'],
    ['event', 'event'],
    ['event', 'event', 16],
    ['event', 'event', 25],
  ],
};

/** The lines, each from one step to another on a track. */
const LINES = {
  reading: {
    event: [
      [1, 2],
      [2, 3],
      [3, 4],
    ],
    call: [[4, 5]],
    bytes: [
      [1, 5],
      [5, 4],
      [4, 6],
      [6, 7],
    ],
  },
  writing: {
    bytes: [
      [1, 2],
      [2, 3],
      [3, 4],
      [4, 5],
    ],
    event: [
      [5, 6],
      [6, 7],
      [7, 3],
      [3, 8],
      [8, 9],
    ],
  },
};

const KIND = { event: 'line', call: 'line dotted', bytes: 'bytes' };
const HEAD = { event: 'quiet', call: 'quiet', bytes: 'accent' };

const topOf = (lane) => content.lanes.slice(0, content.lanes.indexOf(lane)).reduce((y, each) => y + HEIGHTS[each], TOP);
const BOTTOM = topOf('kernel') + HEIGHTS.kernel;

const middleOf = (lane) => topOf(lane) + HEIGHTS[lane] / 2;

function lane(name) {
  const y = topOf(name);
  const surface =
    name === 'kernel'
      ? rectangle('panel', 0, y, WIDTH, HEIGHTS[name], 0)
      : path('edge', `M20 ${y + HEIGHTS[name]}H${WIDTH - 20}`);
  return [surface, text('lane left', 20, middleOf(name) + 7, name)];
}

/** Returns the position of the mark of a step. */
function placeOf(journey, number) {
  const [from, to, shift = 0] = MARKS[journey][number - 1];
  const y = middleOf(content[journey].steps[number - 1].lane) + shift;
  return { left: LEFT[journey] + TRACK[from], right: LEFT[journey] + TRACK[to], y };
}

function step(journey, { text: sentence }, number) {
  const { left, right, y } = placeOf(journey, number);
  const lines = wrap(sentence, TEXT_WIDTH);
  // A line of text is centred on a baseline 7 below the middle.
  const first = y + 7 - ((lines.length - 1) * LEADING) / 2;
  return [
    rectangle('fill-ink', left - HALF, y - HALF, right - left + 2 * HALF, 2 * HALF, HALF),
    text('small middle on-mark', (left + right) / 2, y + 6, String(number)),
    text('left', LEFT[journey] + TEXT_LEFT, first, lines, LEADING),
  ];
}

function line(journey, track, from, to) {
  const x = LEFT[journey] + TRACK[track];
  const start = placeOf(journey, from).y;
  const end = placeOf(journey, to).y;
  const down = Math.sign(end - start);
  const room = HALF + GAP;
  const beyond = track === 'bytes' ? TIP : 0;
  return path(KIND[track], `M${x} ${start + down * room}V${end - down * (room + beyond)}`, HEAD[track]);
}

function journey(name) {
  const lines = Object.entries(LINES[name]).flatMap(([track, pairs]) =>
    pairs.map(([from, to]) => line(name, track, from, to)),
  );
  return [
    text('name left', LEFT[name] + TRACK.event - HALF, 38, content[name].name),
    lines,
    content[name].steps.map((each, i) => step(name, each, i + 1)),
  ];
}

function legend() {
  const y = BOTTOM + LEGEND_HEIGHT / 2 + 4;
  const entry = (track, x, label) => [
    path(KIND[track], `M${x} ${y}h${track === 'bytes' ? 40 - TIP : 40}`, HEAD[track]),
    text('quiet left', x + 52, y + 7, label),
  ];
  const { bytes, events, calls } = content.legend;
  return [entry('bytes', 139, bytes), entry('event', 268, events), entry('call', 546, calls)];
}

export function drawByte() {
  return {
    title: content.title,
    description: content.description,
    width: WIDTH,
    height: BOTTOM + LEGEND_HEIGHT,
    parts: [content.lanes.map(lane), journey('reading'), journey('writing'), legend()],
  };
}
