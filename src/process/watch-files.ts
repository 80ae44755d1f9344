// Notices changed files by looking at them four times a second. inotify misses what happens on network and
// projected volumes (a mounted Secret changes by a swapped symlink); a look costs microseconds.
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

const LookEvery = 250;

export interface FileWatch {
  close(): void;
}

/** Calls `changed` after any file in or under `paths` (folders: one level) was written, added, removed or replaced. */
export function watchFiles(paths: readonly string[], changed: () => void): FileWatch {
  let seen = signature(paths);
  const timer = setInterval(() => {
    const now = signature(paths);
    if (now === seen) return;
    seen = now;
    changed();
  }, LookEvery);
  return { close: () => clearInterval(timer) };
}

function signature(paths: readonly string[]): string {
  return paths
    .flatMap((path) => [mark(path), ...entries(path).map((name) => mark(join(path, name)))])
    .join('\n');
}

function entries(path: string): string[] {
  try {
    return readdirSync(path).sort();
  } catch {
    return [];
  }
}

function mark(path: string): string {
  try {
    const { ino, size, mtimeMs, ctimeMs } = statSync(path);
    return `${path} ${ino} ${size} ${mtimeMs} ${ctimeMs}`;
  } catch {
    return `${path} absent`;
  }
}
