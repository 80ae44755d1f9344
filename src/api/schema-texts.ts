// Schema pieces for the texts that appear everywhere in our kinds: IPv4 addresses, IPv4 ranges, durations,
// object names. Each judges itself by a rule, because the message of a bare `format` does not say what to write.

import { Type } from 'typebox';
import { firstAddress, parseAddress, parseCidr } from '../protocol/ip/address.ts';
import { durationPattern, parseDuration } from './duration.ts';
import { judgedBy, type Rule, text, valueRule } from './schema.ts';
import { isTime, timePattern } from './time.ts';

const isAddress = valueRule<string>(
  {
    rule: 'isIP(self) && ip(self).family() == 4',
    value: 'self',
    what: 'is not an IPv4 address',
    fix: 'write four numbers from 0 to 255, such as 10.77.0.1',
  },
  (self) => parseAddress(self) !== undefined,
);

/** An IPv4 address. The length allows for IPv6, so that the rule refuses it in plain words. */
export function addressText(description: string) {
  return text({ description, maxLength: 45, ...judgedBy(isAddress) });
}

const isRange = valueRule<string>(
  {
    rule: 'isCIDR(self) && cidr(self).ip().family() == 4',
    value: 'self',
    what: 'is not an IPv4 range',
    fix: 'write an address, a slash and a prefix length, such as 10.77.0.0/24',
  },
  (self) => parseCidr(self) !== undefined,
);

const beginsRange = valueRule<string>(
  {
    rule: '!isCIDR(self) || cidr(self) == cidr(self).masked()',
    value: 'self',
    what: 'does not begin with the first address of its range',
    fix: 'clear the bits after the prefix length, as in 10.77.0.0/24 instead of 10.77.0.5/24',
  },
  (self) => {
    const range = parseCidr(self);
    return range === undefined || range.address === firstAddress(range);
  },
);

/** An IPv4 range in CIDR notation whose host bits are zero. */
export function rangeText(description: string, ...more: Rule[]) {
  return text({ description, maxLength: 49, ...judgedBy(isRange, beginsRange, ...more) });
}

const isDuration = valueRule<string>(
  {
    rule: `self.matches('${durationPattern}')`,
    value: 'self',
    what: 'is not a duration',
    fix: 'write hours, minutes and seconds with their units, such as 30s or 1h30m; 0s switches it off',
  },
  (self) => parseDuration(self) !== undefined,
);

interface DurationOptions {
  description: string;
  default: string;
  /** The longest and the shortest that make sense; 0s is allowed besides. */
  longest: string;
  shortest: string;
}

/** A duration such as `1h30m`; `0s` switches the limit off. */
export function durationText({ longest, shortest, ...options }: DurationOptions) {
  const bounds = [parseDuration(shortest) ?? 0, parseDuration(longest) ?? 0] as const;
  const isBounded = valueRule<string>(
    {
      rule:
        `!self.matches('${durationPattern}') || duration(self) == duration('0s') || ` +
        `(duration(self) >= duration('${shortest}') && duration(self) <= duration('${longest}'))`,
      value: 'self',
      what: `is not between ${shortest} and ${longest}`,
      fix: `write at least ${shortest} and at most ${longest}, or 0s to switch it off`,
    },
    (self) => {
      const duration = parseDuration(self);
      return duration === undefined || duration === 0 || (duration >= bounds[0] && duration <= bounds[1]);
    },
  );
  return text({ ...options, maxLength: 16, ...judgedBy(isDuration, isBounded) });
}

/** RFC 1123 subdomain: what Kubernetes takes as the name of most objects. */
export const objectNamePattern = '^[a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*$';
/** RFC 1123 label: what Kubernetes takes as the name of a namespace. */
export const namespacePattern = '^[a-z0-9]([-a-z0-9]*[a-z0-9])?$';

function matching(pattern: string, what: string, fix: string): Rule {
  return valueRule<string>({ rule: `self.matches('${pattern}')`, value: 'self', what, fix }, (self) =>
    new RegExp(pattern).test(self),
  );
}

export function objectNameText(description: string) {
  const rule = matching(
    objectNamePattern,
    'is not the name of an object',
    'write lower-case letters, digits, "-" and ".", beginning and ending with a letter or digit',
  );
  return text({ description, maxLength: 253, ...judgedBy(rule) });
}

export function namespaceText(description: string, ...alsoAllowed: string[]) {
  const pattern = [...alsoAllowed.map((word) => `^[${word}]$`), namespacePattern].join('|');
  const rule = matching(
    pattern,
    'is not the name of a namespace',
    'write lower-case letters, digits and "-", beginning and ending with a letter or digit',
  );
  return text({ description, maxLength: 63, ...judgedBy(rule) });
}

/** RFC 3339, the time format of Kubernetes. */
export function timeText(description: string) {
  return Type.String({ description, format: 'date-time', maxLength: 40 });
}

const celYear = 'int(self.substring(0, 4))';

const isWrittenTime = valueRule<string>(
  {
    rule:
      `self.matches('${timePattern}') && (self.substring(4, 10) != '-02-29' || ` +
      `${celYear} % 4 == 0 && (${celYear} % 100 != 0 || ${celYear} % 400 == 0))`,
    value: 'self',
    what: 'is not a time',
    fix: 'write it as in 2027-01-01T00:00:00Z',
  },
  isTime,
);

/** One that a person writes, judged by a rule: of the format the API server takes more than is a time. */
export function writtenTimeText(description: string) {
  return text({ description, maxLength: 40, ...judgedBy(isWrittenTime) });
}
