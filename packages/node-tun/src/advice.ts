// What to do about a failed system call, in one sentence for the person who runs the program.
import { errnoName } from './errno.ts';

interface Rule {
  readonly syscall?: string;
  readonly operation?: RegExp;
  readonly code: string;
  readonly advice: string;
}

const NetAdmin =
  'run as root or with CAP_NET_ADMIN (in a pod: securityContext.capabilities.add: [NET_ADMIN])';

// The first rule that fits wins: the specific ones come first.
const rules: readonly Rule[] = [
  {
    syscall: 'open',
    code: 'ENOENT',
    advice:
      '/dev/net/tun is absent: load the module (modprobe tun); in a container mount it (hostPath, type CharDevice)',
  },
  {
    syscall: 'open',
    code: 'EPERM',
    advice: 'the device cgroup forbids /dev/net/tun: allow character device 10:200 in the container runtime',
  },
  {
    syscall: 'open',
    code: 'EACCES',
    advice: 'the file mode of /dev/net/tun forbids it: run as root or widen its mode (usually 0666)',
  },
  { syscall: 'open', code: 'ENXIO', advice: 'the kernel has no TUN driver: modprobe tun (CONFIG_TUN)' },
  { syscall: 'open', code: 'ENODEV', advice: 'the kernel has no TUN driver: modprobe tun (CONFIG_TUN)' },
  {
    operation: /^TUNSETIFF$/,
    code: 'EPERM',
    advice: `${NetAdmin}, or let root make a persistent device owned by this user`,
  },
  {
    operation: /^TUNSETIFF$/,
    code: 'EBUSY',
    advice: 'the name is in use by another process: stop that process or choose another name',
  },
  {
    operation: /^TUNSETIFF$/,
    code: 'EINVAL',
    advice: 'the name belongs to another kind of interface or is not valid: choose another name',
  },
  {
    syscall: 'socket',
    operation: /GRE/,
    code: 'EPERM',
    advice: 'run as root or with CAP_NET_RAW (in a pod: securityContext.capabilities.add: [NET_RAW])',
  },
  { operation: /^SO_.*FORCE$/, code: 'EPERM', advice: NetAdmin },
  { operation: /^RTM_/, code: 'EPERM', advice: NetAdmin },
  { operation: /^RTM_/, code: 'EEXIST', advice: 'it exists already: remove the other one or choose another' },
  { operation: /^RTM_/, code: 'ENODEV', advice: 'the interface is gone: was it deleted by another program?' },
  { operation: /ROUTE$/, code: 'ENETUNREACH', advice: 'no route leads there: check the routing table' },
  { operation: /ROUTE$/, code: 'ENETDOWN', advice: 'the interface is down: set it up first' },
  { code: 'ENOBUFS', advice: 'the kernel ran out of buffers: try again, or raise its limits' },
  { code: 'ENOMEM', advice: 'the machine ran out of memory' },
  { code: 'EMFILE', advice: 'too many open files: raise the limit (ulimit -n)' },
  { code: 'EPERM', advice: 'the process lacks a capability or a security module forbids it' },
];

function fits(rule: Rule, syscall: string, operation: string, code: string): boolean {
  if (rule.code !== code) return false;
  if (rule.syscall !== undefined && rule.syscall !== syscall) return false;
  return rule.operation === undefined || rule.operation.test(operation);
}

/** One sentence without a full stop. Never empty. */
export function adviceFor(syscall: string, operation: string, errno: number): string {
  const code = errnoName(errno);
  const rule = rules.find((candidate) => fits(candidate, syscall, operation, code));
  return rule?.advice ?? `see "man 2 ${syscall}" for ${code}`;
}
