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

/**
 * What of the value is sound enough for rules: in objects, unsound fields are undefined; undefined when nothing is.
 * So one fault hides no other, and no rule meets a value of the wrong type.
 */
function visit(context: Context, schema: SchemaNode, value: unknown, path: Path): unknown {
  const guarded = schema['x-confidential'] ? { ...context, quoted: () => undefined } : context;
  const sound = visitByType(guarded, schema, value, path);
  if (sound === undefined) return undefined;
  for (const rule of schema['x-rules'] ?? []) {
    for (const offender of rule.offenders(sound as never)) {
      tell(guarded, [...path, ...offender.path], rule.what, rule.fix, offender.value);
    }
  }
  return sound;
}

function visitByType(context: Context, schema: SchemaNode, value: unknown, path: Path): unknown {
  if (schema.type === 'object') return visitObject(context, schema, value, path);
  if (schema.type === 'array') return visitArray(context, schema, value, path);
  const fault = judgeScalar(schema, value);
  if (!fault) return value;
  tell(context, path, fault.what, fault.fix, value);
  return undefined;
}

function visitObject(context: Context, schema: SchemaNode, value: unknown, path: Path): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    const known = Object.keys(schema.properties ?? {});
    const fix =
      known.length > 0
        ? `write fields below it, such as ${known.slice(0, 3).join(', ')}`
        : 'write key: value below it';
    tell(context, path, `is ${describeType(value)} where fields are expected`, fix, value);
    return undefined;
  }
  const written = Object.entries(value).filter(([, child]) => child !== null && child !== undefined);
  for (const name of mandatoryFields(schema)) {
    if (!written.some(([key]) => key === name)) tellMissing(context, schema, [...path, name]);
  }
  judgeSize(context, path, written.length, { most: schema.maxProperties, unit: 'entries' });
  const fields = written.map(
    ([key, child]) => [key, visitField(context, schema, child, [...path, key])] as const,
  );
  return Object.fromEntries(fields);
}

function tellMissing(context: Context, schema: SchemaNode, path: Path): void {
  const description = schema.properties?.[String(path.at(-1))]?.description ?? '';
  tell(context, path, 'is missing', `add it (${description.replace(/\.(\s.*)?$/s, '')})`);
}

function visitField(context: Context, schema: SchemaNode, value: unknown, path: Path): unknown {
  const key = String(path.at(-1));
  const { properties = {}, additionalProperties } = schema;
  const child = Object.hasOwn(properties, key) ? properties[key] : additionalProperties;
  if (child) return visit(context, child, value, path);
  if (!schema['x-kubernetes-preserve-unknown-fields']) {
    // The value is not shown: people write passwords into fields that do not exist.
    tell(context, path, 'is an unknown field', fixForUnknown(key, schema, context.root));
  }
  return undefined;
}

function visitArray(context: Context, schema: SchemaNode, value: unknown, path: Path): unknown {
  if (!Array.isArray(value)) {
    tell(
      context,
      path,
      `is ${describeType(value)} where a list is expected`,
      'write it in brackets, as [a, b]',
      value,
    );
    return undefined;
  }
  judgeSize(context, path, value.length, { least: schema.minItems, most: schema.maxItems, unit: 'items' });
  const { items } = schema;
  if (!items) return value;
  const sound = value.map((item, index) => visit(context, items, item, [...path, index]));
  if (sound.includes(undefined)) return undefined;
  judgeDuplicates(context, schema, value, path);
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
