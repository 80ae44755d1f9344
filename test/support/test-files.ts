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

/** Files of a suite that go one after the other, beside the rest: together they leave a processor half idle. */
const secondLane: Record<Suite, RegExp | undefined> = {
  unit: undefined,
  // The longest: they wait for what a path swallows.
  e2e: /^p(ath-)?mtu/,
  // An operator and fake nodes, which share addresses of the loopback interface; the rest has whole nodes.
  cluster: /^operator-/,
};

/** Groups of files that may run at the same time; within a group of e2e or cluster one runs after the other. */
export function lanesOf(suite: Suite, files: readonly string[]): string[][] {
  const isSecond = (file: string) => secondLane[suite]?.test(basename(file)) === true;
  const lanes = [files.filter((file) => !isSecond(file)), files.filter(isSecond)];
  return lanes.filter((lane) => lane.length > 0);
}

/** A test file's path as people write it. */
export function shortPath(file: string): string {
  return relative(repository, file);
}
