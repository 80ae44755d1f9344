import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { noticeReasons } from '../../../src/api/gateway-status.ts';
import type { GatewayPath } from '../../../src/operator/gateways/gateway-answer.ts';
import { askGateway } from '../../../src/operator/gateways/gateway-client.ts';

const earlier = {
  ...{ node: 'worker', server: null, configHash: 'abc', ready: true, problems: [], sessions: 1 },
  ...{ addresses: { total: 4, used: 1 }, usersRevision: 'one/1' },
};
const alice = { namespace: 'vpn', name: 'alice' };
const time = '2026-05-01T10:00:00Z';
const path = { state: 'Confirmed', interfaceMTU: 1500, pathMTU: 1454, tunnelMTU: 1410 };
const notice = { sequence: 1, time, reason: Object.keys(noticeReasons)[0], message: 'so it is', user: alice };
const whole = {
  ...earlier,
  server: { namespace: 'vpn', name: 'office' },
  problems: [{ reason: 'TunMissing', message: 'run modprobe' }],
  usedAddresses: ['10.77.0.2'],
  pathMTU: {
    states: { Confirmed: 1 },
    tunnelMTU: { smallest: 1410, largest: 1410 },
    sessions: [{ user: alice, from: '192.0.2.7', ...path }],
  },
  notices: { process: 'one', now: time, latest: [notice] },
};
const activity = {
  ...alice,
  sessions: 1,
  path: { tunnelMTU: 1410, pathMTU: 1454 },
  lastSeen: { time, from: '192.0.2.7' },
  lastFailure: { time, reason: 'bad_password', message: 'wrong password', from: '192.0.2.7' },
};
const { sessions: _, ...sessionless } = whole;

describe('a gateway', () => {
  let server: Server;
  let port: number;
  let answer: string;
  const ask = (asked: GatewayPath, given: unknown) => {
    answer = typeof given === 'string' ? given : JSON.stringify(given);
    return askGateway({ host: '127.0.0.1', port, token: 'secret' }, asked);
  };

  before(async () => {
    server = createServer((_, response) => response.end(answer));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    port = (server.address() as AddressInfo).port;
  });
  after(() => {
    server.close();
  });

  it('of an earlier version is understood: what it does not say of paths, addresses and notices is none', async () => {
    assert.deepEqual(await ask('/v1/status', earlier), {
      ...earlier,
      usedAddresses: [],
      pathMTU: { states: {}, tunnelMTU: null, sessions: [] },
      notices: { process: '', now: '', latest: [] },
    });
  });

  it('is understood whole', async () => {
    const users = { usersRevision: 'one/1', users: [activity, { ...alice, sessions: 0 }] };
    assert.deepEqual(await ask('/v1/status', whole), whole);
    assert.deepEqual(await ask('/v1/users', users), users);
  });

  it('of a later version is understood, and what nobody here knows goes no further', async () => {
    // JSON.stringify cannot write it, and would throw where nobody expects it.
    const deep = `${'['.repeat(200_000)}${']'.repeat(200_000)}`;
    const later = JSON.stringify(whole).replace(/^\{/, `{"novelty":${deep},`);
    assert.deepEqual(await ask('/v1/status', later), whole);
  });

  const malformed: [unknown, RegExp][] = [
    ['', /no JSON/],
    ['{"node":', /no JSON/],
    ['null', /must be object/],
    ['[]', /must be object/],
    [sessionless, /sessions/],
    [{ ...whole, notices: null }, /notices must be object/],
    [{ ...whole, notices: { ...whole.notices, latest: [null] } }, /notices\/latest\/0 must be object/],
    [{ ...whole, notices: { ...whole.notices, latest: {} } }, /notices\/latest must be array/],
    [{ ...whole, notices: { ...whole.notices, latest: Array(101).fill(notice) } }, /100 items/],
    [{ ...whole, notices: { ...whole.notices, latest: [{ ...notice, user: 'alice' }] } }, /0\/user must be/],
    [{ ...whole, notices: { ...whole.notices, latest: [{ ...notice, reason: 'no reason' }] } }, /0\/reason/],
    [{ ...whole, problems: [{}] }, /problems\/0/],
    [{ ...whole, usedAddresses: [7] }, /usedAddresses\/0 must be string/],
    [{ ...whole, addresses: { total: '4', used: 1 } }, /addresses\/total must be integer/],
    [{ ...whole, sessions: 1e300 }, /sessions must be/],
    [{ ...whole, configHash: {} }, /configHash must be/],
    [{ ...whole, pathMTU: { ...whole.pathMTU, states: { Confirmed: 'x' } } }, /states\/Confirmed must be/],
    [{ ...whole, pathMTU: { ...whole.pathMTU, sessions: [{ ...path, from: 'x' }] } }, /sessions\/0/],
    [`[${' '.repeat(2 << 20)}]`, /more than 2 MiB/],
  ];
  for (const [index, [given, reason]] of malformed.entries()) {
    it(`that gives a malformed status counts as one that does not answer: ${index} ${reason.source}`, async () => {
      await assert.rejects(ask('/v1/status', given), (error: Error) => {
        assert.match(error.message, reason);
        assert.match(error.message, /^http:\/\/127\.0\.0\.1:\d+\/v1\/status answers [^\n]{1,200}$/);
        return true;
      });
    });
  }

  it('that gives malformed users counts as one that does not answer', async () => {
    const users: unknown[] = [
      null,
      [null],
      [{ ...activity, name: undefined }],
      [{ ...activity, lastSeen: { time: 'yesterday', from: '192.0.2.7' } }],
      [{ ...activity, lastFailure: { ...activity.lastFailure, message: 7 } }],
      [{ ...activity, path: null }],
    ];
    for (const each of users)
      await assert.rejects(ask('/v1/users', { usersRevision: 'one/1', users: each }), /answers .*users/);
    await assert.rejects(ask('/v1/users', { users: [] }), /usersRevision/);
  });
});
