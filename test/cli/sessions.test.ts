import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { runSessions, type SessionsOptions } from '../../src/cli/sessions.ts';
import { UsageError } from '../../src/cli/usage-error.ts';
import { gatewayRoutes } from '../../src/gateway/http-endpoints.ts';
import type { SessionSnapshot } from '../../src/gateway/session-view.ts';
import { type HttpAnswer, serveHttp } from '../../src/process/http.ts';
import { snapshot } from '../gateway/snapshot.ts';

const folder = mkdtempSync(join(tmpdir(), 'sessions-test-'));
const tokenFile = join(folder, 'token');
const token = 'a-token-of-this-test';
writeFileSync(tokenFile, `${token}\n`);
const closing: (() => Promise<void>)[] = [];
after(async () => {
  await Promise.all(closing.map((close) => close()));
  rmSync(folder, { recursive: true });
});

async function gateway(sessions: SessionSnapshot[], address = '127.0.0.1:0'): Promise<string> {
  const metrics = { contentType: 'text/plain', scrape: async () => '' };
  const routes = gatewayRoutes({ metrics, sessions: () => sessions, unready: () => undefined });
  const server = await serveHttp({ address, tokenFile, routes, log: { error: () => {} } });
  closing.push(server.close);
  return server.address.replace('0.0.0.0', '127.0.0.1');
}

async function answering(answer: HttpAnswer): Promise<string> {
  const routes = [{ path: '/v1/sessions', access: 'open' as const, answer: () => answer }];
  const server = await serveHttp({ address: '127.0.0.1:0', routes, log: { error: () => {} } });
  closing.push(server.close);
  return server.address;
}

async function run(options: Partial<SessionsOptions>) {
  let stdout = '';
  let stderr = '';
  const io = {
    stdout: { write: (text: string) => (stdout += text) },
    stderr: { write: (text: string) => (stderr += text) },
  };
  const code = await runSessions({ httpAddress: '127.0.0.1:1', output: 'table', ...options }, io);
  assert.ok(!(stdout + stderr).includes(token));
  return { code, stdout, stderr };
}

describe('vpn-operator sessions', () => {
  it('shows a table', async () => {
    const { code, stdout, stderr } = await run({ httpAddress: await gateway([snapshot()]) });
    assert.deepEqual([code, stderr], [0, '']);
    assert.match(stdout, /^USER .*\nalice +10\.77\.0\.2 +192\.0\.2\.7 +MPPE-128-stateless .*\n$/);
  });

  it('shows the JSON of the gateway', async () => {
    const { code, stdout } = await run({ httpAddress: await gateway([snapshot()]), output: 'json' });
    const body = JSON.parse(stdout) as { sessions: { pathMTU: number }[] };
    assert.deepEqual([code, body.sessions[0]?.pathMTU], [0, 1454]);
  });

  it('says so when nobody is logged in', async () => {
    const httpAddress = await gateway([]);
    assert.equal((await run({ httpAddress })).stdout, 'No sessions: nobody is logged in.\n');
    assert.deepEqual(JSON.parse((await run({ httpAddress, output: 'json' })).stdout), { sessions: [] });
  });

  it('sends the token, and says which option is missing without it', async () => {
    const httpAddress = await gateway([snapshot()], '0.0.0.0:0');
    assert.equal((await run({ httpAddress, tokenFile })).code, 0);
    const refused = await run({ httpAddress });
    assert.deepEqual([refused.code, refused.stdout], [1, '']);
    assert.match(refused.stderr, /^vpn-operator: \S+: the gateway asks for a token: give --token-file\n$/);
  });

  it('says in one line that nothing listens', async () => {
    const gone = createTcpServer();
    await new Promise<void>((resolve) => gone.listen(0, '127.0.0.1', resolve));
    const { port } = gone.address() as { port: number };
    await new Promise((resolve) => gone.close(resolve));
    const { code, stdout, stderr } = await run({ httpAddress: `127.0.0.1:${port}` });
    assert.deepEqual([code, stdout], [1, '']);
    assert.match(stderr, /^vpn-operator: 127\.0\.0\.1:\d+: nothing listens there; .*\n$/);
  });

  it('says in one line that something else listens', async () => {
    const plain = { status: 200, contentType: 'text/plain' };
    for (const answer of [
      { ...plain, body: '<html>' },
      { ...plain, body: '{}' },
      { ...plain, body: 'null' },
      { ...plain, status: 404, body: '' },
    ]) {
      const { code, stderr } = await run({ httpAddress: await answering(answer) });
      assert.equal(code, 1);
      assert.match(stderr, /^vpn-operator: \S+: answers, but is no gateway .*\n$/);
    }
  });

  it('says in one line that the connection broke', async () => {
    const server = createTcpServer((socket) => socket.destroy());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    const { code, stderr } = await run({ httpAddress: `127.0.0.1:${port}` });
    server.close();
    assert.equal(code, 1);
    assert.match(stderr, /^[^\n]+cannot ask the gateway \([A-Z_]+\)\n$/);
  });

  it('refuses wrong options as wrong usage', async () => {
    const wrong: Partial<SessionsOptions>[] = [
      { output: 'yaml' },
      { httpAddress: '9723' },
      { tokenFile: join(folder, 'none') },
      { tokenFile: '/dev/null' },
    ];
    for (const options of wrong) {
      await assert.rejects(
        run(options),
        (error) => error instanceof UsageError && !error.message.includes('\n'),
      );
    }
  });
});
