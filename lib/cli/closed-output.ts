/** Handles a closed stdout, as in `selectloop info | head -1`. */

/**
 * Ends the process silently with exit code 0 when its stdout is closed; any other write error prints one line and exits with code 1.
 * Without this, Node would report the failed write as an uncaught error.
 */
export function endWithOutput(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    process.stderr.write(`selectloop: ${error.message}\n`);
    process.exit(1);
  });
  process.stderr.on('error', () => undefined); // errors can no longer be reported
}
