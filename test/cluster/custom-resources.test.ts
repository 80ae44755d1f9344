// The two kinds as the real API server sees them: what it refuses and in which words, what it fills in, what it shows.
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { validate } from '../../src/api/validate.ts';
import { type Fixture, readFixtures } from '../api/fixtures.ts';
import type { Answer, Status } from '../support/kubernetes/api.ts';
import { type ApiServer, openApiServer } from '../support/kubernetes/api-server.ts';
import { cannotRunApi } from '../support/kubernetes/programs.ts';

interface Resource {
  metadata: { name: string; managedFields?: { manager: string; subresource?: string }[] };
  spec: Record<string, unknown>;
  status?: { conditions?: { type: string; status: string }[]; sessions?: number };
}

interface Table {
  columnDefinitions: { name: string; priority: number }[];
  rows: { cells: unknown[] }[];
}

const samples = resolve(import.meta.dirname, '../../deploy/samples');

const group = '/apis/vpn-operator.dev/v1alpha1';

describe('the API server', { skip: cannotRunApi() }, () => {
  let server: ApiServer;
  before(async () => {
    server = await openApiServer();
  });
  after(() => server?.close());

  const collection = (plural: string) => `${group}/namespaces/${server.namespace}/${plural}`;
  const pluralOf = ({ document }: Fixture) =>
    (document.content as { kind: string }).kind === 'VpnServer' ? 'vpnservers' : 'vpnusers';
  const create = <Body = Status>(plural: string, object: unknown, query = '') =>
    server.api.call<Body>('POST', `${collection(plural)}${query}`, object);
  const judge = (fixture: Fixture) => create(pluralOf(fixture), fixture.content, '?dryRun=All');
  const patch = <Body = Resource>(path: string, body: unknown, type: string, query = '') =>
    server.api.call<Body>('PATCH', `${collection(path)}${query}`, body, { 'Content-Type': type });
  const apply = (path: string, manager: string, body: object) =>
    patch(
      path,
      { apiVersion: 'vpn-operator.dev/v1alpha1', ...body },
      'application/apply-patch+yaml',
      `?fieldManager=${manager}&force=true`,
    );
  const office = { metadata: { name: 'office' }, spec: { addressPools: [{ cidr: '10.77.0.0/24' }] } };
  const vpnServer = (object: object) => ({
    apiVersion: 'vpn-operator.dev/v1alpha1',
    kind: 'VpnServer',
    ...object,
  });
  const vpnUser = (object: object) => ({
    apiVersion: 'vpn-operator.dev/v1alpha1',
    kind: 'VpnUser',
    ...object,
  });

  for (const name of ['vpn-server-accepted', 'vpn-user-accepted', 'vpn-server-warned']) {
    for (const fixture of readFixtures(name)) {
      it(`accepts ${name}: ${fixture.content.metadata.name}`, async () => {
        const { status, body } = await judge(fixture);
        assert.equal(status, 201, body.message);
      });
    }
  }

  for (const name of ['vpn-server-refused', 'vpn-user-refused']) {
    for (const fixture of readFixtures(name)) {
      it(`refuses ${name}: ${fixture.content.metadata.name}, with field, value and fix`, async () => {
        assertRefused(await judge(fixture), fixture);
      });
    }
  }

  for (const fixture of readFixtures('vpn-server-warned')) {
    it(`warns of ${fixture.content.metadata.name} and of nothing else`, async () => {
      // A new policy is in force some moments after it was accepted.
      const deadline = performance.now() + 10_000;
      let { warnings } = await judge(fixture);
      while (warnings.length === 0 && performance.now() < deadline) ({ warnings } = await judge(fixture));
      assert.equal(warnings.length, 1, warnings.join('\n'));
      assert.ok(warnings[0]?.endsWith(fixture.content.metadata.annotations?.message ?? '?'), warnings[0]);
    });
  }

  it('says nothing about a server that is as safe as PPTP gets', async () => {
    const spec = { ...office.spec, routing: { allowedDestinations: ['192.168.80.0/24'] } };
    const { status, warnings } = await create('vpnservers', vpnServer({ ...office, spec }), '?dryRun=All');
    assert.deepEqual({ status, warnings }, { status: 201, warnings: [] });
  });

  it('lets a user change all but the name that the client sends', async () => {
    const [before, next] = readFixtures('vpn-user-changes-accepted');
    const [, renamed] = readFixtures('vpn-user-changes-refused');
    assert.equal((await create('vpnusers', before?.content)).status, 201);
    const update = (fixture: Fixture | undefined) =>
      patch<Status>(
        `vpnusers/${before?.content.metadata.name}`,
        fixture?.content,
        'application/merge-patch+json',
      );
    assertRefused(await update(renamed), renamed);
    assert.equal((await update(next)).status, 200);
  });

  for (const name of ['vpn-server-accepted', 'vpn-user-accepted']) {
    for (const fixture of readFixtures(name)) {
      it(`fills in the same defaults as \`check\` does: ${fixture.content.metadata.name}`, async () => {
        const { servers, users } = validate([fixture.document]);
        const answer = await create<Resource>(pluralOf(fixture), fixture.content, '?dryRun=All');
        assert.deepEqual(answer.body.spec, [...servers, ...users][0]?.spec);
      });
    }
  }

  it('shows unknown fields as an error to kubectl and drops them otherwise', async () => {
    const spec = { ...office.spec, pools: ['10.0.0.0/8'] };
    const strict = await create(
      'vpnservers',
      vpnServer({ ...office, spec }),
      '?dryRun=All&fieldValidation=Strict',
    );
    assert.equal(strict.status, 400);
    assert.match(strict.body.message, /unknown field "spec\.pools"/);
    const lax = await create<Resource>('vpnservers', vpnServer({ ...office, spec }), '?dryRun=All');
    assert.equal(lax.body.spec['pools'], undefined);
  });

  it('keeps status apart from spec: either is changed by its own path only', async () => {
    const named = { kind: 'VpnServer', metadata: { name: 'apart' } };
    const first = await create<Resource>(
      'vpnservers',
      vpnServer({ ...office, ...named, status: { sessions: 9 } }),
    );
    assert.equal(first.body.status, undefined);
    const status = { ...named, spec: { dns: ['10.0.0.1'] }, status: { sessions: 3 } };
    const { body } = await apply('vpnservers/apart/status', 'operator', status);
    assert.equal(body.status?.sessions, 3);
    assert.deepEqual(body.spec['dns'], []);
  });

  it('merges conditions by their type, so that two managers keep theirs', async () => {
    const named = { kind: 'VpnServer', metadata: { name: 'merged' } };
    await create('vpnservers', vpnServer({ ...office, ...named }));
    const condition = (type: string) => ({
      ...{ type, status: 'True', reason: 'Tested', message: 'tested' },
      lastTransitionTime: '2026-01-01T00:00:00Z',
    });
    for (const type of ['Ready', 'PathMTU']) {
      const status = { ...named, status: { conditions: [condition(type)] } };
      const answer = await apply('vpnservers/merged/status', `manager-of-${type}`, status);
      assert.equal(answer.status, 200, JSON.stringify(answer.body));
    }
    const { body } = await server.api.call<Resource>('GET', collection('vpnservers/merged'));
    assert.deepEqual(body.status?.conditions?.map(({ type }) => type).sort(), ['PathMTU', 'Ready']);
    const empty = await apply('vpnservers/merged/status', 'manager-of-Ready', { ...named, status: {} });
    assert.deepEqual(
      empty.body.status?.conditions?.map(({ type }) => type),
      ['PathMTU'],
    );
  });

  it('refuses a condition that is none', async () => {
    const named = { kind: 'VpnServer', metadata: { name: 'conditioned' } };
    await create('vpnservers', vpnServer({ ...office, ...named }));
    const conditions = [
      {
        type: 'Ready',
        status: 'Maybe',
        reason: 'R',
        message: '',
        lastTransitionTime: '2026-01-01T00:00:00Z',
      },
    ];
    const answer = await patch<Status>(
      'vpnservers/conditioned/status',
      { status: { conditions } },
      'application/merge-patch+json',
    );
    assert.equal(answer.status, 422);
    assert.match(answer.body.message, /status\.conditions\[0\]\.status.*"Maybe".*"True", "False", "Unknown"/);
  });

  it('prints the columns that people look at first', async () => {
    await create('vpnservers', vpnServer({ ...office, metadata: { name: 'printed' } }));
    await create(
      'vpnusers',
      vpnUser({ metadata: { name: 'printed' }, spec: { serverRef: { name: 'printed' } } }),
    );
    assert.deepEqual(await columns('vpnservers'), [
      'Name',
      'Ready',
      'Nodes',
      'Sessions',
      'Addresses',
      'MTU',
      'Age',
    ]);
    assert.deepEqual(await columns('vpnusers'), [
      ...['Name', 'Server', 'Username', 'Ready', 'Reason', 'Sessions', 'Last-Seen', 'MTU', 'Age'],
    ]);
  });

  async function columns(plural: string): Promise<string[]> {
    const accept = 'application/json;as=Table;v=v1;g=meta.k8s.io';
    const { body } = await server.api.call<Table>('GET', collection(plural), undefined, { Accept: accept });
    return body.columnDefinitions.filter(({ priority }) => priority === 0).map(({ name }) => name);
  }

  it('finds the users of one server without reading the others', async () => {
    for (const [name, of] of [
      ['one', 'here'],
      ['two', 'there'],
    ]) {
      await create('vpnusers', vpnUser({ metadata: { name }, spec: { serverRef: { name: of } } }));
    }
    const query = '?fieldSelector=spec.serverRef.name%3Dthere';
    const { body } = await server.api.call<{ items: Resource[] }>('GET', `${collection('vpnusers')}${query}`);
    assert.deepEqual(
      body.items.map(({ metadata }) => metadata.name),
      ['two'],
    );
  });

  it('knows both kinds by their short names and their category', async () => {
    const list = (what: string) => server.kubectl.run(['get', what, '-n', server.namespace, '-o', 'name']);
    await create('vpnservers', vpnServer({ ...office, metadata: { name: 'short' } }));
    await create(
      'vpnusers',
      vpnUser({ metadata: { name: 'short' }, spec: { serverRef: { name: 'short' } } }),
    );
    assert.match(await list('vpns'), /vpnserver\.vpn-operator\.dev\/short/);
    assert.match(await list('vpnu'), /vpnuser\.vpn-operator\.dev\/short/);
    assert.match(await list('vpn'), /vpnserver.*vpnuser/s);
  });

  it('explains every field to kubectl', async () => {
    const text = await server.kubectl.run(['explain', 'vpnserver.spec.routing.proxyARP']);
    assert.match(text, /DESCRIPTION:\n\s+\S+/);
  });

  it('accepts the samples that we ship', async () => {
    for (const file of globSync(`${samples}/*.yaml`)) {
      const text = readFileSync(file, 'utf8').replaceAll(
        'namespace: vpn\n',
        `namespace: ${server.namespace}\n`,
      );
      await server.kubectl.run(['apply', '--dry-run=server', '--validate=strict', '-f', '-'], {
        input: text,
      });
    }
  });
});

function assertRefused({ status, body }: Answer<unknown>, fixture: Fixture | undefined): void {
  const { field = '?', message = '?' } = fixture?.content.metadata.annotations ?? {};
  assert.equal(status, 422);
  const causes = (body as Status).details?.causes ?? [];
  assert.ok(
    causes.some((cause) => cause.field?.startsWith(field) && cause.message.includes(message)),
    `expected ${field}: ${message}\nbut the API server says ${JSON.stringify(causes, undefined, 2)}`,
  );
}
