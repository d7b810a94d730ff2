/** Parses the options of a command. */

import { parseArgs, type ParseArgsConfig } from 'node:util';

/** A mistake on the command line. The command prints the message in one line and exits with code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** The options that were given, by name. */
export type Options = Readonly<Record<string, string | boolean | undefined>>;

type Config = NonNullable<ParseArgsConfig['options']>;

/** Parses `args`. Throws UsageError for an unknown option, a missing value, or a positional argument. */
export function parseOptions(args: readonly string[], options: Config): Options {
  return parse(args, options, false).values as Options;
}

/** Parses `args`, one of which may be positional: the target of the command. Throws UsageError as `parseOptions`, and for a second one. */
export function parseTarget(args: readonly string[], options: Config): { values: Options; target: string | null } {
  const { values, positionals } = parse(args, options, true);
  const [target = null, extra] = positionals;
  if (extra !== undefined) throw new UsageError(`Unexpected argument '${extra}'`);
  return { values: values as Options, target };
}

function parse(
  args: readonly string[],
  options: Config,
  allowPositionals: boolean,
): { values: object; positionals: string[] } {
  try {
    return parseArgs({ args: [...args], options, strict: true, allowPositionals });
  } catch (error) {
    // Keep only the first sentence: Node appends advice on positional arguments, which the command does not have.
    const [message = ''] = (error as Error).message.split(/\. |\n/);
    throw new UsageError(message);
  }
}

/** Returns the value of an option that takes one of `choices`; undefined if it is not given. */
export function choice<C extends string>(options: Options, name: string, choices: readonly C[]): C | undefined {
  const value = options[name];
  if (value === undefined || choices.includes(value as C)) return value as C | undefined;
  throw new UsageError(`--${name}: expected one of ${choices.join(', ')}, got ${JSON.stringify(value)}`);
}

/** Returns the value of an option that takes a port; `fallback` if it is not given. */
export function port(options: Options, name: string, fallback: number): number {
  const value = options[name];
  if (value === undefined) return fallback;
  const number = /^\d+$/.test(String(value)) ? Number(value) : NaN;
  if (number <= 65_535) return number;
  throw new UsageError(`--${name}: expected a port from 0 to 65535, got ${JSON.stringify(value)}`);
}

/** Returns the value of an option that takes a number from 1 to `most`; 0 if it is not given. */
export function count(options: Options, name: string, most: number): number {
  const value = options[name];
  if (value === undefined) return 0;
  const number = /^\d+$/.test(String(value)) ? Number(value) : NaN;
  if (number >= 1 && number <= most) return number;
  throw new UsageError(`--${name}: expected a number from 1 to ${most}, got ${JSON.stringify(value)}`);
}
