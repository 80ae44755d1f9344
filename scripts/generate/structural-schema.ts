// A schema of src/api as a structural OpenAPI schema for a CustomResourceDefinition.

import type { Rule } from '../../src/api/schema.ts';
import { mandatoryFields, type SchemaNode } from '../../src/api/schema-node.ts';

export interface Validation {
  readonly rule: string;
  readonly message: string;
  readonly messageExpression?: string;
  readonly fieldPath?: string;
}

export interface StructuralSchema {
  readonly properties?: Readonly<Record<string, StructuralSchema>>;
  readonly items?: StructuralSchema;
  readonly additionalProperties?: StructuralSchema;
  readonly 'x-kubernetes-validations'?: readonly Validation[];
  readonly [keyword: string]: unknown;
}

/** What stands in the CRD word for word; our own x-… keywords do not. */
const keywords = [
  'type',
  'description',
  'default',
  'enum',
  'format',
  'pattern',
  'minimum',
  'maximum',
  'minLength',
  'maxLength',
  'minItems',
  'maxItems',
  'maxProperties',
  'x-kubernetes-int-or-string',
  'x-kubernetes-list-type',
  'x-kubernetes-list-map-keys',
] as const satisfies readonly (keyof SchemaNode)[];

/** Defaults are applied before the judgement, so a field with a default is never missed. */
export function structuralSchema(schema: SchemaNode): StructuralSchema {
  const { properties, items, additionalProperties, 'x-rules': rules = [] } = schema;
  const required = mandatoryFields(schema);
  return {
    ...Object.fromEntries(
      keywords.flatMap((word) => (schema[word] === undefined ? [] : [[word, schema[word]]])),
    ),
    ...(required.length > 0 ? { required } : {}),
    ...(properties ? { properties: mapValues(properties, structuralSchema) } : {}),
    ...(additionalProperties ? { additionalProperties: structuralSchema(additionalProperties) } : {}),
    ...(items ? { items: structuralSchema(items) } : {}),
    ...(rules.length > 0 ? { 'x-kubernetes-validations': rules.map(validation) } : {}),
  };
}

export function mapValues<From, To>(
  record: Readonly<Record<string, From>>,
  change: (value: From) => To,
): Record<string, To> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
}

/** The words are those of the offline check: `what (value "…"): fix`. */
export function validation({ rule, what, fix, value, fieldPath }: Rule): Validation {
  return {
    rule,
    message: `${what}: ${fix}`,
    ...(value === undefined ? {} : { messageExpression: celMessage(what, value, fix) }),
    ...(fieldPath === undefined ? {} : { fieldPath }),
  };
}

/** A CEL expression that says `what (value "…"): fix`. JSON's string literals are CEL's, too. */
export function celMessage(what: string, value: string, fix: string): string {
  return `${JSON.stringify(`${what} (value "`)} + ${value} + ${JSON.stringify(`"): ${fix}`)}`;
}
