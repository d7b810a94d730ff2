export const PREBUILDS: readonly string[];
export function missingForRelease(facts: {
  manifest: { version: string; repository?: unknown; homepage?: unknown; bugs?: unknown };
  changelog: string;
  exists: (path: string) => boolean;
  git: { changes: string; tags: string };
}): string[];
