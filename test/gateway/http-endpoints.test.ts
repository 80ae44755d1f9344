import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { gatewayRoutes } from '../../src/gateway/http-endpoints.ts';
import { createGatewayMetrics } from '../../src/gateway/metrics.ts';
import { serveHttp } from '../../src/process/http.ts';
import { snapshot } from './snapshot.ts';

describe("a gateway's endpoints", async () => {
  let missing: string | undefined = 'the TUN device is not up';
  const metrics = createGatewayMetrics({ version: '0.1.0', nodeVersion: process.version });
  const routes = gatewayRoutes({ metrics, sessions: () => [snapshot()], unready: () => missing });
  const server = await serveHttp({ address: '127.0.0.1:0', routes, log: { error: () => {} } });
  after(() => server.close());
  const get = async (path: string) => {
    const response = await fetch(`http://${server.address}${path}`);
    return {
      status: response.status,
      type: response.headers.get('content-type'),
      body: await response.text(),
    };
  };

  it('answers /v1/sessions with JSON', async () => {
    const { status, type, body } = await get('/v1/sessions');
    assert.deepEqual([status, type], [200, 'application/json; charset=utf-8']);
    const { sessions } = JSON.parse(body) as { sessions: { user: string }[] };
    assert.deepEqual(
      sessions.map(({ user }) => user),
      ['alice'],
    );
  });

  it('answers /metrics in the Prometheus text format', async () => {
    const { status, type, body } = await get('/metrics');
    assert.deepEqual([status, type], [200, 'text/plain; version=0.0.4; charset=utf-8']);
    assert.match(body, /^# TYPE vpn_sessions gauge$/m);
  });

  it('answers /healthz with 200 while it runs', async () => {
    assert.deepEqual((await get('/healthz')).body, 'ok\n');
  });

  it('answers /readyz with 503 and what is missing, then with 200', async () => {
    const before = await get('/readyz');
    assert.deepEqual([before.status, before.body], [503, 'the TUN device is not up\n']);
    missing = undefined;
    assert.equal((await get('/readyz')).status, 200);
  });

  it('protects what shows sessions and leaves the probes open', () => {
    assert.deepEqual(
      routes.map(({ path, access }) => `${path} ${access}`),
      ['/metrics protected', '/v1/sessions protected', '/healthz open', '/readyz open'],
    );
  });
});
