/** Runs actions that are expected to fail. */

/** Runs `action`, and prints the code (or the name) of its error, or that it works. */
export async function attempt(what: string, action: () => unknown): Promise<void> {
  try {
    await action();
    console.log(`  ${what}: works`);
  } catch (error) {
    console.log(`  ${what}: ${codeOf(error)}`);
  }
}

/** Like `attempt`, for a synchronous action. */
export function attemptSync(what: string, action: () => unknown): void {
  try {
    action();
    console.log(`  ${what}: works`);
  } catch (error) {
    console.log(`  ${what}: ${codeOf(error)}`);
  }
}

function codeOf(error: unknown): string {
  const { code, name } = error as { code?: string; name: string };
  return code ?? name;
}
