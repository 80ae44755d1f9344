// Guesses what a misspelt or misplaced name was meant to be.

import { formatPath, type Path } from './fault.ts';
import type { SchemaNode } from './schema-node.ts';

/** The known name that differs in the fewest letters, when it differs in at most a third of them. */
export function nearest(name: string, known: readonly string[]): string | undefined {
  const limit = Math.max(1, Math.floor(name.length / 3));
  let best: { word: string; distance: number } | undefined;
  for (const word of known) {
    // Names are short; a long one is no misspelling, and the distance costs the product of the lengths.
    if (Math.abs(word.length - name.length) > limit) continue;
    const distance = editDistance(name.toLowerCase(), word.toLowerCase());
    if (distance <= limit && distance < (best?.distance ?? Number.POSITIVE_INFINITY))
      best = { word, distance };
  }
  return best?.word;
}

/** Levenshtein's: how many letters must be added, removed or changed. */
function editDistance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (const [i, letter] of [...one].entries()) {
    const next = [i + 1];
    for (let j = 0; j < other.length; j++) {
      const changed = row[j]! + (letter === other[j] ? 0 : 1);
      next.push(Math.min(changed, row[j + 1]! + 1, next[j]! + 1));
    }
    row = next;
  }
  return row[other.length]!;
}

/** Where else a schema has a field of this name: bad indentation puts a field into the wrong object. */
export function elsewhere(name: string, schema: SchemaNode, path: Path = []): string | undefined {
  for (const [key, child] of Object.entries(schema.properties ?? {})) {
    if (key === name) return formatPath([...path, key]);
    const found = elsewhere(name, child, [...path, key]);
    if (found) return found;
  }
  return schema.items && elsewhere(name, schema.items, [...path, 0]);
}

/** The fix for a field that nobody knows. */
export function fixForUnknown(name: string, object: SchemaNode, root: SchemaNode): string {
  const known = Object.keys(object.properties ?? {});
  const meant = nearest(name, known);
  if (meant) return `did you mean ${meant}?`;
  if (/pass(word|wd)?$/i.test(name)) {
    return 'put the password into a Secret, and name that in spec.passwordSecretRef of the VpnUser';
  }
  const place = elsewhere(name, root);
  if (place) return `it belongs at ${place}; look at the indentation`;
  return known.length > 0 ? `remove it, or take one of ${known.join(', ')}` : 'remove it';
}
