// Judges texts, whole numbers and truth values by their schema: type, choices, bounds, format.

import type { SchemaNode } from './schema-node.ts';
import { nearest } from './suggestion.ts';
import { isTime } from './time.ts';

export interface ScalarFault {
  readonly what: string;
  readonly fix: string;
}

export function judgeScalar(schema: SchemaNode, value: unknown): ScalarFault | undefined {
  return (
    judgeType(schema, value) ??
    judgeChoice(schema, value) ??
    judgeBounds(schema, value) ??
    judgeTime(schema, value)
  );
}

function judgeType(schema: SchemaNode, value: unknown): ScalarFault | undefined {
  if (schema['x-kubernetes-int-or-string']) {
    const fits =
      typeof value === 'string' ? new RegExp(schema.pattern ?? '').test(value) : Number.isSafeInteger(value);
    return fits
      ? undefined
      : { what: 'is no amount', fix: 'write a whole number, or a text such as 500m or 256Mi' };
  }
  const expected = expectations[schema.type as keyof typeof expectations];
  if (expected === undefined || expected.holds(value)) return undefined;
  return { what: `is ${describeType(value)} where ${expected.name} is expected`, fix: expected.fix };
}

const expectations = {
  string: { name: 'a text', fix: 'put it into quotes', holds: (value: unknown) => typeof value === 'string' },
  integer: { name: 'a whole number', fix: 'write digits without quotes', holds: Number.isSafeInteger },
  boolean: {
    name: 'true or false',
    fix: 'write true or false, without quotes',
    holds: (value: unknown) => typeof value === 'boolean',
  },
};

/** "a list", "a text", … for the reader of a message. */
export function describeType(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (value === null) return 'nothing';
  switch (typeof value) {
    case 'object':
      return 'an object';
    case 'string':
      return 'a text';
    case 'boolean':
      return 'true or false';
    default:
      return 'a number';
  }
}

function judgeChoice(schema: SchemaNode, value: unknown): ScalarFault | undefined {
  if (!schema.enum || schema.enum.includes(value as never)) return undefined;
  const choices = schema.enum.map(String);
  const meant = nearest(String(value).slice(0, 64), choices);
  return {
    what: 'is none of the choices',
    fix: meant && schema.type === 'string' ? `did you mean ${meant}?` : `write one of ${choices.join(', ')}`,
  };
}

function judgeBounds(schema: SchemaNode, value: unknown): ScalarFault | undefined {
  const { minimum = Number.NEGATIVE_INFINITY, maximum = Number.POSITIVE_INFINITY } = schema;
  if (typeof value === 'number' && (value < minimum || value > maximum)) {
    return { what: 'is out of bounds', fix: `write a number from ${minimum} to ${maximum}` };
  }
  if (typeof value !== 'string') return undefined;
  // The API server counts characters, not UTF-16 units.
  const length = [...value].length;
  if (length < (schema.minLength ?? 0))
    return { what: 'is too short', fix: `write at least ${schema.minLength} characters` };
  if (length > (schema.maxLength ?? length))
    return { what: 'is too long', fix: `write at most ${schema.maxLength} characters` };
  return undefined;
}

function judgeTime(schema: SchemaNode, value: unknown): ScalarFault | undefined {
  if (schema.format !== 'date-time' || isTime(String(value))) return undefined;
  return { what: 'is not a time', fix: 'write it as in 2027-01-01T00:00:00Z' };
}
