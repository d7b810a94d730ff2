/** The environment variables of a service manager. */

/**
 * Removes variables from the environment and returns their values; null if the first one is not set.
 *
 * They concern this process alone. A child that inherited LISTEN_FDS or NOTIFY_SOCKET could take itself for the service.
 */
export function takeVariables<Name extends string>(...names: readonly Name[]): Partial<Record<Name, string>> | null {
  const [first] = names;
  if (process.env[first!] === undefined) return null;
  const values: Partial<Record<Name, string>> = {};
  for (const name of names) {
    const value = process.env[name];
    if (value !== undefined) values[name] = value;
    Reflect.deleteProperty(process.env, name);
  }
  return values;
}

/** Returns the number that a variable holds; null if it does not hold a whole number >= 0. */
export function wholeNumber(value: string): number | null {
  return /^\d{1,15}$/.test(value) ? Number(value) : null;
}
