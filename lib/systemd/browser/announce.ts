/** Messages to the service manager: in a page there is none. */

export function announceReady(): Disposable {
  return {
    [Symbol.dispose]() {
      // Nothing was announced.
    },
  };
}

export function announceStopping(): void {
  // No one to notify.
}
