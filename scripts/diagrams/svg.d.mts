export function textWidth(line: string, size?: number): number;
