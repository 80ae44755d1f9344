// Socket options by their C names (socket(7), ip(7), netlink(7)), set from a plain integer or a structure.
import * as libc from './libc.ts';
import { addressOf } from './memory.ts';
import { checked } from './system-error.ts';

const SOL_IP = 0;
const SOL_SOCKET = 1;
const SOL_NETLINK = 270;

export const socketOption = {
  SO_SNDBUF: { level: SOL_SOCKET, name: 7, operation: 'SO_SNDBUF' },
  SO_RCVBUF: { level: SOL_SOCKET, name: 8, operation: 'SO_RCVBUF' },
  SO_ATTACH_FILTER: { level: SOL_SOCKET, name: 26, operation: 'SO_ATTACH_FILTER' },
  SO_SNDBUFFORCE: { level: SOL_SOCKET, name: 32, operation: 'SO_SNDBUFFORCE' },
  SO_RCVBUFFORCE: { level: SOL_SOCKET, name: 33, operation: 'SO_RCVBUFFORCE' },
  IP_HDRINCL: { level: SOL_IP, name: 3, operation: 'IP_HDRINCL' },
  IP_MTU_DISCOVER: { level: SOL_IP, name: 10, operation: 'IP_MTU_DISCOVER' },
  IP_RECVERR: { level: SOL_IP, name: 11, operation: 'IP_RECVERR' },
  NETLINK_CAP_ACK: { level: SOL_NETLINK, name: 10, operation: 'NETLINK_CAP_ACK' },
  NETLINK_EXT_ACK: { level: SOL_NETLINK, name: 11, operation: 'NETLINK_EXT_ACK' },
} as const satisfies Record<string, libc.SocketOption>;

/** Sets an option that takes an int. Throws SystemError. */
export function setIntegerOption(
  fd: number,
  option: libc.SocketOption,
  value: number,
  subject: string,
): void {
  setStructureOption(fd, option, new Int32Array([value]).buffer, subject);
}

/** Sets an option that takes a structure. Throws SystemError. */
export function setStructureOption(
  fd: number,
  option: libc.SocketOption,
  structure: ArrayBuffer,
  subject: string,
): void {
  const result = libc.setsockopt(fd, option, addressOf(structure), structure.byteLength);
  checked(result, { subject, syscall: 'setsockopt', operation: option.operation });
}
