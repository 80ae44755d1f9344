import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { afterEach, describe, it } from 'node:test';
import { createLog, type LogOptions, printable } from '../../src/process/log.ts';
import { Secret } from '../../src/process/secret.ts';

const canary = 'correct horse battery';
const hostile = {
  'a line feed': 'bob\n{"level":"error","msg":"forged"}',
  'a carriage return': 'bob\rforged',
  'an escape sequence': '\x1b[2J\x1b]0;title\x07',
  'a right-to-left override': 'bob\u202egnp.exe',
  'a line separator': 'bob\u2028forged',
  'a C1 control': 'bob\u009b2Jforged',
  'a NUL': 'bob\0forged',
  'half a surrogate pair': 'bob\ud83d',
  'the other half': '\ude00bob',
  '64 kB': 'A'.repeat(65_536),
  '64 kB of line feeds': '\n'.repeat(65_536),
  backslashes: 'bob\\n\\u000a\\',
};

function capture(options: LogOptions = {}) {
  const lines: string[] = [];
  const log = createLog({
    level: 'trace',
    format: 'json',
    ...options,
    destination: { write: (line) => lines.push(line) },
  });
  return { log, lines };
}

function printableAscii(text: string): boolean {
  return /^[\x20-\x7e]*$/.test(text);
}

describe('printable', () => {
  for (const [name, text] of Object.entries(hostile)) {
    it(`makes ${name} printable ASCII of at most 64 characters`, () => {
      const shown = printable(text);
      assert.ok(printableAscii(shown), JSON.stringify(shown));
      assert.ok(shown.length <= 64, String(shown.length));
    });
  }

  it('leaves a plain name as it is', () => {
    assert.equal(printable('OFFICE-alice@example.com'), 'OFFICE-alice@example.com');
  });

  it('escapes what is not printable ASCII, and the backslash, so that two names never look the same', () => {
    assert.equal(printable('a\nb'), 'a\\x0ab');
    assert.equal(printable('a\\x0ab'), 'a\\\\x0ab');
    assert.equal(printable('田中'), '\\u{7530}\\u{4e2d}');
    assert.equal(printable('\u{1f600}'), '\\u{1f600}');
    assert.equal(printable('\ud83d'), '\\u{d83d}');
  });

  it('keeps exactly 64 characters and marks what it cut, never inside an escape', () => {
    assert.equal(printable('a'.repeat(64)), 'a'.repeat(64));
    assert.equal(printable('a'.repeat(65)), `${'a'.repeat(61)}...`);
    assert.equal(printable(`${'a'.repeat(59)}\n\n\n`), `${'a'.repeat(59)}...`);
    assert.equal(printable(`${'a'.repeat(56)}\n${'b'.repeat(9)}`), `${'a'.repeat(56)}\\x0ab...`);
  });
});

describe('the log', () => {
  for (const [name, text] of Object.entries(hostile)) {
    it(`writes one JSON line for one event with ${name} in its message and its fields`, () => {
      const { log, lines } = capture();
      log.info({ user: text, deep: { hostName: text } }, text);
      assert.equal(lines.length, 1);
      const line = lines[0] ?? '';
      assert.ok(line.endsWith('\n') && printableAscii(line.slice(0, -1)));
      const event = JSON.parse(line) as Record<string, unknown>;
      assert.deepEqual([event['level'], event['msg'], event['user']], ['info', text, text]);
    });

    it(`writes one readable line for one event with ${name}`, () => {
      const { log, lines } = capture({ format: 'pretty' });
      log.info({ user: text }, text);
      assert.equal(lines.length, 1);
      const line = lines[0] ?? '';
      assert.match(line, /^\[[\d:.]+\] INFO: /);
      assert.ok(line.endsWith('\n') && printableAscii(line.slice(0, -1)), JSON.stringify(line.slice(0, 200)));
    });
  }

  it('carries level, time and fields', () => {
    const { log, lines } = capture();
    log.child({ server: 'office' }).warn({ user: 'alice', port: 1723 }, 'authenticated');
    const { time, ...event } = JSON.parse(lines[0] ?? '') as Record<string, unknown>;
    assert.match(String(time), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    assert.deepEqual(event, {
      level: 'warn',
      server: 'office',
      user: 'alice',
      port: 1723,
      msg: 'authenticated',
    });
  });

  it('reads well on a terminal', () => {
    const { log, lines } = capture({ format: 'pretty' });
    log.info({ user: 'alice', address: '10.77.0.2' }, 'authenticated');
    assert.match(
      lines[0] ?? '',
      /^\[[\d:.]+\] INFO: authenticated \{"user":"alice","address":"10.77.0.2"\}\n$/,
    );
  });

  it('keeps quotes and backslashes of a message on a terminal', () => {
    const { log, lines } = capture({ format: 'pretty' });
    log.info('said "yes" \\ no');
    assert.match(lines[0] ?? '', /INFO: said "yes" \\ no\n$/);
  });

  it('redacts secrets by name at any depth, wrapped secrets and raw bytes', () => {
    const { log, lines } = capture();
    const bytes = new TextEncoder().encode(canary);
    log
      .child({ token: canary })
      .info({ password: canary, user: { ntHash: canary, list: [{ startKey: canary }] } }, 'a');
    log.info(
      {
        headers: { Authorization: `Bearer ${canary}` },
        key: new Secret(canary),
        bytes,
        buffer: Buffer.from(bytes),
      },
      'b',
    );
    const text = lines.join('');
    for (const form of [
      canary,
      Buffer.from(canary).toString('hex'),
      Buffer.from(canary).toString('base64'),
    ]) {
      assert.ok(!text.includes(form), text);
    }
    assert.ok(!text.includes(Array.from(bytes.slice(0, 4)).join(',')), text);
  });

  it('shows an error with type, message and code on one line', () => {
    const { log, lines } = capture();
    log.error({ err: Object.assign(new Error('no TUN'), { code: 'ENOENT', password: canary }) }, 'failed');
    const { err } = JSON.parse(lines[0] ?? '') as { err: Record<string, unknown> };
    assert.deepEqual([err['type'], err['message'], err['code']], ['Error', 'no TUN', 'ENOENT']);
    assert.equal(lines.length, 1);
    assert.ok(!lines.join('').includes(canary));
  });

  it('survives cycles and values that refuse to be read', () => {
    const { log, lines } = capture();
    const cycle: Record<string, unknown> = {};
    cycle['self'] = cycle;
    log.info({ cycle, count: 1 }, 'still here');
    assert.equal((JSON.parse(lines[0] ?? '') as { msg: string }).msg, 'still here');
  });

  describe('level', () => {
    const before = process.env['LOG_LEVEL'];
    afterEach(() => {
      if (before === undefined) delete process.env['LOG_LEVEL'];
      else process.env['LOG_LEVEL'] = before;
    });
    const destination = { write: () => {} };

    it('comes from the option, then from LOG_LEVEL, then is info', () => {
      delete process.env['LOG_LEVEL'];
      assert.equal(createLog({ destination }).level, 'info');
      process.env['LOG_LEVEL'] = 'WARN';
      assert.equal(createLog({ destination }).level, 'warn');
      assert.equal(createLog({ destination, level: 'debug' }).level, 'debug');
    });

    it('refuses an unknown LOG_LEVEL and names the known ones', () => {
      process.env['LOG_LEVEL'] = 'loud\n';
      assert.throws(
        () => createLog({ destination }),
        /^Error: LOG_LEVEL: "loud\\x0a" is not a level; use one of trace, debug/,
      );
    });
  });

  it('loses no line when the process exits at once', () => {
    const module = new URL('../../src/process/log.ts', import.meta.url).href;
    const program = `import { createLog } from ${JSON.stringify(module)};
      const log = createLog(); for (let i = 0; i < 1000; i++) log.info({ i }, 'line'); process.exit(0);`;
    const { stdout, status } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
      encoding: 'utf8',
    });
    assert.equal(status, 0);
    const lines = stdout.trimEnd().split('\n');
    assert.equal(lines.length, 1000);
    assert.equal((JSON.parse(lines.at(-1) ?? '') as { i: number }).i, 999);
  });
});
