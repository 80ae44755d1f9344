// What the commands load: a gateway's memory and what somebody could do with it depend on it. Started as processes that say what they
// resolve, because an import may hide anywhere.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, it } from 'node:test';

const main = resolve(import.meta.dirname, '../../src/cli/main.ts');
/** Prints every module that is resolved. */
const tracer = `import { registerHooks } from 'node:module';
registerHooks({ resolve(specifier, context, next) {
  const found = next(specifier, context);
  process.stderr.write('resolved ' + found.url + '\\n');
  return found;
} });`;

/** Runs a command until its output matches, or it ends; returns the packages and folders of src that it loaded. */
async function loadedBy(parts: readonly string[], until: RegExp): Promise<Set<string>> {
  const trace = `data:text/javascript,${encodeURIComponent(tracer)}`;
  const child = spawn(process.execPath, ['--import', trace, main, ...parts], { stdio: 'pipe' });
  let output = '';
  const stop = setTimeout(() => child.kill('SIGKILL'), 30_000);
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output += chunk;
      if (until.test(output)) child.kill('SIGTERM');
    });
  }
  await new Promise((done) => child.once('close', done));
  clearTimeout(stop);
  assert.match(output, until);
  const urls = [...output.matchAll(/^resolved (\S+)$/gm)].map(([, url = '']) => url);
  return new Set(urls.map(nameOf));
}

function nameOf(url: string): string {
  const [, dependency] = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url) ?? [];
  if (dependency !== undefined) return dependency;
  return /\/(src\/[^/]+)\//.exec(url)?.[1] ?? url;
}

describe('the modules of a command', () => {
  it('of the gateway include no client of Kubernetes, no operator and no prober', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'vpn-operator-modules-'));
    try {
      const loaded = await loadedBy(
        ['gateway', `--config-dir=${folder}`, `--state-dir=${folder}`, '--http-address=127.0.0.1:0'],
        /HTTP on http:/,
      );
      assert.ok(loaded.has('src/gateway') && loaded.has('src/protocol'), [...loaded].join(' '));
      for (const forbidden of ['@kubernetes/client-node', 'src/operator', 'src/probe', 'openid-client', 'ws'])
        assert.ok(!loaded.has(forbidden), forbidden);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('of the operator include no gateway and no system call', async () => {
    const loaded = await loadedBy(
      ['operator', '--kubeconfig=/nonexistent', '--http-address=127.0.0.1:0'],
      /nonexistent/,
    );
    assert.ok(loaded.has('@kubernetes/client-node') && loaded.has('src/operator'), [...loaded].join(' '));
    for (const forbidden of ['koffi', 'node-tun', 'src/gateway'])
      assert.ok(!loaded.has(forbidden), forbidden);
  });
});
