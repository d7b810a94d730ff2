/** /dev/null: what the numbers 0, 1 and 2 refer to. */

import { POLLIN, POLLOUT } from './numbers.js';
import { OpenFile } from './open-file.js';

export class NullDevice extends OpenFile {
  override poll(): number {
    return POLLIN | POLLOUT;
  }

  override get canBeWatched(): boolean {
    return false;
  }

  override read(): number {
    return 0;
  }

  override write(bytes: Uint8Array): number {
    return bytes.length;
  }

  protected override release(): void {
    // It has no state.
  }
}
