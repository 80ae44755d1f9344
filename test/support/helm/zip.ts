// Takes one file out of a zip archive (PKWARE APPNOTE 4.3), stored or deflated; no zip64, no encryption.
import { inflateRawSync } from 'node:zlib';

const EndOfDirectory = 0x06054b50;
const DirectoryEntry = 0x02014b50;
const EndOfDirectorySize = 22;
const DirectoryEntrySize = 46;
const LocalHeaderSize = 30;
const Deflated = 8;

/** @throws Error when the archive holds no such file */
export function unzipFile(archive: Buffer, wanted: string): Buffer {
  const end = archive.lastIndexOf(littleEndian(EndOfDirectory));
  if (end < 0 || end + EndOfDirectorySize > archive.length) throw new Error('no zip archive');
  let at = archive.readUInt32LE(end + 16);
  for (let left = archive.readUInt16LE(end + 10); left > 0; left--) {
    if (archive.readUInt32LE(at) !== DirectoryEntry) throw new Error('the zip directory is damaged');
    const nameLength = archive.readUInt16LE(at + 28);
    const name = archive.toString('utf8', at + DirectoryEntrySize, at + DirectoryEntrySize + nameLength);
    if (name === wanted) return contentOf(archive, at);
    at += DirectoryEntrySize + nameLength + archive.readUInt16LE(at + 30) + archive.readUInt16LE(at + 32);
  }
  throw new Error(`no ${wanted} in the zip archive`);
}

function contentOf(archive: Buffer, entry: number): Buffer {
  const size = archive.readUInt32LE(entry + 20);
  const local = archive.readUInt32LE(entry + 42);
  const start = local + LocalHeaderSize + archive.readUInt16LE(local + 26) + archive.readUInt16LE(local + 28);
  const packed = archive.subarray(start, start + size);
  return archive.readUInt16LE(entry + 10) === Deflated ? inflateRawSync(packed) : packed;
}

function littleEndian(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
