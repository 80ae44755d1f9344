// The one error of this package: which system call failed, with what, and what to do about it.
import { adviceFor } from './advice.ts';
import { errno, errnoName } from './errno.ts';
import * as libc from './libc.ts';

export interface SystemFailure {
  /** What was attempted, e.g. `cannot create the TUN device vpn0`. */
  readonly subject: string;
  readonly syscall: string;
  /** The ioctl, socket option or netlink message by name, where there is one. */
  readonly operation?: string;
  readonly errno: number;
  /** Overrides the general advice where the caller knows better. */
  readonly advice?: string;
}

export class SystemError extends Error {
  readonly syscall: string;
  readonly operation: string;
  readonly errno: number;
  /** The errno's name, e.g. `EPERM`. */
  readonly code: string;
  readonly advice: string;

  constructor(failure: SystemFailure) {
    const { subject, syscall, operation = '' } = failure;
    const advice = failure.advice ?? adviceFor(syscall, operation, failure.errno);
    const call = operation === '' ? syscall : `${syscall} ${operation}`;
    super(`${subject}: ${errnoName(failure.errno)} from ${call}; ${advice}`);
    this.name = 'SystemError';
    this.syscall = syscall;
    this.operation = operation;
    this.errno = failure.errno;
    this.code = errnoName(failure.errno);
    this.advice = advice;
  }
}

/** Returns what a system call returned, or throws when that is negative. */
export function checked(result: number, failure: Omit<SystemFailure, 'errno'>): number {
  if (result < 0) throw new SystemError({ ...failure, errno: libc.lastErrno() });
  return result;
}

/** True for a SystemError with one of these errno names. */
export function isSystemError(error: unknown, ...codes: readonly (keyof typeof errno)[]): boolean {
  return error instanceof SystemError && codes.some((code) => errno[code] === error.errno);
}
