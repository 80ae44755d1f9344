// The door through which tests make any system call fail with any errno. One comparison a call when unused.

export interface FaultDetail {
  /** The descriptor the call works on, -1 where there is none yet. */
  readonly fd: number;
  /** What the call is for: an ioctl, socket option or netlink message by name, or the empty string. */
  readonly operation: string;
}

/** Returns the errno that the call shall fail with, or 0 to let it through. */
export type FaultHook = (syscall: string, detail: FaultDetail) => number;

let hook: FaultHook | undefined;
let injected = 0;

/** Installs the hook that is asked before each system call of this package; `undefined` removes it. */
export function setFaultHook(next: FaultHook | undefined): void {
  hook = next;
  injected = 0;
}

/** True when the hook wants this call to fail; `injectedErrno` then tells with what. */
export function isFaulty(syscall: string, fd: number, operation: string): boolean {
  if (hook === undefined) return false;
  injected = hook(syscall, { fd, operation });
  return injected !== 0;
}

/** The errno of the last call when the hook made it fail, else 0. */
export function injectedErrno(): number {
  return injected;
}
