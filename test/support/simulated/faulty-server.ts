// `vpn-operator local` with node-tun's fault hook in the hand of the test, which sends what shall fail over Node's IPC.
// Only packets' calls are hit: the netlink and set-up calls have other names or other descriptors.

import { constants } from 'node:os';
import { setFaultHook } from 'node-tun';
import { runLocal } from '../../../src/cli/local.ts';

export interface Fault {
  readonly syscall: 'sendmmsg' | 'recvmmsg' | 'read' | 'write';
  readonly errno: keyof typeof constants.errno;
  /** The next so many calls fail; then none. */
  readonly calls: number;
  /** Of these calls one in so many; 1: each. */
  readonly oneIn: number;
}

let fault: Fault | undefined;
let left = 0;
let hit = 0;

setFaultHook((syscall) => {
  if (fault === undefined || syscall !== fault.syscall || left <= 0) return 0;
  left--;
  if (left % fault.oneIn !== 0) return 0;
  hit++;
  return constants.errno[fault.errno];
});

process.on('message', (next: Fault) => {
  const before = hit;
  fault = next;
  left = next.calls;
  hit = 0;
  process.send?.({ before });
});
process.on('disconnect', () => process.exit(1));

const [folder = '', stateDir = ''] = process.argv.slice(2);
process.exitCode = await runLocal({
  file: [folder],
  httpAddress: '127.0.0.1:9723',
  stateDir,
  logLevel: 'trace',
});
