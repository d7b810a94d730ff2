/** Tries what is expected to be refused. */

/** Prints the code of the error (or its name) that `action` throws, or rejects with; or that there is none. */
export async function attempt(what: string, action: () => unknown): Promise<void> {
  try {
    await action();
    console.log(`  ${what}: works`);
  } catch (error) {
    console.log(`  ${what}: ${codeOf(error)}`);
  }
}

/** The same without a promise. */
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
