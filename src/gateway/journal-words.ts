// Phrases that several lines of the journal share.
import { formatAddress } from '../protocol/ip/address.ts';
import type { Session } from './session.ts';

export function namesOf({ user, peerAddress }: Session): {
  from: string;
  user: string | undefined;
  who: string;
} {
  const from = formatAddress(peerAddress);
  return { from, user: user?.name, who: user?.name ?? from };
}

export function blockedText(from: string, detail: string): string {
  return `${from} is connected, but its tunnel carries nothing: ${detail}`;
}

export function bytes(count: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let unit = 0;
  while (count >= 1000 && unit < units.length - 1) {
    count /= 1000;
    unit++;
  }
  return `${unit === 0 ? count : count.toFixed(1)} ${units[unit]}`;
}
