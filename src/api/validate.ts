// Turns documents into VpnServers, VpnUsers and Secrets with defaults applied, and tells everything that is wrong
// with each of them alone. What is wrong between them is found by resolve.ts.

import type { TSchema } from 'typebox';
import { Value } from 'typebox/value';
import { faultAt, type SourceDocument } from './documents.ts';
import { type Fault, type Path, quote } from './fault.ts';
import { judge } from './judge.ts';
import { describeType } from './judge-scalar.ts';
import { documentKinds } from './kinds.ts';
import type { ObjectReference } from './names.ts';
import type { Secret } from './secret.ts';
import { nearest } from './suggestion.ts';
import type { VpnServer } from './vpn-server.ts';
import type { VpnUser } from './vpn-user.ts';

export interface ValidObjects {
  readonly servers: readonly VpnServer[];
  readonly users: readonly VpnUser[];
  readonly secrets: readonly Secret[];
  readonly faults: readonly Fault[];
  /** Where an object was written, faulty ones included. */
  sourceOf(reference: ObjectReference): SourceDocument | undefined;
}

/** Documents keep their order; a faulty one is told of and left out. */
export function validate(documents: readonly SourceDocument[]): ValidObjects {
  const sources = new Map<string, SourceDocument>();
  const sound: { kind: string; object: unknown }[] = [];
  const faults: Fault[] = [];
  for (const document of documents) {
    const own = [...judgeDocument(document), ...claimName(document, sources)];
    faults.push(...own);
    const { kind } = fieldsOf(document.content);
    if (own.length === 0)
      sound.push({ kind: String(kind), object: completed(String(kind), document.content) });
  }
  const ofKind = (kind: string) => sound.filter((entry) => entry.kind === kind).map(({ object }) => object);
  return {
    servers: ofKind('VpnServer') as VpnServer[],
    users: ofKind('VpnUser') as VpnUser[],
    secrets: ofKind('Secret') as Secret[],
    faults,
    sourceOf: (reference) => sources.get(keyOf(reference)),
  };
}

function judgeDocument(document: SourceDocument): Fault[] {
  const { content } = document;
  const { kind, apiVersion } = fieldsOf(content);
  const known = Object.keys(documentKinds);
  const tell = (path: Path, what: string, fix: string, value?: string) =>
    faultAt(document, path, { what, fix, ...(value === undefined ? {} : { value }) });
  if (typeof content !== 'object' || Array.isArray(content)) {
    return [
      tell([], `is ${describeType(content)} where an object is expected`, 'begin with apiVersion: and kind:'),
    ];
  }
  if (kind === undefined || kind === null)
    return [tell(['kind'], 'is missing', `add it (${known.join(', ')})`)];
  const expected = Object.hasOwn(documentKinds, String(kind)) ? documentKinds[String(kind)] : undefined;
  if (!expected) {
    const meant = nearest(String(kind).slice(0, 64), known);
    return [
      tell(['kind'], 'is an unknown kind', meant ? `did you mean ${meant}?` : unknownKindFix, quote(kind)),
    ];
  }
  const wrongVersion = typeof apiVersion === 'string' && apiVersion !== expected.apiVersion;
  return [
    ...(wrongVersion
      ? [tell(['apiVersion'], `is no version of ${kind}`, `write ${expected.apiVersion}`, quote(apiVersion))]
      : []),
    ...judge(expected.schema, content).map(({ path, ...told }) => faultAt(document, path, told)),
  ];
}

const unknownKindFix = `keep only ${Object.keys(documentKinds).join(', ')} documents here`;

/** Two documents for one object would fight; the first one stays. */
function claimName(document: SourceDocument, sources: Map<string, SourceDocument>): Fault[] {
  const reference = referenceOf(document.content);
  if (!reference) return [];
  const first = sources.get(keyOf(reference));
  if (!first) {
    sources.set(keyOf(reference), document);
    return [];
  }
  return [
    faultAt(document, ['metadata', 'name'], {
      what: `is the second ${reference.kind} of this name, after ${first.file}:${first.lineOf(['metadata', 'name'])}`,
      value: quote(`${reference.namespace}/${reference.name}`),
      fix: 'rename or remove one of them',
    }),
  ];
}

function referenceOf(content: unknown): ObjectReference | undefined {
  const { kind, metadata } = fieldsOf(content);
  const { name, namespace } = fieldsOf(metadata);
  if (typeof name !== 'string' || !Object.hasOwn(documentKinds, String(kind))) return undefined;
  return {
    kind: String(kind),
    name,
    namespace: typeof namespace === 'string' ? namespace : defaultNamespace,
  };
}

const defaultNamespace = 'default';

function keyOf({ kind, namespace, name }: ObjectReference): string {
  return `${kind} ${namespace}/${name}`;
}

function fieldsOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

/** As the API server would complete it: an empty field counts as absent, then defaults fill what is absent. */
function completed(kind: string, content: unknown): unknown {
  const schema = documentKinds[kind]?.schema as TSchema;
  const object = Value.Default(schema, withoutNulls(content)) as { metadata: Record<string, unknown> };
  object.metadata = { ...object.metadata, namespace: object.metadata['namespace'] ?? defaultNamespace };
  return object;
}

function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).filter(([, child]) => child !== null && child !== undefined);
  return Object.fromEntries(kept.map(([key, child]) => [key, withoutNulls(child)]));
}
