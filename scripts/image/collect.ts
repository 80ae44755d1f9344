// Copies what the program needs at run time from a checkout with npm packages: sources, and of each production package
// (package-lock.json) all but headers, typings and source maps. Usage: collect.ts FOLDER, in the checkout.
import { cpSync, existsSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

interface LockedPackage {
  dev?: boolean;
  devOptional?: boolean;
  link?: boolean;
  resolved?: string;
}

// The programs in bare-*/prebuilds are for another runtime than Node.
const unneeded = [
  /\.(d\.[cm]?ts|map)$/,
  /node_modules\/node-linux-[^/]+\/(include|share)$/,
  /\/bare-[^/]+\/prebuilds$/,
];

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error('usage: collect.ts FOLDER');

const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8')) as {
  packages: Record<string, LockedPackage>;
};
for (const path of ['bin', 'src', 'package.json']) copy(path);
for (const [path, locked] of Object.entries(packages)) {
  if (path === '' || locked.dev || locked.devOptional) continue;
  // Optional packages for other platforms are locked too, and not installed.
  if (locked.link) link(path, locked.resolved ?? '');
  else if (existsSync(path) && !isTypings(path)) copy(path);
}

function copy(path: string): void {
  cpSync(path, join(folder!, path), { recursive: true, filter: isNeeded });
}

/** npm links workspaces into node_modules. */
function link(path: string, target: string): void {
  mkdirSync(dirname(join(folder!, path)), { recursive: true });
  symlinkSync(join('..', target), join(folder!, path));
}

function isTypings(path: string): boolean {
  return path.includes('node_modules/@types/') || basename(path) === 'undici-types';
}

function isNeeded(path: string): boolean {
  return !unneeded.some((pattern) => pattern.test(path));
}
