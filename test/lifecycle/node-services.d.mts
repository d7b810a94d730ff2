export const services: Readonly<Record<string, () => Promise<void>>>;
