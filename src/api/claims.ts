// Who comes first when two objects want the same: the older one, by name when both are of one second, so that
// every observer decides alike. Documents in files have no age; there the order in which they were read decides.

import type { ObjectMetadata } from './names.ts';

interface Claimant {
  readonly metadata: ObjectMetadata;
}

export function byClaim<Object extends Claimant>(objects: readonly Object[]): Object[] {
  return [...objects].sort(({ metadata: one }, { metadata: other }) => {
    if (one.creationTimestamp === undefined || other.creationTimestamp === undefined) return 0;
    return (
      compare(one.creationTimestamp, other.creationTimestamp) ||
      compare(one.namespace, other.namespace) ||
      compare(one.name, other.name)
    );
  });
}

/** By code unit: a locale must not decide who wins. */
function compare(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}
