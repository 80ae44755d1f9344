// The cgroup that holds a node's pods, in cgroup v1 (one per hierarchy) and v2: made before its kubelet, removed after.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Undo } from '../lab/undo.ts';

const root = '/sys/fs/cgroup';

/** Milliseconds that killed processes may take to leave. */
const patience = 5_000;

/** Makes the cgroup and sees to its removal, with all below it. @param name one path segment, unique on this machine */
export function makeCgroup(undo: Undo, name: string): void {
  for (const hierarchy of hierarchies()) {
    removeThoseOfDeadLabs(hierarchy);
    const folder = join(hierarchy, name);
    undo.later(() => removeTree(folder));
    mkdirSync(folder);
    fill(hierarchy, folder);
  }
}

function hierarchies(): string[] {
  if (isUnified(root)) return [root];
  return readdirSync(root)
    .map((entry) => join(root, entry))
    .filter((folder) => existsSync(join(folder, 'cgroup.procs')));
}

/** A lab that was killed undid nothing. Names begin with the id of its process. */
function removeThoseOfDeadLabs(hierarchy: string): void {
  for (const name of readdirSync(hierarchy)) {
    const pid = /^vo(\d+)-/.exec(name)?.[1];
    if (pid !== undefined && !existsSync(`/proc/${pid}`)) removeTree(join(hierarchy, name));
  }
}

function isUnified(folder: string): boolean {
  return existsSync(join(folder, 'cgroup.controllers'));
}

function fill(hierarchy: string, folder: string): void {
  if (isUnified(hierarchy)) {
    const enable = readFileSync(join(folder, 'cgroup.controllers'), 'utf8').trim().split(/\s+/);
    for (const controller of enable.filter((name) => name !== '')) {
      writeFileSync(join(folder, 'cgroup.subtree_control'), `+${controller}`);
    }
  }
  // A new cpuset of cgroup v1 is empty, and nothing can run in it.
  for (const file of ['cpuset.cpus', 'cpuset.mems']) {
    const above = join(hierarchy, file);
    if (!isUnified(hierarchy) && existsSync(above)) writeFileSync(join(folder, file), readFileSync(above));
  }
}

function removeTree(folder: string): void {
  if (!existsSync(folder)) return;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) removeTree(join(folder, entry.name));
  }
  const end = performance.now() + patience;
  for (;;) {
    try {
      rmdirSync(folder);
      return;
    } catch (error) {
      if (performance.now() > end) throw error;
      pause(20);
    }
  }
}

/** Blocks the thread: undoing is synchronous. @param duration milliseconds */
function pause(duration: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, duration);
}
