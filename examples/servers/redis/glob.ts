/** The patterns of KEYS and CONFIG GET: `*` any characters, `?` one, `[a-c]` one of these, `[^a-c]` one of the others, `\` takes the next as it is. */

/** A character that is taken as it is, a set, or any other character. */
const TOKEN = /\\.|\[[^\]]*\]|[^]/g;

/** The test for a pattern. */
export function globPattern(glob: string, flags = ''): RegExp {
  const source = glob.replace(TOKEN, (token: string) => {
    if (token === '*') return '[^]*';
    if (token === '?') return '[^]';
    if (token.length === 1) return literal(token);
    if (token.startsWith('\\')) return literal(token.slice(1));
    const inside = token.slice(1, -1).replace(/[\\[]/g, '\\$&');
    return inside === '' ? '(?!)' : `[${inside}]`;
  });
  try {
    return new RegExp(`^${source}$`, flags);
  } catch {
    return /(?!)/; // such as [z-a]: nothing matches it
  }
}

function literal(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
