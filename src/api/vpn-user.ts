// VpnUser: one person or device that may log in to a VpnServer. The password itself is in a Secret.
// The schema value is the single source: type, CRD, reference and offline check derive from it (`npm run generate`).

import { type Static, Type } from 'typebox';
import type { ObjectMetadata } from './names.ts';
import { judgedBy, setOf, text, whole } from './schema.ts';
import { addressText, namespaceText, objectNameText, rangeText, writtenTimeText } from './schema-texts.ts';
import { addressServesOneSession, keyIsNameable, usernameIsTypeable } from './vpn-user-rules.ts';

const serverRef = Type.Object(
  {
    name: objectNameText('The name of the VpnServer.'),
    namespace: Type.Optional(
      namespaceText(
        "The namespace of the VpnServer. Absent: the user's own. Another one must list the user's namespace in " +
          'spec.users.allowedNamespaces.',
      ),
    ),
  },
  { description: 'The VpnServer that this user may log in to.' },
);

const passwordSecretRef = Type.Object(
  {
    name: objectNameText("The name of a Secret in the user's namespace."),
    key: text({
      description:
        'The key of the Secret that holds the password. The key ntHash holds 32 hex digits, the NT hash, instead; it ' +
        'is as good as the password to anyone who gets it.',
      maxLength: 253,
      default: 'password',
      ...judgedBy(keyIsNameable),
    }),
  },
  {
    description:
      'Where the password is. Absent: the operator makes the Secret <name>-vpn with a generated one.',
    'x-confidential': true,
  },
);

export const vpnUserSpec = Type.Object(
  {
    serverRef,
    username: Type.Optional(
      text({
        description:
          'The name that the client sends, exactly as it is typed there; DOMAIN\\ before it is ignored. Absent: ' +
          'metadata.name. It cannot be changed later.',
        maxLength: 256,
        ...judgedBy(usernameIsTypeable),
      }),
    ),
    passwordSecretRef: Type.Optional(passwordSecretRef),
    address: Type.Optional(
      addressText(
        'A fixed address inside the tunnel, from a pool of the server and outside its excluded ranges.',
      ),
    ),
    suspended: Type.Boolean({
      description: 'The user cannot log in, and running sessions are ended.',
      default: false,
    }),
    expiresAt: Type.Optional(
      writtenTimeText(
        'From this time on the user cannot log in, and running sessions are ended. RFC 3339, such as 2027-01-01T00:00:00Z.',
      ),
    ),
    maxSessions: Type.Optional(
      whole({
        description:
          'Sessions at the same time; one more login replaces the oldest. Absent: sessions.maxPerUser of the server, ' +
          'which is 1 unless set.',
        minimum: 1,
        maximum: 100,
      }),
    ),
    allowedDestinations: setOf(rangeText('A range that the user may reach.'), {
      description:
        "What the user may reach; it only narrows the server's list. Empty: all that the server allows.",
      maxItems: 64,
      default: [],
    }),
    allowedSources: setOf(rangeText('A range that the user may dial from.'), {
      description: 'Where the user may dial from. Empty: from anywhere.',
      maxItems: 64,
      default: [],
    }),
  },
  { description: 'Who may log in where, and with which limits.', ...judgedBy(addressServesOneSession) },
);

/** With every default applied; only what may stay absent is optional. */
export type VpnUserSpec = Static<typeof vpnUserSpec>;

export interface VpnUser {
  metadata: ObjectMetadata;
  spec: VpnUserSpec;
}

/** The Secret that holds the password when the user names none: the operator makes it. */
export function generatedSecretName(user: VpnUser): string {
  return `${user.metadata.name}-vpn`;
}

/** The name that the client sends. */
export function usernameOf(user: VpnUser): string {
  return user.spec.username ?? user.metadata.name;
}
