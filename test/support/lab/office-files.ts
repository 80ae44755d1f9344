// What the office's web server serves: text of any length, the same at each request, recognisable in every packet.
import { createHash } from 'node:crypto';

/** Stands several times in every packet of every file: an eavesdropper who sees it can read the traffic. */
export const officeSentence = "The office's price list. It is not for everybody.\n";

const block = Buffer.from(officeSentence.repeat(1024));

/** The file's bytes in order, in blocks. @param size bytes */
export function* officeFile(size: number): Generator<Uint8Array> {
  for (let left = size; left > 0; left -= block.length) yield block.subarray(0, Math.min(left, block.length));
}

/** SHA-256 of a file, hexadecimal. @param size bytes */
export function officeFileHash(size: number): string {
  const hash = createHash('sha256');
  for (const part of officeFile(size)) hash.update(part);
  return hash.digest('hex');
}
