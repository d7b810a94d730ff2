/** Moves the memory of a message to another owner, as `worker.postMessage(message, [message.buffer])` does, if that can be done. */
export function moveAway(message: Uint8Array): void {
  try {
    structuredClone(message, { transfer: [message.buffer as ArrayBuffer] });
  } catch (error) {
    // Memory that is not its alone: Node 20 copies it, later versions throw this.
    if ((error as Error).name !== 'DataCloneError') throw error;
  }
}
