/** The keys and values of the server, some of them with an expiry time. */

interface Entry {
  readonly value: Buffer;
  /** In milliseconds of the loop's clock; null if the key does not expire. */
  expiresMs: number | null;
}

/** Keys are bytes. They are stored as latin1 strings, in which each byte is one character. */
export class Keyspace {
  private readonly entries = new Map<string, Entry>();

  /** @param now returns the time in milliseconds */
  constructor(private readonly now: () => number) {}

  get(key: string): Buffer | null {
    return this.liveEntry(key)?.value ?? null;
  }

  /** @param lifeMs the time until the key expires; null if it does not expire */
  set(key: string, value: Buffer, lifeMs: number | null): void {
    this.entries.set(key, { value, expiresMs: this.deadline(lifeMs) });
  }

  /** Changes the value and keeps its expiry time. */
  replace(key: string, value: Buffer): void {
    this.entries.set(key, { value, expiresMs: this.liveEntry(key)?.expiresMs ?? null });
  }

  /** Returns false if there is no such key. */
  delete(key: string): boolean {
    return this.liveEntry(key) !== null && this.entries.delete(key);
  }

  /** Sets the expiry time of a key. Returns false if there is no such key. */
  expire(key: string, lifeMs: number): boolean {
    const entry = this.liveEntry(key);
    if (entry === null) return false;
    entry.expiresMs = this.deadline(lifeMs);
    return true;
  }

  /** Returns the time until a key expires; null if it does not expire, undefined if there is no such key. */
  lifeMs(key: string): number | null | undefined {
    const entry = this.liveEntry(key);
    if (entry === null) return undefined;
    return entry.expiresMs === null ? null : entry.expiresMs - this.now();
  }

  keys(): string[] {
    this.sweep();
    return [...this.entries.keys()];
  }

  /** Removes all expired keys. Without it, an expired key that is never accessed would stay in memory. */
  sweep(): void {
    for (const key of this.entries.keys()) this.liveEntry(key);
  }

  /** Returns the entry of a key, or null. An expired entry is removed. */
  private liveEntry(key: string): Entry | null {
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
