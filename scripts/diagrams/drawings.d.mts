export function drawings(): Map<string, string>;
