// Linux errno values by name and names by value. The numbers are the running kernel's, as Node reports them.
import { constants } from 'node:os';

const known = constants.errno as unknown as Record<string, number>;

function numberOf(name: string): number {
  const value = known[name];
  if (value === undefined) throw new Error(`no errno is named ${name} on this platform`);
  return value;
}

/** Not in Node's table: what a TUN descriptor answers once its interface is gone (asm-generic/errno.h). */
const EBADFD = 77;

export const errno = {
  EPERM: numberOf('EPERM'),
  ENOENT: numberOf('ENOENT'),
  ESRCH: numberOf('ESRCH'),
  EIO: numberOf('EIO'),
  ENXIO: numberOf('ENXIO'),
  EAGAIN: numberOf('EAGAIN'),
  ENOMEM: numberOf('ENOMEM'),
  EACCES: numberOf('EACCES'),
  EFAULT: numberOf('EFAULT'),
  EBUSY: numberOf('EBUSY'),
  EEXIST: numberOf('EEXIST'),
  ENODEV: numberOf('ENODEV'),
  EINVAL: numberOf('EINVAL'),
  EMSGSIZE: numberOf('EMSGSIZE'),
  EOPNOTSUPP: numberOf('EOPNOTSUPP'),
  EADDRNOTAVAIL: numberOf('EADDRNOTAVAIL'),
  ENETDOWN: numberOf('ENETDOWN'),
  ENETUNREACH: numberOf('ENETUNREACH'),
  ENOBUFS: numberOf('ENOBUFS'),
  EHOSTUNREACH: numberOf('EHOSTUNREACH'),
  EBADFD,
} as const;

const names = new Map<number, string>([[EBADFD, 'EBADFD']]);
for (const [name, value] of Object.entries(known)) if (!names.has(value)) names.set(value, name);

/** The symbolic name, e.g. `EPERM`; a number without a name becomes `E` and the number. */
export function errnoName(value: number): string {
  return names.get(value) ?? `E${value}`;
}
