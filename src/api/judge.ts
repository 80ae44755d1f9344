// Judges a value by a schema and its rules, and tells every fault at once. The words are the same that the API
// server uses for our rules. Does not change the value; defaults are applied elsewhere, after a clean judgement.

import { type Path, quote } from './fault.ts';
import { describeType, judgeScalar } from './judge-scalar.ts';
import { mandatoryFields, type SchemaNode } from './schema-node.ts';
import { fixForUnknown } from './suggestion.ts';

export interface Judgement {
  readonly path: Path;
  readonly what: string;
  /** Quoted. */
  readonly value?: string;
  readonly fix: string;
}

export function judge(schema: SchemaNode, value: unknown): Judgement[] {
  const told: Judgement[] = [];
  visit({ root: schema, told, quoted: quote }, schema, value, []);
  return told;
}

interface Context {
  readonly root: SchemaNode;
  readonly told: Judgement[];
  /** Refuses to quote where values are confidential. */
  readonly quoted: (value: unknown) => string | undefined;
}

function tell({ told, quoted }: Context, path: Path, what: string, fix: string, value?: unknown): void {
  const shown = quoted(value);
  told.push({ path, what, fix, ...(shown === undefined ? {} : { value: shown }) });
}

/** True when the value has the shape that rules may rely on. */
function visit(context: Context, schema: SchemaNode, value: unknown, path: Path): boolean {
  if (schema['x-confidential']) context = { ...context, quoted: () => undefined };
  const shape = visitByType(context, schema, value, path);
  if (!shape) return false;
  for (const rule of schema['x-rules'] ?? []) {
    for (const offender of rule.offenders(value as never)) {
      tell(context, [...path, ...offender.path], rule.what, rule.fix, offender.value);
    }
  }
  return true;
}

function visitByType(context: Context, schema: SchemaNode, value: unknown, path: Path): boolean {
  if (schema.type === 'object') return visitObject(context, schema, value, path);
  if (schema.type === 'array') return visitArray(context, schema, value, path);
  const fault = judgeScalar(schema, value);
  if (fault) tell(context, path, fault.what, fault.fix, value);
  return fault === undefined;
}

function visitObject(context: Context, schema: SchemaNode, value: unknown, path: Path): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    const known = Object.keys(schema.properties ?? {});
    const fix =
      known.length > 0
        ? `write fields below it, such as ${known.slice(0, 3).join(', ')}`
        : 'write key: value below it';
    tell(context, path, `is ${describeType(value)} where fields are expected`, fix, value);
    return false;
  }
  const written = Object.entries(value).filter(([, child]) => child !== null && child !== undefined);
  const missing = mandatoryFields(schema).filter((name) => !written.some(([key]) => key === name));
  for (const name of missing) tellMissing(context, schema, [...path, name]);
  judgeSize(context, path, written.length, { most: schema.maxProperties, unit: 'entries' });
  const shapes = written.map(([key, child]) => visitField(context, schema, key, child, path));
  return missing.length === 0 && shapes.every(Boolean);
}

function tellMissing(context: Context, schema: SchemaNode, path: Path): void {
  const description = schema.properties?.[String(path.at(-1))]?.description ?? '';
  tell(context, path, 'is missing', `add it (${description.replace(/\.(\s.*)?$/s, '')})`);
}

function visitField(context: Context, schema: SchemaNode, key: string, value: unknown, path: Path): boolean {
  const { properties = {}, additionalProperties } = schema;
  const child = Object.hasOwn(properties, key) ? properties[key] : additionalProperties;
  if (child) return visit(context, child, value, [...path, key]);
  if (!schema['x-kubernetes-preserve-unknown-fields']) {
    // The value is not shown: people write passwords into fields that do not exist.
    tell(context, [...path, key], 'is an unknown field', fixForUnknown(key, schema, context.root));
  }
  return true;
}

function visitArray(context: Context, schema: SchemaNode, value: unknown, path: Path): boolean {
  if (!Array.isArray(value)) {
    tell(
      context,
      path,
      `is ${describeType(value)} where a list is expected`,
      'write it in brackets, as [a, b]',
      value,
    );
    return false;
  }
  judgeSize(context, path, value.length, { least: schema.minItems, most: schema.maxItems, unit: 'items' });
  const { items } = schema;
  if (!items) return true;
  const sound = value.map((item, index) => visit(context, items, item, [...path, index])).every(Boolean);
  if (sound) judgeDuplicates(context, schema, value, path);
  return sound;
}

interface SizeLimits {
  readonly least?: number | undefined;
  readonly most?: number | undefined;
  readonly unit: string;
}

function judgeSize(
  context: Context,
  path: Path,
  size: number,
  { least = 0, most = size, unit }: SizeLimits,
): void {
  if (size < least) tell(context, path, `holds ${size} ${unit}`, `write at least ${least}`);
  if (size > most) tell(context, path, `holds ${size} ${unit}`, `write at most ${most}`);
}

/** The keyed pools are left to the rule that finds overlaps: equal ranges overlap. */
function judgeDuplicates(context: Context, schema: SchemaNode, items: readonly unknown[], path: Path): void {
  if (schema['x-kubernetes-list-type'] !== 'set') return;
  for (const [index, item] of items.entries()) {
    if (items.indexOf(item) < index)
      tell(context, [...path, index], 'is in the list twice', 'keep one of the two', item);
  }
}
