/** A line of the program: the file and the line, with the folders on demand. */
export function Place({ of }: { readonly of: string }) {
  return <code title={of}>{of.slice(of.lastIndexOf('/') + 1).replace(/:\d+$/, '')}</code>;
}
