// Reads documents from files and folders. A folder means its *.yaml, *.yml and *.json files, without hidden ones and
// without subfolders. What cannot be read is a fault like any other.

import { readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type ReadResult, readDocuments } from '../api/documents.ts';
import type { Fault } from '../api/fault.ts';

/** In the order of the paths, files of a folder by name. A file that is named twice is read once. */
export function readDocumentFiles(paths: readonly string[]): ReadResult {
  const listings = paths.map(filesAt);
  const files = new Map<string, string>();
  for (const { file, identity } of listings.flatMap((listing) => listing.files)) {
    if (!files.has(identity)) files.set(identity, file);
  }
  const results = [...files.values()].map(readDocumentFile);
  return {
    documents: results.flatMap(({ documents }) => documents),
    faults: [...listings, ...results].flatMap(({ faults }) => faults),
  };
}

interface Listing {
  readonly files: { file: string; identity: string }[];
  readonly faults: Fault[];
}

function filesAt(path: string): Listing {
  return attempt<Listing>(
    () => {
      if (!statSync(path).isDirectory()) return { files: [identified(path)], faults: [] };
      const names = readdirSync(path).filter((name) => /^[^.].*\.(ya?ml|json)$/i.test(name));
      const files = names.sort().map((name) => identified(join(path, name)));
      return { files, faults: files.length > 0 ? [] : [{ file: path, ...emptyFolder }] };
    },
    (fault) => ({ files: [], faults: [{ file: path, ...fault }] }),
  );
}

const emptyFolder = {
  what: 'the folder holds no *.yaml, *.yml or *.json file',
  fix: 'put VpnServer, VpnUser and Secret documents there, or name another folder',
};

/** A link that leads nowhere is told of when it is read. */
function identified(file: string): { file: string; identity: string } {
  return attempt(
    () => ({ file, identity: realpathSync(file) }),
    () => ({ file, identity: file }),
  );
}

function readDocumentFile(file: string): ReadResult {
  return attempt<ReadResult>(
    () => readDocuments(file, new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(file))),
    (fault) => ({ documents: [], faults: [{ file, ...fault }] }),
  );
}

type Told = Pick<Fault, 'what' | 'fix'>;

function attempt<Result>(act: () => Result, failed: (fault: Told) => Result): Result {
  try {
    return act();
  } catch (error) {
    return failed(explain(error));
  }
}

const explanations: Record<string, Told> = {
  ENOENT: { what: 'there is no such file or folder', fix: 'correct the path' },
  EACCES: { what: 'it may not be read', fix: 'give this user the right to read it' },
  EPERM: { what: 'it may not be read', fix: 'give this user the right to read it' },
  ENOTDIR: { what: 'a part of the path is no folder', fix: 'correct the path' },
  EISDIR: { what: 'it is a folder', fix: 'name a file, or rename the folder' },
  ELOOP: { what: 'the links lead in a circle', fix: 'correct the links' },
  ENAMETOOLONG: { what: 'the path is too long', fix: 'correct the path' },
  ERR_ENCODING_INVALID_ENCODED_DATA: { what: 'it is not text in UTF-8', fix: 'store it as UTF-8' },
};

function explain(error: unknown): Told {
  const { code = 'unknown' } = error as { code?: string };
  return explanations[code] ?? { what: `it cannot be read (${code})`, fix: 'look at the file system' };
}
