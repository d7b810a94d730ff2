import { readFileSync, readdirSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import { drawings } from '../../scripts/diagrams/drawings.mjs';
import { textWidth } from '../../scripts/diagrams/svg.mjs';
import { ROOT, readDocuments } from './documents.js';

const FOLDER = `${ROOT}docs/images/`;
const files = [...drawings()].map(([name, svg]) => ({ name, svg }));

/** The area that a line of text takes, in units of the drawing. */
interface Area {
  readonly words: string;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

function linesOfText(svg: string): Area[] {
  return [...svg.matchAll(/<text class="([^"]*)" x="([^"]*)" y="([^"]*)">(.*)<\/text>/g)].map(
    ([, kind = '', x, y, marked = '']) => {
      const kinds = kind.split(' ');
      const size = kinds.includes('name') ? 22 : 20;
      const words = marked.replace(/<tspan class="code">(.*?)<\/tspan>/g, '`$1`');
      const width = textWidth(words, size);
      const before = kinds.includes('right') ? width : kinds.includes('middle') ? width / 2 : 0;
      const left = Number(x) - before;
      return { words, left, right: left + width, top: Number(y) - 0.75 * size, bottom: Number(y) + 0.25 * size };
    },
  );
}

const overlap = (a: Area, b: Area): boolean =>
  a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;

describe('the drawings', () => {
  it('in docs/images are what `npm run docs:diagrams` writes', () => {
    expect(readdirSync(FOLDER).sort()).toEqual(files.map(({ name }) => name).sort());
    for (const { name, svg } of files) expect(readFileSync(FOLDER + name, 'utf8'), name).toBe(svg);
  });

  it.each(files)('$name has a title and a description', ({ svg }) => {
    expect(svg).toMatch(/<title id="title">[^<]{10,}<\/title>\n<desc id="description">[^<]{100,}<\/desc>/);
  });

  it.each(files)('$name has room for its text in a wide font', ({ svg }) => {
    const [, width, height] = /viewBox="0 0 (\d+) (\d+)"/.exec(svg)!.map(Number);
    const lines = linesOfText(svg);
    expect(lines.length).toBeGreaterThan(15);
    const outside = lines.filter(
      ({ left, right, top, bottom }) => left < 8 || right > width! - 8 || top < 8 || bottom > height! - 8,
    );
    expect(outside.map(({ words }) => words)).toEqual([]);
    const collisions = lines.flatMap((line, i) =>
      lines
        .slice(i + 1)
        .filter((other) => overlap(line, other))
        .map((other) => `${line.words} / ${other.words}`),
    );
    expect(collisions).toEqual([]);
  });

  it('are shown in both themes wherever a document shows one', () => {
    const pictures = readDocuments().flatMap(({ path, text }) =>
      [...text.matchAll(/<picture>([^]*?)<\/picture>/g)].map(([, picture = '']) => ({ path, picture })),
    );
    expect(pictures.length).toBeGreaterThan(0);
    for (const { path, picture } of pictures) {
      const dark = /<source media="\(prefers-color-scheme: dark\)" srcset="([^"]*)-dark\.svg">/.exec(picture)?.[1];
      const light = /<img src="([^"]*)-light\.svg"[^>]* alt="[^"]+"/.exec(picture)?.[1];
      expect(light, path).toBe(dark);
    }
  });
});
