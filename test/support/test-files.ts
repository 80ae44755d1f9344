// Which test files exist, and to which suite each belongs.
import { globSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';

export type Suite = 'unit' | 'e2e' | 'cluster';

const repository = resolve(import.meta.dirname, '../..');

/** Suites of their own, with their own runners or needs. */
const apart = ['e2e', 'cluster', 'bench', 'soak', 'fuzz'].map((folder) => `test/${folder}/`);

export function isSuite(name: string): name is Suite | 'all' {
  return name === 'unit' || name === 'e2e' || name === 'cluster' || name === 'all';
}

/** Absolute paths of a suite's test files, sorted. */
export function findTestFiles(suite: Suite): string[] {
  return globSync(['test/**/*.test.ts', 'packages/*/test/**/*.test.ts'], { cwd: repository })
    .filter((file) =>
      suite === 'unit' ? !apart.some((folder) => file.startsWith(folder)) : file.startsWith(`test/${suite}/`),
    )
    .sort()
    .map((file) => join(repository, file));
}

/** A test file's path as people write it. */
export function shortPath(file: string): string {
  return relative(repository, file);
}
