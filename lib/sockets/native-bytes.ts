/** Reads and writes the kernel's structures, in the byte order of this machine. */

/** True on a machine with the lowest byte first. @internal */
export const LITTLE_ENDIAN: boolean = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/** The size of a C long and of a pointer. @internal */
export const WORD_BYTES = ['arm', 'ia32', 'mips', 'mipsel', 'ppc'].includes(process.arch) ? 4 : 8;

/** Returns a view of the bytes of an array. @internal */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Reads an unsigned integer of 32 bits. @internal */
export function uint32(bytes: Uint8Array, offset: number): number {
  return viewOf(bytes).getUint32(offset, LITTLE_ENDIAN);
}

/** Reads a C int. @internal */
export function int32(bytes: Uint8Array, offset: number): number {
  return viewOf(bytes).getInt32(offset, LITTLE_ENDIAN);
}

/** Reads an unsigned integer of 64 bits. @internal */
export function uint64(bytes: Uint8Array, offset: number): bigint {
  return viewOf(bytes).getBigUint64(offset, LITTLE_ENDIAN);
}

/** Returns integers of 32 bits as bytes. Negative numbers and those above 2^31 keep their bits. @internal */
export function int32Bytes(...numbers: number[]): Buffer {
  return Buffer.from(Int32Array.from(numbers).buffer);
}
