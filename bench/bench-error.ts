/** Something that a person who runs the benchmark can change. The command prints the message alone. */
export class BenchError extends Error {
  override readonly name = 'BenchError';
}

/** What went wrong, in one line. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
