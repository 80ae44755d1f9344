// The command line of a User Mode Linux guest: a whole Linux kernel as one process, sharing the host's root file system
// read-only, so that Debian's pptp and pppd run in it unchanged. Commands come on file descriptor 3, answers go to 4.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execute } from './commands.ts';
import type { Place } from './place.ts';
import type { Undo } from './undo.ts';

export const guestFolder = join(import.meta.dirname, 'guest');

export async function userModeLinux(undo: Undo, place: Place): Promise<string[]> {
  return [
    ...(await amxPreload(undo)),
    ...['linux.uml', 'mem=128M', 'root=/dev/root', 'rootfstype=hostfs', 'rootflags=/', 'ro', 'quiet'],
    ...[`init=${guestFolder}/init.sh`, `eth0=tuntap,${place.device}`],
    ...(place.second === undefined ? [] : [`eth1=tuntap,${place.second.device}`]),
    `uml_dir=${undo.folder()}`,
    ...['con=null', 'con0=null,fd:1', 'ssl=null', 'ssl0=fd:3,fd:4'],
    ...[
      `LAB_ADDRESS=${place.address}`,
      `LAB_GATEWAY=${place.gateway.split('/')[0]}`,
      `LAB_DIRECTORY=${guestFolder}`,
    ],
  ];
}

/** On CPUs with AMX linux.uml needs a small library before it: see guest/amx-ptrace.c. */
async function amxPreload(undo: Undo): Promise<string[]> {
  if (!/\bamx_tile\b/.test(await readFile('/proc/cpuinfo', 'utf8'))) return [];
  const library = join(undo.folder(), 'amx-ptrace.so');
  await execute(['gcc', '-shared', '-fPIC', '-O1', '-o', library, join(guestFolder, 'amx-ptrace.c')]);
  return ['env', `LD_PRELOAD=${library}`];
}
