/** The layout of the drawing of one iteration. */

import { iteration as content } from './content.mjs';
import { NAME_SIZE, circle, path, rectangle, text, textWidth, wrap } from './svg.mjs';

const WIDTH = 800;
const HEIGHT = 890;
const CENTRE = [400, 318];
const RADIUS = 270;
const STEP_RADIUS = 28;
/** The step that waits. */
const POLL = 3;

const HEAP = [400, 172];
const QUEUE = [400, 318];

/** A point on the circle. Step 3 is at the bottom, above the kernel. */
function onRing(step, radius = RADIUS) {
  const angle = ((90 + (step - 3) * 72) * Math.PI) / 180;
  return [CENTRE[0] + radius * Math.cos(angle), CENTRE[1] + radius * Math.sin(angle)];
}

/** The ring, with an arrowhead halfway between each two steps. */
function ring() {
  const [x, y] = CENTRE;
  const arrowheads = [1, 2, 3, 4, 5].map((step) => {
    const turn = (step + 0.5 - 3) * 72 + 180;
    const [left, top] = onRing(step + 0.5);
    return `<path class="fill-rule" transform="translate(${left.toFixed(1)} ${top.toFixed(1)}) rotate(${turn})" d="M-11 -16 15 0 -11 16Z"/>`;
  });
  return [`<circle class="ring" cx="${x}" cy="${y}" r="${RADIUS}"/>`, arrowheads];
}

function stepMark(step) {
  const [x, y] = onRing(step);
  const waits = step === POLL;
  return [
    circle('paper', [x, y], STEP_RADIUS + 8),
    circle(waits ? 'fill-accent' : 'fill-ink', [x, y], STEP_RADIUS),
    text('name middle on-mark', x, y + 8, String(step)),
  ];
}

/** The name of a step beside its mark. `side` is where the text begins, `top` the first baseline. */
function stepName(step, side, width, top) {
  const [x, y] = onRing(step);
  const distance = (STEP_RADIUS + 14) * (side === 'left' ? 1 : -1);
  return text(`name ${side}`, x + distance, y + top, wrap(content.steps[step - 1].name, width, NAME_SIZE), 27);
}

function store(name, [x, y], width) {
  return [rectangle('box', x - width / 2, y - 28, width, 56, 10), text('name middle', x, y + 8, name)];
}

/** The kernel, with the descriptors that it watches. */
function kernel() {
  const gap = 12;
  const widths = content.descriptors.map((name) => textWidth(name) + 24);
  let left = (WIDTH - widths.reduce((sum, width) => sum + width + gap, -gap)) / 2;
  const chips = content.descriptors.map((name, i) => {
    const x = left;
    left += widths[i] + gap;
    return [rectangle('chip', x, 770, widths[i], 40, 20), text('middle', x + widths[i] / 2, 797, name)];
  });
  return [
    rectangle('box', 100, 716, 600, 146, 10),
    text('name middle', WIDTH / 2, 754, content.kernel),
    chips,
    text('quiet middle', WIDTH / 2, 843, content.libuv),
  ];
}

function flows() {
  const { cancelled, deadline, empty, due, ready, callbacks, timers, waits } = content.flows;
  const [x, poll] = onRing(POLL);
  return [
    // From the timer heap.
    path('line', 'M479 152 522 122', 'quiet'),
    text('quiet right', 512, 112, cancelled),
    path('line', 'M479 174C592 180 650 262 655 358', 'quiet'),
    text('quiet right', 606, 262, wrap(deadline, 100)),
    path('line', 'M400 202V286', 'quiet'),
    text('quiet left', 424, 235, wrap(due, 80)),
    circle('paper', [x, 239], 18),
    circle('fill-ink', [x, 239], 15),
    text('small middle on-mark', x, 245, '4'),
    // Ready or not, and what is ready.
    path('line', 'M489 326 620 382', 'quiet'),
    text('quiet left', 548, 334, empty),
    path('line', `M400 ${poll - STEP_RADIUS - 10}V350`, 'quiet'),
    text('quiet left', 414, 486, wrap(ready, 130)),
    path('line', `M400 714V${poll + STEP_RADIUS + 12}`, 'quiet'),
    // The ready queue runs, and schedules.
    path('line', 'M345 286C335 236 300 180 266 133', 'quiet'),
    path('line', 'M241 141C232 230 252 300 310 318', 'quiet'),
    text('quiet right', 296, 350, callbacks),
    path('line', 'M278 114 321 148', 'quiet'),
    text('quiet left', 290, 112, timers),
    path('line', 'M204 114C114 180 78 300 78 420C78 560 104 640 150 708', 'quiet'),
    text('quiet right', 67, 420, waits),
  ];
}

export function drawIteration() {
  return {
    title: content.title,
    description: content.description,
    width: WIDTH,
    height: HEIGHT,
    parts: [
      ring(),
      [1, 2, 3, 4, 5].map(stepMark),
      stepName(1, 'left', 180, -14),
      stepName(2, 'right', 140, 8),
      stepName(4, 'left', 140, 8),
      stepName(5, 'right', 140, -20),
      text('name left', 448, 630, content.steps[POLL - 1].name),
      text('quiet left', 448, 657, content.steps[POLL - 1].note),
      text('accent left', 448, 683, content.waits),
      store(content.heap, HEAP, 150),
      store(content.queue, QUEUE, 170),
      kernel(),
      flows(),
    ],
  };
}
