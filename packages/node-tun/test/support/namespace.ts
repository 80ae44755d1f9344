// A private network namespace for one test file: the test runner gives each file its own process, and the main thread
// (all that sockets and child processes come from) leaves the host's namespace. Nothing remains when it ends.
import { execFileSync } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import koffi from 'koffi';

const CLONE_NEWNET = 0x40000000;
const library = koffi.load(null);
const unshare: (flags: number) => number = library.func('int unshare(int)');
const setns: (fd: number, type: number) => number = library.func('int setns(int, int)');

/** Why network tests cannot run here, or false. */
export const skip = process.getuid?.() === 0 ? false : 'needs root: it makes network namespaces';

function must(result: number, what: string): void {
  if (result < 0) throw new Error(`${what} failed with errno ${koffi.errno()}`);
}

/** Moves this process into a new, empty namespace with loopback up. Without IPv6, whose chatter fills TUN devices. */
export function enterNewNamespace(): void {
  must(unshare(CLONE_NEWNET), 'unshare');
  run(
    'for f in all default; do echo 1 > /proc/sys/net/ipv6/conf/$f/disable_ipv6 || true; done; ip link set lo up',
  );
}

export interface Namespace {
  /** What `ip link set … netns` takes. */
  readonly path: string;
  /** Runs `body` inside; it must be synchronous. */
  enter<Result>(body: () => Result): Result;
  close(): void;
}

const openCurrent = () => openSync('/proc/thread-self/ns/net', 'r');

/** Makes a second namespace and stays in the present one. */
export function newNamespace(): Namespace {
  const home = openCurrent();
  enterNewNamespace();
  const fd = openCurrent();
  must(setns(home, CLONE_NEWNET), 'setns');
  closeSync(home);
  return {
    path: `/proc/${process.pid}/fd/${fd}`,
    enter(body) {
      const before = openCurrent();
      must(setns(fd, CLONE_NEWNET), 'setns');
      try {
        return body();
      } finally {
        must(setns(before, CLONE_NEWNET), 'setns');
        closeSync(before);
      }
    },
    close: () => closeSync(fd),
  };
}

/** Runs a shell command in the present namespace and returns what it printed. */
export function run(command: string): string {
  return execFileSync('sh', ['-ec', command], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}
