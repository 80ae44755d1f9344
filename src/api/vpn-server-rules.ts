// The cross-field rules of a VpnServer, each on the object that it judges. What a rule needs from other objects
// (other servers, users) is not here but in resolve.ts.

import { contains, firstAddress, overlap, parseAddress, parseCidr } from '../protocol/ip/address.ts';
import { celDecimal, type Offender, type Rule, valueRule } from './schema.ts';

interface Pool {
  cidr?: string;
  exclude?: string[];
}

export const poolHasUsefulSize = valueRule<string>(
  {
    rule: '!isCIDR(self) || cidr(self).prefixLength() >= 16',
    value: 'self',
    what: 'is a pool of more than 65536 addresses',
    fix: 'write a prefix length from 16 to 32, and more than one pool when that is not enough',
  },
  (self) => (parseCidr(self)?.prefixLength ?? 16) >= 16,
);

export const excludedInsidePool: Rule = {
  rule:
    '!has(self.exclude) || !isCIDR(self.cidr) || ' +
    'self.exclude.all(e, !isCIDR(e) || cidr(self.cidr).containsCIDR(e))',
  fieldPath: '.exclude',
  value: 'self.exclude.join(", ")',
  what: 'is not inside the cidr of its pool',
  fix: 'exclude only ranges that the pool holds, or remove this one',
  offenders(self: Pool): Offender[] {
    const pool = parseCidr(self.cidr ?? '');
    return (self.exclude ?? []).flatMap((value, index) => {
      const range = parseCidr(value);
      if (pool === undefined || range === undefined) return [];
      const inside = range.prefixLength >= pool.prefixLength && contains(pool, firstAddress(range));
      return inside ? [] : [{ path: ['exclude', index], value }];
    });
  },
};

export const MostPools = 16;

/** One by one: of the result of a map() the API server cannot tell how long it may be. */
const everyPool = Array.from({ length: MostPools }, (_, index) =>
  index === 0 ? 'self[0].cidr' : `(self.size() > ${index} ? ", " + self[${index}].cidr : "")`,
).join(' + ');

export const poolsDisjoint: Rule = {
  rule:
    'self.all(a, !isCIDR(a.cidr) || self.filter(b, isCIDR(b.cidr) && ' +
    '(cidr(a.cidr).containsCIDR(b.cidr) || cidr(b.cidr).containsCIDR(a.cidr))).size() == 1)',
  value: everyPool,
  what: 'overlaps another pool of this server',
  fix: 'give every pool a range of its own, or keep only the larger one',
  offenders(self: Pool[]): Offender[] {
    const ranges = self.map((pool) => parseCidr(pool.cidr ?? ''));
    return self.flatMap(({ cidr }, index) => {
      const range = ranges[index];
      const earlier = ranges.slice(0, index);
      const clashes = range && earlier.some((other) => other && overlap(range, other));
      return clashes ? [{ path: [index, 'cidr'], value: cidr }] : [];
    });
  },
};

export const gatewayInsidePool: Rule = {
  rule:
    '!has(self.gatewayAddress) || !isIP(self.gatewayAddress) || ' +
    'self.addressPools.exists(p, isCIDR(p.cidr) && cidr(p.cidr).containsIP(self.gatewayAddress))',
  fieldPath: '.gatewayAddress',
  value: 'self.gatewayAddress',
  what: 'is in none of the address pools',
  fix: 'take an address from spec.addressPools, or remove the field to get the first one of the first pool',
  offenders(self: { gatewayAddress?: string; addressPools?: Pool[] }): Offender[] {
    const address = parseAddress(self.gatewayAddress ?? '');
    const ranges = self.addressPools?.map(({ cidr }) => parseCidr(cidr ?? ''));
    // A pool that nobody can read may be the one.
    if (address === undefined || !ranges || ranges.includes(undefined)) return [];
    const inside = ranges.some((pool) => pool && contains(pool, address));
    return inside ? [] : [{ path: ['gatewayAddress'], value: self.gatewayAddress }];
  },
};

export const keyLengthsNotEmpty: Rule = {
  rule: 'self.size() > 0',
  value: '"[]"',
  what: 'is empty',
  fix: 'list at least one of 40, 56 and 128 (128 is the least weak), or leave the field out',
  offenders: (self: number[]): Offender[] => (self.length > 0 ? [] : [{ path: [], value: '[]' }]),
};

interface Mtu {
  mode?: string;
  value?: number;
}

export const mtuValueOnlyWithFixed: Rule = {
  rule: "!has(self.value) || self.mode == 'Fixed'",
  fieldPath: '.value',
  value: celDecimal('self.value', 4),
  what: 'is set although mode is not Fixed',
  fix: 'set mode: Fixed, or remove value and let mode: Auto measure the path',
  offenders: (self: Mtu): Offender[] =>
    self.value === undefined || self.mode === 'Fixed' ? [] : [{ path: ['value'], value: self.value }],
};

export const mtuFixedNeedsValue: Rule = {
  rule: "!has(self.mode) || self.mode != 'Fixed' || has(self.value)",
  fieldPath: '.mode',
  value: 'self.mode',
  what: 'needs a value',
  fix: 'add value: with the MTU inside the tunnel, from 576 to 1500 (1400 passes almost everywhere), or set mode: Auto',
  offenders: (self: Mtu): Offender[] =>
    self.mode !== 'Fixed' || 'value' in self ? [] : [{ path: ['mode'], value: self.mode }],
};

export const everyNamespaceStandsAlone: Rule = {
  rule: "!('*' in self) || self.size() == 1",
  value: 'self.join(", ")',
  what: 'names namespaces beside "*"',
  fix: 'write ["*"] for all namespaces, or only the names of some',
  offenders: (self: string[]): Offender[] =>
    self.includes('*') && self.length > 1 ? [{ path: [], value: self.join(', ') }] : [],
};

/** On the whole object: the names of what the operator makes from it have a suffix, and end in labels. */
export const nameLeavesRoom: Rule = {
  rule: 'self.metadata.name.size() <= 50',
  fieldPath: '.metadata.name',
  value: 'self.metadata.name',
  what: 'has a name of more than 50 characters',
  fix: 'give it a shorter metadata.name',
  offenders({ metadata }: { metadata?: { name?: string } }): Offender[] {
    const name = metadata?.name ?? '';
    return name.length <= 50 ? [] : [{ path: ['metadata', 'name'], value: name }];
  },
};

interface Sessions {
  max?: number;
  maxPerUser?: number;
}

export const oneUserFits: Rule = {
  rule: '!has(self.max) || !has(self.maxPerUser) || self.maxPerUser <= self.max',
  fieldPath: '.maxPerUser',
  value: celDecimal('self.maxPerUser', 3),
  what: 'is more than sessions.max',
  fix: 'lower maxPerUser, or raise max',
  offenders: ({ max = 1000, maxPerUser = 1 }: Sessions): Offender[] =>
    maxPerUser <= max ? [] : [{ path: ['maxPerUser'], value: maxPerUser }],
};
