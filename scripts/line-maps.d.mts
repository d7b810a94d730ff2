export function lineMap<T extends { mappings: string }>(map: T): T & { names: [] };
