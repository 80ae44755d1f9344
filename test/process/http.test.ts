import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type HttpOptions,
  type HttpRoute,
  type HttpServer,
  HttpStartError,
  serveHttp,
} from '../../src/process/http.ts';
import { eventually } from '../support/lab/commands.ts';

const folder = mkdtempSync(join(tmpdir(), 'http-test-'));
const tokenFile = join(folder, 'token');
const token = 'a7c1-token';
after(() => rmSync(folder, { recursive: true }));

const open: HttpServer[] = [];
const logged: string[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close()));
  logged.splice(0);
});

const routes: HttpRoute[] = [
  {
    path: '/metrics',
    access: 'protected',
    answer: () => ({ status: 200, contentType: 'text/plain', body: 'up 1\n' }),
  },
  {
    path: '/healthz',
    access: 'open',
    answer: async () => ({ status: 200, contentType: 'text/plain', body: 'ok\n' }),
  },
  {
    path: '/broken',
    access: 'open',
    answer: () => {
      throw new Error('secret detail');
    },
  },
];

async function start(changes: Partial<HttpOptions> = {}): Promise<HttpServer> {
  const log = {
    error: (event: object, message: string) => logged.push(`${message} ${JSON.stringify(event)}`),
  };
  const server = await serveHttp({ address: '127.0.0.1:0', routes, log, ...changes });
  open.push(server);
  return server;
}

/** On every address, asked through loopback: what another machine would see. */
async function startGuarded(): Promise<string> {
  writeFileSync(tokenFile, `${token}\n`);
  const server = await start({ address: '0.0.0.0:0', tokenFile });
  return server.address.replace('0.0.0.0', '127.0.0.1');
}

function get(address: string, path: string, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`http://${address}${path}`, { headers });
}

async function failure(changes: Partial<HttpOptions>): Promise<HttpStartError> {
  const error = await start(changes).catch((thrown: unknown) => thrown);
  assert.ok(error instanceof HttpStartError, String(error));
  assert.ok(!error.message.includes('\n'));
  return error;
}

describe('the HTTP server', () => {
  it('takes every address of both families when the host is left out, and asks for the token there', async () => {
    const routesOfProbes = routes.filter(({ access }) => access === 'open');
    const { address } = await start({ address: ':0', routes: routesOfProbes });
    const port = address.slice(address.lastIndexOf(':') + 1);
    const hosts = address.startsWith('[::]') ? ['127.0.0.1', '[::1]'] : ['127.0.0.1'];
    for (const host of hosts) assert.equal((await fetch(`http://${host}:${port}/healthz`)).status, 200);
    await assert.rejects(start({ address: ':0' }), /give --token-file/);
  });

  it('answers its routes, whatever the query', async () => {
    const { address } = await start();
    const response = await get(address, '/metrics?x=1');
    assert.deepEqual([response.status, await response.text()], [200, 'up 1\n']);
    assert.equal(response.headers.get('cache-control'), 'no-store');
  });

  it('answers an unknown path with 404 and another method with 405', async () => {
    const { address } = await start();
    assert.equal((await get(address, '/metrics/')).status, 404);
    for (const method of ['POST', 'PUT', 'DELETE', 'HEAD', 'OPTIONS']) {
      const response = await fetch(`http://${address}/metrics`, { method });
      assert.deepEqual([response.status, response.headers.get('allow')], [405, 'GET'], method);
    }
  });

  it('answers 500 without the detail when a route fails, and logs it', async () => {
    const { address } = await start();
    const response = await get(address, '/broken');
    assert.deepEqual([response.status, await response.text()], [500, 'internal error\n']);
    assert.equal(logged.length, 1);
    assert.equal((await get(address, '/healthz')).status, 200);
  });

  it('needs no token on loopback', async () => {
    for (const address of ['127.0.0.1:0', 'localhost:0', '127.0.0.2:0']) {
      const server = await start({ address });
      assert.equal((await get(server.address, '/metrics')).status, 200, address);
    }
  });

  it('asks for the token elsewhere, but not for the probes', async () => {
    const address = await startGuarded();
    assert.equal((await get(address, '/healthz')).status, 200);
    const refused = await get(address, '/metrics');
    assert.deepEqual([refused.status, refused.headers.get('www-authenticate')], [401, 'Bearer']);
    assert.ok(!(await refused.text()).includes(token));
    const wrong = [
      'Bearer',
      'Bearer ',
      'Bearer x',
      `Bearer ${token}x`,
      `Bearer ${token.slice(1)}`,
      `Basic ${token}`,
      token,
    ];
    for (const authorization of wrong) {
      assert.equal((await get(address, '/metrics', { authorization })).status, 401, authorization);
    }
    assert.equal((await get(address, '/metrics', { authorization: `Bearer ${token}` })).status, 200);
    assert.equal((await get(address, '/metrics', { authorization: `bearer ${token}` })).status, 200);
  });

  it('follows a rotated token, and lets nobody in while the file is empty or gone', async () => {
    const address = await startGuarded();
    writeFileSync(tokenFile, 'second');
    assert.equal((await get(address, '/metrics', { authorization: `Bearer ${token}` })).status, 401);
    assert.equal((await get(address, '/metrics', { authorization: 'Bearer second' })).status, 200);
    writeFileSync(tokenFile, '\n');
    assert.equal((await get(address, '/metrics', { authorization: 'Bearer second' })).status, 401);
    rmSync(tokenFile);
    assert.ok((await get(address, '/metrics', { authorization: 'Bearer second' })).status >= 400);
  });

  it('refuses to start beyond loopback without a token', async () => {
    for (const address of ['0.0.0.0:0', '[::]:0']) {
      const error = await failure({ address });
      assert.equal(error.kind, 'usage');
      assert.match(error.message, /--token-file/);
    }
    writeFileSync(tokenFile, ' \n');
    assert.match((await failure({ address: '0.0.0.0:0', tokenFile })).message, /is empty/);
    assert.match(
      (await failure({ address: '0.0.0.0:0', tokenFile: join(folder, 'none') })).message,
      /none: ENOENT/,
    );
  });

  it('says which address is taken and what to do', async () => {
    const first = await start();
    const error = await failure({ address: first.address });
    assert.equal(error.kind, 'host');
    assert.match(
      error.message,
      new RegExp(`^HTTP address ${first.address}: already taken; .*--http-address$`),
    );
  });

  it('says when the machine has no such address', async () => {
    writeFileSync(tokenFile, token);
    const error = await failure({ address: '203.0.113.9:0', tokenFile });
    assert.deepEqual(
      [error.kind, error.message],
      ['host', 'HTTP address 203.0.113.9:0: this machine has no such address'],
    );
  });

  for (const address of [
    '',
    '9723',
    ':9723',
    '127.0.0.1',
    '127.0.0.1:',
    '127.0.0.1:70000',
    '127.0.0.1:x',
    '::1:9723',
    'a b:1',
  ]) {
    it(`refuses the address "${address}" as wrong usage`, async () => {
      assert.equal((await failure({ address })).kind, 'usage');
    });
  }

  it('holds at most 64 connections', async () => {
    const { address } = await start();
    const sockets = await Promise.all(Array.from({ length: 80 }, () => dial(address)));
    const closed = () => sockets.filter((socket) => socket.closed).length;
    await eventually('the end of the rest', 4_000, () => (closed() >= 16 ? 'closed' : undefined));
    await sleep(100);
    const alive = sockets.filter((socket) => !socket.closed);
    for (const socket of sockets) socket.destroy();
    assert.equal(alive.length, 64);
  });

  it('answers the next one though strangers hold all connections and say nothing', async () => {
    const { address } = await start();
    const sockets = await Promise.all(Array.from({ length: 200 }, () => dial(address)));
    assert.equal((await get(address, '/healthz')).status, 200);
    for (const socket of sockets) socket.destroy();
  });

  it('works for no more than 32 requests of one connection, however many come at once', async () => {
    let asked = 0;
    const answer = () => ({ status: 200, contentType: 'text/plain', body: `${++asked}\n` });
    const { address } = await start({ routes: [{ path: '/count', access: 'open', answer }] });
    const socket = await dial(address);
    socket.write('GET /count HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(1_000));
    socket.resume();
    await sleep(300);
    socket.destroy();
    assert.equal(asked, 32);
  });

  it('takes an answer back that nobody reads', async () => {
    const body = 'x'.repeat(50_000_000);
    const answer = () => ({ status: 200, contentType: 'text/plain', body });
    const { address } = await start({
      ...{ routes: [{ path: '/large', access: 'open', answer }], limits: { answerTime: 300 } },
    });
    const socket = await dial(address);
    socket.pause();
    socket.write('GET /large HTTP/1.1\r\nHost: a\r\n\r\n');
    await sleep(500);
    let read = 0;
    socket.on('data', (bytes) => {
      read += bytes.length;
    });
    await new Promise((resolve) => socket.once('close', resolve).resume());
    assert.ok(read < body.length, `${read} bytes came`);
  });

  it('drops a client that does not finish its headers in 5 s', { timeout: 9000 }, async () => {
    const { address } = await start();
    const socket = await dial(address);
    socket.write('GET /metrics HTTP/1.1\r\nHost:');
    const began = performance.now();
    await new Promise((resolve) => socket.once('close', resolve).resume());
    assert.ok(performance.now() - began < 8000);
  });

  it('survives garbage and oversized headers', async () => {
    const { address } = await start();
    for (const bytes of [
      '\0\x01\x02',
      'GET / HTTP/9.9\r\n\r\n',
      `GET /metrics HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`,
    ]) {
      const socket = await dial(address);
      socket.write(bytes);
      await new Promise((resolve) => socket.once('close', resolve).resume());
    }
    assert.equal((await get(address, '/healthz')).status, 200);
  });

  it('stops within its second of grace while clients hang on, and frees the port', {
    timeout: 5000,
  }, async () => {
    let hangs = 0;
    const answer = (): Promise<never> => {
      hangs++;
      return new Promise(() => {});
    };
    const hanging: HttpRoute = { path: '/hang', access: 'open', answer };
    const server = await start({ routes: [...routes, hanging] });
    const idle = await dial(server.address);
    const stuck = request(`http://${server.address}/hang`).on('error', () => {});
    stuck.end();
    await eventually('a client that hangs on', 3_000, () => (hangs > 0 ? 'so' : undefined));
    const began = performance.now();
    await server.close();
    assert.ok(performance.now() - began < 1500);
    const again = createServer();
    await new Promise<void>((resolve) =>
      again.listen(Number(server.address.split(':')[1]), '127.0.0.1', resolve),
    );
    again.close();
    idle.destroy();
  });
});

function dial(address: string): Promise<Socket> {
  const [host, port] = address.split(':');
  return new Promise((resolve) => {
    const socket = connect(Number(port), host ?? '', () => resolve(socket));
    socket.on('error', () => {});
  });
}
