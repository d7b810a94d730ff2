/**
 * The patterns of KEYS and CONFIG GET: `*` matches any characters, `?` one character, `[a-c]` one of a set, `[^a-c]` one that is not in
 * the set, and `\` quotes the next character.
 *
 * A regular expression would be shorter, but `*a*a*a*a*b` makes it try every way to place the stars, which takes exponential time on a key
 * that does not match. Here only the last star is ever moved: what matched before it stays matched. The time is at most the product of
 * the two lengths.
 */

/** Tells whether a token matches a character. */
type Token = (character: string) => boolean;

const STAR = Symbol('star');
const anyCharacter: Token = () => true;

/** A compiled pattern. */
export interface GlobPattern {
  test(text: string): boolean;
}

/** Compiles a pattern. */
export function globPattern(glob: string, { ignoreCase = false } = {}): GlobPattern {
  const tokens = [...tokensOf(ignoreCase ? glob.toLowerCase() : glob)];
  return { test: (text) => matches(tokens, ignoreCase ? text.toLowerCase() : text) };
}

function matches(tokens: ReadonlyArray<Token | typeof STAR>, text: string): boolean {
  let [at, token] = [0, 0];
  /** The token after the last star, and the character that it was last tried at. */
  let retry: { token: number; at: number } | null = null;
  while (at < text.length) {
    const current = tokens[token];
    if (current === STAR) {
      token += 1;
      retry = { token, at };
    } else if (current?.(text[at]!) === true) {
      at += 1;
      token += 1;
    } else if (retry !== null) {
      retry.at += 1; // the star takes one more character
      ({ at, token } = retry);
    } else return false;
  }
  return tokens.slice(token).every((rest) => rest === STAR);
}

function* tokensOf(glob: string): Generator<Token | typeof STAR> {
  const lastClosing = glob.lastIndexOf(']'); // from there on, a `[` is an ordinary character
  for (let at = 0; at < glob.length; at += 1) {
    const character = glob[at]!;
    if (character === '*') yield STAR;
    else if (character === '?') yield anyCharacter;
    else if (character === '[' && at < lastClosing) {
      const end = glob.indexOf(']', at);
      yield setOf(glob.slice(at + 1, end));
      at = end;
    } else if (character === '\\' && at + 1 < glob.length) {
      at += 1;
      yield literal(glob[at]!);
    } else yield literal(character);
  }
}

const literal =
  (wanted: string): Token =>
  (character) =>
    character === wanted;

/** A set of single characters and ranges. An inverted range such as z-a contains nothing. */
function setOf(source: string): Token {
  const isNegated = source.startsWith('^');
  const members = isNegated ? source.slice(1) : source;
  const singles = new Set<string>();
  const ranges: Array<readonly [first: string, last: string]> = [];
  for (let at = 0; at < members.length; at += 1) {
    if (members[at + 1] === '-' && at + 2 < members.length) {
      ranges.push([members[at]!, members[at + 2]!]);
      at += 2;
    } else singles.add(members[at]!);
  }
  return (character) => {
    const isMember = singles.has(character) || ranges.some(([first, last]) => first <= character && character <= last);
    return isMember !== isNegated;
  };
}
