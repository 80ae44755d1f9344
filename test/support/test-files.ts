// Which test files exist, and to which suite each belongs.
import { globSync } from 'node:fs';
import { basename, join, relative, resolve } from 'node:path';

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

/**
 * Groups of files that may run at the same time; within a group one file runs after the other. Files with an operator and
 * fake nodes share addresses of the loopback interface; those with whole nodes have a network of their own and mostly wait.
 */
export function lanesOf(suite: Suite, files: readonly string[]): string[][] {
  const isOperator = (file: string) => basename(file).startsWith('operator-');
  const lanes =
    suite === 'cluster'
      ? [files.filter((file) => !isOperator(file)), files.filter(isOperator)]
      : [[...files]];
  return lanes.filter((lane) => lane.length > 0);
}

/** A test file's path as people write it. */
export function shortPath(file: string): string {
  return relative(repository, file);
}
