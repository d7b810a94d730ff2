/** Transfers the memory of a message to another owner, as `worker.postMessage(message, [message.buffer])` does, if possible. */
export function moveAway(message: Uint8Array): void {
  try {
    structuredClone(message, { transfer: [message.buffer as ArrayBuffer] });
  } catch (error) {
    // The memory is shared with other buffers: Node 20 copies it, later versions throw this error.
    if ((error as Error).name !== 'DataCloneError') throw error;
  }
}
