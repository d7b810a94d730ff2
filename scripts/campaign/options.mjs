/** The command line of a campaign script: a wrong option ends the process with one line and exit code 2. */

import { basename } from 'node:path';
import { parseArgs } from 'node:util';

/** Ends the process with one line on stderr. */
function refuse(message) {
  console.error(`${basename(process.argv[1], '.mjs')}: ${message}`);
  process.exit(2);
}

function integerIn(name, text, least) {
  const number = Number(text);
  if (text.trim() === '' || !Number.isSafeInteger(number) || number < least)
    refuse(`--${name}: expected an integer ≥ ${least}, got ${text}`);
  return number;
}

/**
 * Parses `process.argv`.
 *
 * @param usage printed for `--help`
 * @param integers names of options that take an integer, each with its default and its least value
 * @param choices names of options that take one of a list, and may be given several times; without any, the whole list
 * @param flags names of options that take no value
 */
export function readOptions(usage, { integers = {}, choices = {}, flags = [] }) {
  const options = { help: { type: 'boolean', default: false } };
  for (const name of Object.keys(integers)) options[name] = { type: 'string' };
  for (const name of Object.keys(choices)) options[name] = { type: 'string', multiple: true };
  for (const name of flags) options[name] = { type: 'boolean', default: false };
  let values;
  try {
    ({ values } = parseArgs({ options }));
  } catch (error) {
    refuse(error.message.split(/[.\n]/)[0]);
  }
  if (values.help) {
    console.log(usage);
    process.exit(0);
  }
  for (const [name, { value, least }] of Object.entries(integers)) {
    values[name] = values[name] === undefined ? value : integerIn(name, values[name], least);
  }
  for (const [name, list] of Object.entries(choices)) {
    const unknown = values[name]?.find((choice) => !list.includes(choice));
    if (unknown !== undefined) refuse(`--${name}: expected one of ${list.join(', ')}, got ${unknown}`);
    values[name] ??= list;
  }
  return values;
}
