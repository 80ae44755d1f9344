import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { describe as told } from '../../src/api/fault.ts';
import { documentKinds } from '../../src/api/kinds.ts';
import type { SchemaNode } from '../../src/api/schema-node.ts';
import { validate } from '../../src/api/validate.ts';
import { serverWarnings } from '../../src/api/warnings.ts';
import { readFixtures } from './fixtures.ts';

describe('a document', () => {
  for (const name of ['vpn-server-accepted', 'vpn-user-accepted', 'vpn-server-warned']) {
    for (const { document, content } of readFixtures(name)) {
      it(`is accepted: ${name}, ${content.metadata.name}`, () => {
        assert.deepEqual(validate([document]).faults, []);
      });
    }
  }

  for (const name of ['vpn-server-refused', 'vpn-user-refused']) {
    for (const { document, content } of readFixtures(name)) {
      it(`is refused for one reason: ${name}, ${content.metadata.name}`, () => {
        const { faults, servers, users } = validate([document]);
        const { field = '', message = '' } = content.metadata.annotations ?? {};
        assert.equal(faults.length, 1);
        assert.ok(told(faults[0]!).includes(withoutValue(message, faults[0]?.value)), told(faults[0]!));
        assert.ok(faults[0]?.path?.startsWith(field), faults[0]?.path);
        assert.equal(servers.length + users.length, 0);
      });
    }
  }

  it('is judged by no rule that has no fixture', () => {
    const messages = ['vpn-server-refused', 'vpn-user-refused', 'vpn-user-changes-refused']
      .flatMap(readFixtures)
      .map(({ content }) => content.metadata.annotations?.message ?? '');
    const kinds = [documentKinds['VpnServer']!.schema, documentKinds['VpnUser']!.schema];
    for (const what of kinds.flatMap(({ properties, ...root }) =>
      rulesOf({ ...root, properties: { spec: properties!['spec']! } }),
    )) {
      assert.ok(
        messages.some((message) => message.startsWith(what)),
        what,
      );
    }
  });

  it('is warned of as its fixture says', () => {
    for (const { document, content } of readFixtures('vpn-server-warned')) {
      const [server] = validate([document]).servers;
      const warnings = serverWarnings.filter(({ chosen }) => chosen(server!.spec) !== undefined);
      assert.equal(warnings.length, 1, content.metadata.name);
      assert.ok(content.metadata.annotations?.message?.includes(warnings[0]!.what));
    }
  });
});

/** `check` shows no value where a password may stand; the API server shows it in any case. */
function withoutValue(message: string, shown: string | undefined): string {
  return shown === undefined ? message.replace(/ \(value ".*?"\)/, '') : message;
}

function rulesOf(schema: SchemaNode): string[] {
  const children = [
    ...Object.values(schema.properties ?? {}),
    ...[schema.items ?? []].flat(),
    ...[schema.additionalProperties ?? []].flat(),
  ];
  return [
    ...(schema['x-rules'] ?? []).map(({ what }) => what),
    ...children.flatMap((child) => rulesOf(child as SchemaNode)),
  ];
}
