export function readmeForRegistry(text: string, manifest: { version: string; repository?: unknown }): string;
