export function buildWorker(folder: string): Promise<string>;
