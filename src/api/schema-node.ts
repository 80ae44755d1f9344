// A schema as its readers see it (the offline check, the CRD generator, the reference): the few JSON Schema words
// that our kinds use, all optional, instead of typebox's types for each shape.

import type { TSchema } from 'typebox';
import type { Rule } from './schema.ts';

export interface SchemaNode {
  readonly type?: 'object' | 'array' | 'string' | 'integer' | 'boolean';
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly (string | number)[];
  readonly format?: string;
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly maxProperties?: number;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly additionalProperties?: SchemaNode;
  readonly items?: SchemaNode;
  readonly 'x-kubernetes-int-or-string'?: boolean;
  readonly 'x-kubernetes-preserve-unknown-fields'?: boolean;
  readonly 'x-kubernetes-list-type'?: 'set' | 'map' | 'atomic';
  readonly 'x-kubernetes-list-map-keys'?: readonly string[];
  /** Cross-field rules; the CRD has them as x-kubernetes-validations. */
  readonly 'x-rules'?: readonly Rule[];
  /** No message may repeat a value from here or below. */
  readonly 'x-confidential'?: boolean;
}

export function schemaNode(schema: TSchema): SchemaNode {
  return schema as SchemaNode;
}

/** Fields that must be written: required ones that have no default. */
export function mandatoryFields(schema: SchemaNode): string[] {
  return (schema.required ?? []).filter((name) => schema.properties?.[name]?.default === undefined);
}
