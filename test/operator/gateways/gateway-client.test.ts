import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { askGateway } from '../../../src/operator/gateways/gateway-client.ts';

const earlier = {
  ...{ node: 'worker', server: null, configHash: 'abc', ready: true, problems: [], sessions: 1 },
  ...{ addresses: { total: 4, used: 1 }, usersRevision: 'one/1' },
};

describe('a gateway of an earlier version', () => {
  let server: Server;
  let port: number;

  before(async () => {
    server = createServer((_, response) => response.end(JSON.stringify(earlier)));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    port = (server.address() as AddressInfo).port;
  });
  after(() => {
    server.close();
  });

  it('is understood: what it does not say of paths, addresses and notices is none', async () => {
    const status = await askGateway({ host: '127.0.0.1', port, token: 'secret' }, '/v1/status');
    assert.deepEqual(status, {
      ...earlier,
      usedAddresses: [],
      pathMTU: { states: {}, tunnelMTU: null, sessions: [] },
      notices: { process: '', now: '', latest: [] },
    });
  });
});
