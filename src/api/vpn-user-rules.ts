// The rules of a VpnUser that one object alone can break. Two users with one name or address are found in resolve.ts.

import { celDecimal, type Offender, type Rule, valueRule } from './schema.ts';

/**
 * No control characters, and no backslash, because all before one is a Windows domain (CH-3).
 * CEL speaks RE2, which knows \x escapes too; the doubled backslashes are CEL's own.
 */
const usernamePattern = '^[^\\x00-\\x1f\\x7f\\\\]+$';

export const usernameIsTypeable = valueRule<string>(
  {
    rule: `self.matches('${usernamePattern.replaceAll('\\', '\\\\')}') && self == self.trim()`,
    value: 'self',
    what: 'is not a user name',
    fix: 'write what the client sends, without a backslash, a domain before it, control characters or spaces around it',
  },
  (self) => new RegExp(usernamePattern).test(self) && self === self.trim(),
);

const keyPattern = '^[-._a-zA-Z0-9]+$';

/** The message does not repeat the value: a password may have been written here by mistake. */
export const keyIsNameable = valueRule<string>(
  {
    rule: `self.matches('${keyPattern}')`,
    what: 'is not a key of a Secret',
    fix: 'write letters, digits, "-", "_" and "." only; the password itself belongs into the Secret',
  },
  (self) => new RegExp(keyPattern).test(self),
);

export const addressServesOneSession: Rule = {
  rule: '!has(self.address) || !has(self.maxSessions) || self.maxSessions == 1',
  fieldPath: '.maxSessions',
  value: celDecimal('self.maxSessions', 3),
  what: 'is more than a fixed address can serve',
  fix: 'set maxSessions: 1, or remove address',
  offenders: (self: { address?: string; maxSessions?: number }): Offender[] =>
    self.address === undefined || (self.maxSessions ?? 1) === 1
      ? []
      : [{ path: ['maxSessions'], value: self.maxSessions }],
};

/** On the whole object: the name of the Secret that the operator makes has a suffix. */
export const nameLeavesRoomForSecret: Rule = {
  rule: 'self.metadata.name.size() <= 249',
  fieldPath: '.metadata.name',
  value: 'self.metadata.name',
  what: 'has a name of more than 249 characters',
  fix: 'give it a shorter metadata.name, and the long one as spec.username',
  offenders({ metadata }: { metadata?: { name?: string } }): Offender[] {
    const name = metadata?.name ?? '';
    return name.length <= 249 ? [] : [{ path: ['metadata', 'name'], value: name }];
  },
};

const usernameIn = (object: string) =>
  `(has(${object}.spec.username) ? ${object}.spec.username : ${object}.metadata.name)`;

/** On the whole object. Files have no past: only the API server can judge a change. */
export const usernameStays: Rule = {
  rule: `${usernameIn('self')} == ${usernameIn('oldSelf')}`,
  fieldPath: '.spec.username',
  value: usernameIn('self'),
  what: 'changes the user name',
  fix: 'keep the old one, or delete this VpnUser and make another',
  offenders: () => [],
};
