// Living without root's powers once everything is open (capabilities(7)). The process becomes an ordinary user; of all
// its capabilities only CAP_NET_ADMIN stays, permitted to the main thread alone and in force only while a change to the
// host's network is made. The C library carries setuid to every thread; capset it does not.
import { stat } from 'node:fs/promises';
import { effectiveCapabilities, setCapabilities } from './capabilities.ts';
import * as libc from './libc.ts';
import { checked } from './system-error.ts';

export interface Identity {
  readonly uid: number;
  readonly gid: number;
}

/** linux/capability.h: CAP_NET_ADMIN. */
const NetAdmin = 12;
const NetAdminMask = 1 << NetAdmin;

// linux/prctl.h
const PR_SET_KEEPCAPS = 8;
const PR_CAP_AMBIENT = 47;
const PR_CAP_AMBIENT_RAISE = 2;

let state: 'root' | 'confined' = 'root';
let depth = 0;

export function isConfined(): boolean {
  return state === 'confined';
}

/**
 * Becomes this user, for good; needs CAP_SETUID and CAP_SETGID. Open descriptors stay usable, and nothing that needs
 * CAP_NET_RAW can be opened any more. Call it on the main thread. Throws SystemError, or Error when a thread kept
 * capabilities: the process should end then.
 */
export async function confineTo({ uid, gid }: Identity): Promise<void> {
  // Threads inherit from the one that starts them: libuv's pool must exist before the main thread is the exception.
  await stat('/');
  const subject = `cannot become the user ${uid}`;
  checked(libc.prctl(PR_SET_KEEPCAPS, 1, 0, 'PR_SET_KEEPCAPS'), { subject, syscall: 'prctl' });
  becomeUser(uid, gid, subject);
  setCapabilities(atRest, subject);
  checked(libc.prctl(PR_SET_KEEPCAPS, 0, 0, 'PR_SET_KEEPCAPS'), { subject, syscall: 'prctl' });
  state = 'confined';
  const powerful = [...effectiveCapabilities()].filter(([, mask]) => mask !== 0n);
  if (powerful.length > 0) throw new Error(`${powerful.length} threads kept their capabilities`);
}

function becomeUser(uid: number, gid: number, subject: string): void {
  try {
    process.setgroups?.([]);
    process.setgid?.(gid);
    process.setuid?.(uid);
  } catch (error) {
    const { message } = error as Error;
    throw new Error(`${subject}: ${message}; give the process the capabilities SETUID and SETGID`);
  }
}

/**
 * Runs `action`, which must be synchronous, with CAP_NET_ADMIN in force for this thread and for programs that it starts.
 * Before confineTo it just runs it. Throws SystemError, and what `action` throws.
 */
export function withNetworkAdministration<Result>(action: () => Result): Result {
  if (state === 'root') return action();
  if (depth === 0) raise();
  depth += 1;
  try {
    return action();
  } finally {
    depth -= 1;
    if (depth === 0) setCapabilities(atRest, 'cannot lower CAP_NET_ADMIN');
  }
}

const atRest = { effective: 0, permitted: NetAdminMask, inheritable: 0 };
const raised = { effective: NetAdminMask, permitted: NetAdminMask, inheritable: NetAdminMask };

// Ambient: a program without file capabilities, such as nft, would start with none otherwise. The kernel takes it away
// with the inheritable one.
function raise(): void {
  const subject = 'cannot raise CAP_NET_ADMIN';
  setCapabilities(raised, subject);
  checked(libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, NetAdmin, 'PR_CAP_AMBIENT_RAISE'), {
    subject,
    syscall: 'prctl',
  });
}
