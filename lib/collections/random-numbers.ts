/**
 * Random numbers from a seed. The algorithm is mulberry32 by Tommy Ettinger: the seed is its 32-bit state, to which each step adds a
 * constant, so that the nth number can be computed without those before it.
 */

const STEP = 0x6d2b79f5;
const STATES = 2 ** 32;

/** Returns the number at a position of the sequence of a seed, from 0 to just below 1. */
export function randomNumberAt(seed: number, position: number): number {
  const state = (seed + Math.imul(position + 1, STEP)) | 0;
  let x = Math.imul(state ^ (state >>> 15), 1 | state);
  x = (x + Math.imul(x ^ (x >>> 7), 61 | x)) ^ x;
  return ((x ^ (x >>> 14)) >>> 0) / STATES;
}

/** Returns a function that returns the sequence of a seed, number by number. */
export function randomNumbers(seed: number): () => number {
  let position = -1;
  return () => randomNumberAt(seed, (position += 1));
}

/** Returns the seed of a sequence for one purpose. Different purposes have independent sequences (the hash is FNV-1a). */
export function seedFor(seed: number, purpose: string): number {
  let hash = 0x811c9dc5 ^ Math.imul(seed, 0x9e3779b1);
  for (let i = 0; i < purpose.length; i += 1) hash = Math.imul(hash ^ purpose.charCodeAt(i), 0x01000193);
  return hash;
}
