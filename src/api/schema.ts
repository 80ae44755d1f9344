// The pieces that our kinds' schemas are built from, and what a rule is. A schema is a plain JSON Schema value:
// the TypeScript types, the CRDs, the documentation and the offline check are all derived from it.
// Only what a structural CRD schema can say is used: no $ref, no const, no anyOf of types.

import { type TSchema, type TUnsafe, Type } from 'typebox';

export interface Offender {
  /** Below the value that the rule judges. */
  readonly path: readonly (string | number)[];
  readonly value: unknown;
}

/**
 * One rule in two languages: CEL for the API server, a function for files. They judge alike and say the same words.
 * `offenders` meets only values of the right types. Texts may be nonsense, and a field is undefined when it is faulty in
 * itself: of those it has no opinion.
 */
export interface Rule {
  /** CEL over `self`; true when all is well. */
  readonly rule: string;
  readonly what: string;
  readonly fix: string;
  /** CEL of type string: the offending value, for the message. */
  readonly value?: string;
  /** Where the API server points when that is not `self`, as `.field`. */
  readonly fieldPath?: string;
  offenders(self: never): Offender[];
}

/**
 * CEL that writes a whole number of at most so many digits. The API server cannot estimate how long string(int) is and
 * refuses a message with it; a piece of a literal is never longer than the literal.
 */
export function celDecimal(expression: string, digits: number): string {
  const places = Array.from({ length: digits }, (_, index) => 10 ** (digits - 1 - index));
  return places
    .map((place) => {
      const digit = `(${expression} / ${place}) % 10`;
      return `(${expression} < ${place} ? "" : "0123456789".substring(${digit}, ${digit} + 1))`;
    })
    .join(' + ');
}

interface Described {
  description: string;
  'x-rules'?: readonly Rule[];
}

/** Attaches rules to the schema of the value they judge. */
export function judgedBy(...rules: Rule[]): { 'x-rules': readonly Rule[] } {
  return { 'x-rules': rules };
}

/** A rule for a single value: the value is its own offender. */
export function valueRule<Value>(rule: Omit<Rule, 'offenders'>, holds: (self: Value) => boolean): Rule {
  return { ...rule, offenders: (self: Value) => (holds(self) ? [] : [{ path: [], value: self }]) };
}

export function oneOf<const Choice extends string>(
  choices: readonly Choice[],
  options: Described & { default?: Choice },
): TUnsafe<Choice> {
  return Type.Unsafe<Choice>({ type: 'string', enum: choices, ...options });
}

export function text(options: Described & { maxLength: number; minLength?: number; default?: string }) {
  return Type.String({ ...options });
}

/** A whole number; CRDs want the width of an integer said. */
export function whole(options: Described & { minimum: number; maximum: number; default?: number }) {
  return Type.Integer({ format: 'int32', ...options });
}

/** A list without duplicates, which server-side apply merges value by value. */
export function setOf<Item extends TSchema>(
  item: Item,
  options: Described & { maxItems: number; default?: unknown[] },
) {
  return Type.Array(item, { 'x-kubernetes-list-type': 'set', ...options });
}

/** A list whose order matters, or whose items have no key. */
export function listOf<Item extends TSchema>(
  item: Item,
  options: Described & { maxItems: number; default?: unknown[] },
) {
  return Type.Array(item, { 'x-kubernetes-list-type': 'atomic', ...options });
}

/** A list keyed by one or more fields of its items. */
export function mapOf<Item extends TSchema>(
  keys: readonly string[],
  item: Item,
  options: Described & { maxItems: number; minItems?: number },
) {
  return Type.Array(item, {
    'x-kubernetes-list-type': 'map',
    'x-kubernetes-list-map-keys': keys,
    ...options,
  });
}

/** A map from free keys to one kind of value, as labels are. */
export function dictionaryOf<Value>(
  value: TSchema,
  options: Described & { maxProperties: number; default?: object },
) {
  return Type.Unsafe<Record<string, Value>>({ type: 'object', additionalProperties: value, ...options });
}
