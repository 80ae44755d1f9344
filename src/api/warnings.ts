// Choices that are allowed but unwise. `check` tells them for files; in a cluster a ValidatingAdmissionPolicy, made
// from the same list, answers kubectl with a warning. Neither refuses anything.

import { parseCidr } from '../protocol/ip/address.ts';
import type { Path } from './fault.ts';
import type { VpnServerSpec } from './vpn-server.ts';

export interface Warning {
  readonly path: Path;
  /** CEL over `object`, with defaults applied; true when there is nothing to warn of. */
  readonly rule: string;
  /** CEL of type string: the chosen value. */
  readonly celValue: string;
  readonly what: string;
  readonly fix: string;
  /** The chosen value when it deserves the warning. */
  chosen(spec: VpnServerSpec): string | undefined;
}

export const serverWarnings: readonly Warning[] = [
  {
    path: ['spec', 'encryption', 'policy'],
    rule: "object.spec.encryption.policy != 'Disabled'",
    celValue: 'object.spec.encryption.policy',
    what: 'encrypts nothing: everyone on the path reads everything',
    fix: 'set policy: Required unless the path itself is trusted',
    chosen: ({ encryption: { policy } }) => (policy === 'Disabled' ? policy : undefined),
  },
  {
    path: ['spec', 'encryption', 'policy'],
    rule: "object.spec.encryption.policy != 'Optional'",
    celValue: 'object.spec.encryption.policy',
    what: 'lets clients in that do not encrypt, and anyone on the path can make a client one of them',
    fix: 'set policy: Required',
    chosen: ({ encryption: { policy } }) => (policy === 'Optional' ? policy : undefined),
  },
  {
    path: ['spec', 'encryption', 'keyLengths'],
    rule: "object.spec.encryption.policy == 'Disabled' || object.spec.encryption.keyLengths.all(k, k == 128)",
    celValue: 'object.spec.encryption.keyLengths.map(k, string(k)).join(", ")',
    what: 'offers RC4 keys of 40 or 56 bits, which are broken in seconds to hours',
    fix: 'set keyLengths: [128] unless a device can do no better',
    chosen: ({ encryption: { policy, keyLengths } }) =>
      policy !== 'Disabled' && keyLengths.some((bits) => bits < 128) ? keyLengths.join(', ') : undefined,
  },
  {
    path: ['spec', 'users', 'allowedNamespaces'],
    rule: "!('*' in object.spec.users.allowedNamespaces)",
    celValue: '"*"',
    what: 'lets everyone who may write a VpnUser in any namespace give himself access',
    fix: 'list the namespaces that need it',
    chosen: ({ users: { allowedNamespaces } }) => (allowedNamespaces.includes('*') ? '*' : undefined),
  },
  {
    path: ['spec', 'routing', 'allowedDestinations'],
    rule: "!object.spec.routing.allowedDestinations.exists(d, d.endsWith('/0'))",
    celValue: 'object.spec.routing.allowedDestinations.join(", ")',
    what: 'lets clients go wherever the host can, but for the protected ranges',
    fix: 'list the networks that they need',
    chosen: ({ routing: { allowedDestinations } }) =>
      allowedDestinations.some((range) => parseCidr(range)?.prefixLength === 0)
        ? allowedDestinations.join(', ')
        : undefined,
  },
];
