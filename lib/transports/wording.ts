/** The words that describe a transport. */

/** The wording of `toString` and of error reports. It is asyncio's, because people search for it. */
export interface Wording {
  /** The class of the transport. */
  readonly name: string;
  /** The connection, in words. */
  readonly words: string;
  /** The message that reports writes to a connection that has ended. */
  readonly lateWrite: string;
}
