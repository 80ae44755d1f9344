import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { customResources } from '../../scripts/generate/custom-resources.ts';
import type { StructuralSchema } from '../../scripts/generate/structural-schema.ts';

interface Node {
  readonly path: string;
  readonly schema: StructuralSchema;
}

function nodes(schema: StructuralSchema, path: string): Node[] {
  const children = [
    ...Object.entries(schema.properties ?? {}).map(([name, child]) => [`${path}.${name}`, child] as const),
    ...(schema.items ? [[`${path}[]`, schema.items] as const] : []),
    ...(schema.additionalProperties ? [[`${path}{}`, schema.additionalProperties] as const] : []),
  ];
  return [{ path, schema }, ...children.flatMap(([below, child]) => nodes(child, below))];
}

const all = customResources.flatMap(({ spec }) =>
  nodes(spec.versions[0]!.schema.openAPIV3Schema, spec.names.kind),
);
/** The API server owns these three, and lets nobody describe metadata. */
const envelope = /^\w+(\.(apiVersion|kind|metadata(\.name)?))?$/;
const ours = all.filter(({ path }) => !envelope.test(path));

function offenders(bad: (schema: StructuralSchema) => boolean): string[] {
  return ours.filter(({ schema }) => bad(schema)).map(({ path }) => path);
}

describe('the schemas of the custom resources', () => {
  it('are structural: a type everywhere, and none of the words that Kubernetes refuses', () => {
    const refused = [
      '$ref',
      'const',
      'anyOf',
      'oneOf',
      'allOf',
      'not',
      'patternProperties',
      'definitions',
      'dependencies',
      'uniqueItems',
    ];
    assert.deepEqual(
      offenders((schema) => refused.some((word) => word in schema)),
      [],
    );
    assert.deepEqual(
      offenders((schema) => !('type' in schema) && !schema['x-kubernetes-int-or-string']),
      [],
    );
    assert.deepEqual(
      offenders(({ properties, additionalProperties }) => !!properties && additionalProperties !== undefined),
      [],
    );
  });

  it('hold only keywords that Kubernetes knows', () => {
    assert.deepEqual(
      offenders((schema) => Object.keys(schema).some((word) => /^x-(?!kubernetes-)|^~/.test(word))),
      [],
    );
  });

  it('describe every field in a sentence', () => {
    assert.deepEqual(
      offenders(({ description }) => !/^\S.*[.]$/s.test(String(description))),
      [],
    );
  });

  it('bound every text, list and map, so that the cost of the rules can be estimated', () => {
    const unbounded = (schema: StructuralSchema) =>
      (schema['type'] === 'string' && !('maxLength' in schema) && !('enum' in schema)) ||
      (schema['type'] === 'array' && !('maxItems' in schema)) ||
      (schema.additionalProperties !== undefined && !('maxProperties' in schema));
    assert.deepEqual(offenders(unbounded), []);
  });

  it('say how server-side apply merges every list', () => {
    assert.deepEqual(
      offenders((schema) => schema['type'] === 'array' && !('x-kubernetes-list-type' in schema)),
      [],
    );
  });

  it('require no field that has a default', () => {
    const both = ({ properties = {}, required = [] }: StructuralSchema) =>
      (required as string[]).some((name) => properties[name] && 'default' in properties[name]);
    assert.deepEqual(offenders(both), []);
  });

  it('give every rule a message with the fix', () => {
    const rules = all.flatMap(({ schema }) => schema['x-kubernetes-validations'] ?? []);
    assert.ok(rules.length > 20);
    for (const { message, rule } of rules) {
      assert.match(message, /^\S.+: .+$/, rule);
      assert.ok(message.length < 2048 && !message.includes('\n'));
    }
  });

  it('keep the names that manifests and scripts rely on', () => {
    const [server, user] = customResources.map(({ spec }) => spec);
    assert.deepEqual([server?.names.shortNames, server?.names.categories], [['vpns'], ['vpn']]);
    assert.deepEqual([user?.names.shortNames, user?.names.categories], [['vpnu'], ['vpn']]);
    assert.deepEqual(user?.versions[0]?.selectableFields, [{ jsonPath: '.spec.serverRef.name' }]);
    const shown = (spec: typeof server) =>
      spec?.versions[0]?.additionalPrinterColumns.filter(({ priority }) => !priority).map(({ name }) => name);
    assert.deepEqual(shown(server), ['Ready', 'Nodes', 'Sessions', 'Addresses', 'MTU', 'Age']);
    const ofUser = ['Server', 'Username', 'Ready', 'Reason', 'Sessions', 'Last-Seen', 'MTU', 'Age'];
    assert.deepEqual(shown(user), ofUser);
  });
});
