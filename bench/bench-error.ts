/** An error that the user can correct. The command prints only its message. */
export class BenchError extends Error {
  override readonly name = 'BenchError';
}

/** Returns the message of an error. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
