export function installNode(major: string): string;
export function installBun(): string;
