/** Follows loops as environment variables say: a page has none. */

export function followAsEnvironmentSays(): void {
  // Nothing to read.
}
