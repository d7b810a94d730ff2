/** What the server remembers: values by key, some of them for a time. */

interface Entry {
  readonly value: Buffer;
  /** By the loop's clock; null: for ever. */
  expiresMs: number | null;
}

/** Keys are bytes; they are kept as latin1 strings, in which every byte is a character of its own. */
export class Keyspace {
  private readonly entries = new Map<string, Entry>();

  /** @param now the time in milliseconds */
  constructor(private readonly now: () => number) {}

  get(key: string): Buffer | null {
    return this.living(key)?.value ?? null;
  }

  /** @param lifeMs how long it stays; null: for ever */
  set(key: string, value: Buffer, lifeMs: number | null): void {
    this.entries.set(key, { value, expiresMs: this.deadline(lifeMs) });
  }

  /** Changes the value and leaves its time as it is. */
  replace(key: string, value: Buffer): void {
    this.entries.set(key, { value, expiresMs: this.living(key)?.expiresMs ?? null });
  }

  /** False if there was none. */
  delete(key: string): boolean {
    return this.living(key) !== null && this.entries.delete(key);
  }

  /** False if there is no such key. */
  expire(key: string, lifeMs: number): boolean {
    const entry = this.living(key);
    if (entry === null) return false;
    entry.expiresMs = this.deadline(lifeMs);
    return true;
  }

  /** How long it will stay; null: for ever; undefined: there is no such key. */
  lifeMs(key: string): number | null | undefined {
    const entry = this.living(key);
    if (entry === null) return undefined;
    return entry.expiresMs === null ? null : entry.expiresMs - this.now();
  }

  keys(): string[] {
    this.sweep();
    return [...this.entries.keys()];
  }

  /** Forgets what has expired. A key that nobody asks for would otherwise stay. */
  sweep(): void {
    for (const key of this.entries.keys()) this.living(key);
  }

  /** The entry of a key, unless its time is over. */
  private living(key: string): Entry | null {
    const entry = this.entries.get(key);
    if (entry === undefined) return null;
    if (entry.expiresMs === null || entry.expiresMs > this.now()) return entry;
    this.entries.delete(key);
    return null;
  }

  private deadline(lifeMs: number | null): number | null {
    return lifeMs === null ? null : this.now() + lifeMs;
  }
}
