// Passwords that a person can read from a screen and type on a phone: four groups of five characters, none of which looks
// like another. 20 characters of 31 are 99 bits.
import { randomInt } from 'node:crypto';

/** No l, o and i, and no 0 and 1. */
const alphabet = 'abcdefghjkmnpqrstuvwxyz23456789';
const Groups = 4;
const GroupLength = 5;

export function generatePassword(random: (below: number) => number = randomInt): string {
  const group = () => Array.from({ length: GroupLength }, () => alphabet[random(alphabet.length)]).join('');
  return Array.from({ length: Groups }, group).join('-');
}
