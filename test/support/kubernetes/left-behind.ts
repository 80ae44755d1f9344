// What a cluster of the lab left on this host: namespaces, links, processes, cgroups, mounts. Must be nothing.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { eventually, labPrefix } from '../lab/commands.ts';
import { residue, type Snapshot, snapshotHost } from '../lab/residue.ts';

/** @param before the host as it was before the cluster @throws Error that lists what is still there after ten seconds */
export async function nothingLeftBehind(before: Snapshot): Promise<void> {
  let left: string[] = [];
  const look = async () => {
    left = [...residue(before, await snapshotHost()), ...leftCgroups(), ...leftMounts()];
    return left.length === 0 ? 'clean' : undefined;
  };
  await eventually('nothing left behind', 10_000, look).catch((error: Error) => {
    throw new Error([error.message, ...left].join('\n'));
  });
}

function leftCgroups(): string[] {
  const root = '/sys/fs/cgroup';
  const folders = [root, ...readdirSync(root).map((name) => `${root}/${name}`)].filter((path) =>
    existsSync(`${path}/cgroup.procs`),
  );
  return folders.flatMap((folder) =>
    readdirSync(folder)
      .filter((name) => name.startsWith(`${labPrefix}-`))
      .map((name) => `cgroup: ${folder}/${name}`),
  );
}

function leftMounts(): string[] {
  const mounts = readFileSync('/proc/mounts', 'utf8').split('\n');
  return mounts
    .filter((line) => line.includes(`vpn-operator-lab-${process.pid}`))
    .map((line) => `mount: ${line}`);
}
