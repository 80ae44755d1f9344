// What can be told without a network: wrong usage, a closed port, the lines of a report.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { type ProbeCommandOptions, runProbe } from '../../src/cli/probe.ts';
import { UsageError } from '../../src/cli/usage-error.ts';
import { conclusion, noFindings, type ProbeReport, stepLine } from '../../src/probe/report.ts';

const folder = mkdtempSync(join(tmpdir(), 'probe-test-'));
after(() => rmSync(folder, { recursive: true }));

function fileOf(name: string, content: string | Uint8Array): string {
  const file = join(folder, name);
  writeFileSync(file, content);
  return file;
}

const right: ProbeCommandOptions = {
  server: '127.0.0.1',
  user: 'alice',
  passwordFile: fileOf('password', 'correct horse\n'),
  output: 'json',
  timeout: '2s',
};

const silent = { stdout: { write: () => assert.fail('nothing may be printed') } };

const allPassed: ProbeReport = {
  ...noFindings(),
  server: 'vpn.example.com',
  user: 'alice',
  passed: true,
  steps: [],
  failure: null,
  loginSeconds: 0.0612,
  roundTripSeconds: { minimum: 0.01, average: 0.0197, maximum: 0.03 },
  tunnelMTU: 1410,
  pathMTU: 1454,
};

describe('vpn-operator probe', () => {
  for (const [what, options, message] of [
    ['an unknown output format', { output: 'yaml' }, /--output "yaml": use table or json/],
    ['an empty server', { server: ' ' }, /--server/],
    ['an empty user', { user: '' }, /--user/],
    ['a timeout without unit', { timeout: '10' }, /--timeout "10": use a duration like 10s/],
    ['no patience at all', { timeout: '0s' }, /--timeout "0s"/],
    ['a password file that is not there', { passwordFile: join(folder, 'none') }, /none: ENOENT; give/],
    ['an empty password file', { passwordFile: fileOf('empty', '\n') }, /holds no password/],
    ['a password that is not text', { passwordFile: fileOf('bytes', Uint8Array.of(0xff)) }, /UTF-8/],
  ] as const) {
    it(`refuses ${what} before it sends anything`, async () => {
      await assert.rejects(runProbe({ ...right, ...options }, silent), (error) => {
        assert.ok(error instanceof UsageError);
        assert.match(error.message, message);
        return true;
      });
    });
  }

  it('ends with 1 and a whole report where nothing listens', async () => {
    let text = '';
    const code = await runProbe(right, { stdout: { write: (part) => (text += part) } });
    const report = JSON.parse(text) as ProbeReport;
    assert.equal(code, 1);
    assert.equal(report.passed, false);
    assert.match(report.failure?.reason ?? '', /^(tcp_refused|no_permission)$/);
    assert.deepEqual(
      Object.keys(noFindings()).filter((name) => !(name in report)),
      [],
    );
    assert.equal(report.steps.length, 12);
    assert.ok(!text.includes('correct horse'));
  });

  it('shows a step on one line, with colour only on a terminal', () => {
    const step = { name: 'tcp', status: 'passed', seconds: 0.0041, detail: 'from 192.0.2.7' } as const;
    assert.match(stepLine(step, 'plain'), /^✓ connect to TCP port 1723 +4\.1 ms {2}from 192\.0\.2\.7$/);
    assert.ok(stepLine(step, 'coloured').startsWith('\x1b[32m✓\x1b[0m '));
    assert.equal(stepLine({ ...step, status: 'skipped', detail: '' }, 'plain'), '- connect to TCP port 1723');
  });

  it('ends with the figures, or with what is wrong and the fix', () => {
    assert.match(
      conclusion(allPassed),
      /alice can log in to vpn\.example\.com: login 61\.2 ms, round trip 19\.7 ms, tunnel MTU 1410 bytes \(path 1454\)\./,
    );
    const failure = { step: 'gre', reason: 'no_gre', message: 'no GRE came', fix: 'open it' } as const;
    assert.equal(conclusion({ ...allPassed, failure }), '\nFailed: no GRE came.\nFix: open it.\n');
  });
});
