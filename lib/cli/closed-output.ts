/** What happens when nobody reads the output any more, as in `selectloop info | head -1`. */

/**
 * Ends the process quietly, with the code 0, when its stdout is found closed; any other trouble with it is one line and the code 1.
 * Without it, Node reports the failed write as an uncaught error.
 */
export function endWithOutput(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    process.stderr.write(`selectloop: ${error.message}\n`);
    process.exit(1);
  });
  process.stderr.on('error', () => undefined); // there is nobody left to tell
}
