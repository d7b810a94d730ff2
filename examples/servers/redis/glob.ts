/**
 * The patterns of KEYS and CONFIG GET: `*` matches any characters, `?` one character, `[a-c]` one of a set, `[^a-c]` one that is not in
 * the set, and `\` quotes the next character.
 */

/** A quoted character, a set, or any other character. */
const TOKEN = /\\.|\[[^\]]*\]|[^]/g;

/** Converts a pattern to a regular expression. */
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
    return /(?!)/; // an invalid set such as [z-a] matches nothing
  }
}

function literal(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
