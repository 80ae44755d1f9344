// What was learned of the paths survives a restart, and no state of the file can hurt.
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { PathMtuFile } from '../../src/gateway/path-mtu-file.ts';

const home = 0xc000_0207;

describe('the file of path MTUs', () => {
  let folder = '';
  const warnings: string[] = [];
  const open = (path = join(folder, 'state/path-mtu.json')) =>
    new PathMtuFile(path, (text) => warnings.push(text));

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'path-mtu-'));
    warnings.length = 0;
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('gives the next start what this one learned, readable for its owner and its group only', () => {
    const first = open();
    first.memory.learn('vpn/alice', home, 1454, Date.now());
    first.close();
    const next = open();
    assert.equal(next.memory.recall('vpn/alice', home, Date.now()), 1454);
    assert.equal(statSync(join(folder, 'state/path-mtu.json')).mode & 0o777, 0o640);
    next.close();
  });

  it('is written 10 s after something was learned, so that who is killed loses little, and else not at all', (t) => {
    t.mock.timers.enable({ apis: ['setInterval'] });
    const path = join(folder, 'path-mtu.json');
    const file = open(path);
    t.mock.timers.tick(10_000);
    assert.equal(existsSync(path), false);
    file.memory.learn('vpn/alice', home, 1454, Date.now());
    t.mock.timers.tick(10_000);
    assert.match(readFileSync(path, 'utf8'), /1454/);
    rmSync(path);
    t.mock.timers.tick(10_000);
    assert.equal(existsSync(path), false);
    file.close();
  });

  it('begins empty with a broken file, and replaces it whole', () => {
    const path = join(folder, 'path-mtu.json');
    writeFileSync(path, '{"format":1,"entries":[{"user":');
    const file = open(path);
    assert.equal(file.memory.size, 0);
    file.memory.learn('vpn/alice', home, 1454, Date.now());
    file.close();
    assert.match(readFileSync(path, 'utf8'), /1454/);
  });

  it('warns once when it cannot be written, and goes on', () => {
    writeFileSync(join(folder, 'plain'), '');
    const file = open(join(folder, 'plain/path-mtu.json'));
    file.memory.learn('vpn/alice', home, 1454, Date.now());
    file.save();
    file.close();
    assert.equal(warnings.length, 1);
    assert.match(warnings[0] ?? '', /not kept over a restart/);
  });
});
