import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { systemClock } from '../../../src/operator/clock.ts';
import { Cache } from '../../../src/operator/kube/cache.ts';
import type { KubeObject } from '../../../src/operator/kube/object.ts';
import { Reflector } from '../../../src/operator/kube/reflector.ts';
import { pods } from '../../../src/operator/kube/resource.ts';
import { createLog } from '../../../src/process/log.ts';
import { eventually } from '../../support/lab/commands.ts';
import {
  brokenWatch,
  fail,
  item,
  list,
  openWatch,
  ScriptedApi,
  watch,
} from '../../support/operator/scripted-api.ts';

describe('the reflector', () => {
  let api: ScriptedApi;
  let stop: AbortController;
  let running: Promise<void>;
  let cache: Cache<KubeObject>;
  let told: string[];
  let failures: string[];
  let lines: string[];

  beforeEach(async () => {
    api = await ScriptedApi.start();
    stop = new AbortController();
    told = [];
    failures = [];
    lines = [];
    cache = new Cache((error) => failures.push(String(error)));
    cache.listen(({ key, before, after }) => {
      told.push(
        `${key} ${before?.metadata.resourceVersion ?? '-'} ${after?.metadata.resourceVersion ?? '-'}`,
      );
    });
  });
  afterEach(async () => {
    stop.abort();
    api.close();
    await running;
  });

  /** Waits a hundredth of the time that a backoff asks for. */
  function reflect(random = () => 0): Reflector<KubeObject> {
    const clock = {
      ...systemClock,
      after: (delay: number, expire: () => void) => systemClock.after(delay / 50, expire),
    };
    const reflector = new Reflector({
      client: api.client,
      resource: pods,
      namespace: 'vpn',
      cache,
      keep: (object) => object,
      clock,
      random,
      log: createLog({
        level: 'warn',
        format: 'json',
        destination: { write: (line) => void lines.push(line) },
      }),
    });
    running = reflector.run(stop.signal);
    return reflector;
  }

  const names = () =>
    cache
      .all()
      .map(({ metadata }) => metadata.name)
      .sort()
      .join();
  const until = (what: string, isSo: () => boolean) =>
    eventually(what, 5_000, () => (isSo() ? true : undefined));
  const parameter = (index: number, name: string) => api.requests[index]?.searchParams.get(name);

  it('lists page by page, then watches from there with bookmarks and an end', async () => {
    api.script(list([item('a', '1')], '10', 'page2'), list([item('b', '2')], '10'), openWatch());
    const reflector = reflect();
    assert.equal(reflector.hasSynced, false);
    await until('three requests', () => api.requests.length === 3);
    assert.deepEqual([parameter(0, 'limit'), parameter(0, 'continue')], ['500', null]);
    assert.equal(parameter(1, 'continue'), 'page2');
    assert.deepEqual(
      ['watch', 'allowWatchBookmarks', 'resourceVersion', 'timeoutSeconds'].map((name) => parameter(2, name)),
      ['true', 'true', '10', '300'],
    );
    assert.equal(names(), 'a,b');
    assert.equal(reflector.hasSynced, true);
  });

  it('asks for a time between 5 and 10 minutes, so that watches do not end together', async () => {
    api.script(list([], '1'), openWatch());
    reflect(() => 0.999);
    await until('the watch', () => api.requests.length === 2);
    assert.equal(parameter(1, 'timeoutSeconds'), '600');
  });

  it('follows what is added, changed and removed', async () => {
    const events = [
      { type: 'ADDED', object: item('b', '11') },
      { type: 'MODIFIED', object: item('a', '12') },
      { type: 'DELETED', object: item('b', '13') },
    ];
    api.script(list([item('a', '1')], '10'), openWatch(...events));
    reflect();
    await until('the last event', () => told.length === 4);
    assert.deepEqual(told, ['vpn/a - 1', 'vpn/b - 11', 'vpn/a 1 12', 'vpn/b 11 -']);
  });

  it('goes on from the last bookmark when the server ends the watch, without a new list', async () => {
    api.script(
      list([], '10'),
      watch({ type: 'BOOKMARK', object: { metadata: { resourceVersion: '77' } } }),
      openWatch(),
    );
    reflect();
    await until('the second watch', () => api.requests.length === 3);
    assert.equal(parameter(2, 'resourceVersion'), '77');
  });

  it('goes on after HTTP 500 on the watch, where client-node’s informer stops for ever', async () => {
    api.script(list([], '10'), fail(500), openWatch({ type: 'ADDED', object: item('a', '11') }));
    reflect();
    await until('the object', () => names() === 'a');
    assert.equal(parameter(2, 'resourceVersion'), '10');
    assert.match(lines.join(''), /watching pods in vpn: scripted 500/);
  });

  it('goes on after a connection that breaks in mid-stream', async () => {
    api.script(
      list([], '10'),
      brokenWatch({ type: 'ADDED', object: item('a', '11') }),
      openWatch({ type: 'ADDED', object: item('b', '12') }),
    );
    reflect();
    await until('both', () => names() === 'a,b');
    assert.equal(parameter(2, 'resourceVersion'), '11');
  });

  it('lists again when the first list fails, and is not synced before', async () => {
    api.script(fail(500), list([item('a', '1')], '10'), openWatch());
    const reflector = reflect();
    await until('the failure', () => reflector.failure !== undefined || reflector.hasSynced);
    await until('the object', () => names() === 'a');
    assert.equal(reflector.hasSynced, true);
    assert.equal(reflector.failure, undefined);
  });

  it('lists again after 410, as an event or as the answer', async () => {
    const gone = { type: 'ERROR', object: { code: 410, reason: 'Expired', message: 'too old' } };
    api.script(
      list([item('a', '1')], '10'),
      watch(gone),
      list([item('b', '20')], '20'),
      fail(410),
      list([item('c', '30')], '30'),
      openWatch(),
    );
    reflect();
    await until('the third list', () => names() === 'c');
    assert.equal(lines.join(''), '', 'an expired version is no news');
  });

  it('begins a list anew when its next page has expired', async () => {
    api.script(list([item('a', '1')], '10', 'page2'), fail(410), list([item('b', '2')], '20'), openWatch());
    reflect();
    await until('the second list', () => names() === 'b');
    assert.equal(parameter(2, 'continue'), null);
  });

  it('tells who vanished while nobody watched', async () => {
    api.script(
      list([item('a', '1'), item('b', '2')], '10'),
      fail(410),
      list([item('b', '2')], '20'),
      openWatch(),
    );
    reflect();
    await until('the tombstone', () => names() === 'b');
    assert.equal(told.at(-1), 'vpn/a 1 -');
    assert.equal(told.length, 3, 'what did not change is not told again');
  });

  it('keeps what it knows while the server is away', async () => {
    api.script(list([item('a', '1')], '10'), fail(503), fail(503), fail(503), openWatch());
    const reflector = reflect();
    await until('four failures', () => api.requests.length === 5);
    assert.equal(names(), 'a');
    assert.equal(reflector.hasSynced, true);
  });

  it('waits as long as the server wants, and longer from time to time', async () => {
    api.script(list([], '10'), fail(429, { 'Retry-After': '30' }), openWatch());
    reflect();
    await until('the next try', () => api.requests.length === 3);
    const [, refused = 0, again = 0] = api.times;
    // 30 s, of which a fiftieth passes here.
    assert.ok(again - refused > 590, `${again - refused} ms`);
  });

  it('asks a server that does not answer at all every few seconds, however long', async () => {
    const hangUp = (_: URL, response: { destroy(): void }) => response.destroy();
    api.script(list([], '10'), ...Array.from({ length: 12 }, () => hangUp), openWatch());
    reflect(() => 0.999);
    await eventually('the answer', 20_000, () => (api.requests.length === 14 ? true : undefined));
    // 0.5, 1, 2 and nine times 3 s, a fiftieth of each; if ever longer, 0.4 s in the middle of the last nine.
    const waits = api.times.slice(5).map((time, index) => time - (api.times[index + 4] ?? 0));
    const [, , , , middle = 0] = waits.toSorted((one, other) => one - other);
    assert.ok(middle < 200, `${waits.map(Math.round)} ms`);
  });

  it('goes on when a listener throws, and tells the others', async () => {
    cache.listen(() => {
      throw new Error('listener');
    });
    api.script(list([item('a', '1')], '10'), openWatch({ type: 'ADDED', object: item('b', '11') }));
    reflect();
    await until('both', () => names() === 'a,b');
    assert.equal(told.length, 2);
    assert.deepEqual(failures, ['Error: listener', 'Error: listener']);
  });

  it('begins again when a watch shows nothing for three minutes', async () => {
    api.script(list([], '10'), openWatch(), openWatch({ type: 'ADDED', object: item('a', '11') }));
    reflect();
    await eventually('the object of the second watch', 10_000, () => (names() === 'a' ? true : undefined));
  });

  it('begins again after a line that is no event', async () => {
    const garbage = (_: URL, response: { end(text: string): void }) => response.end('{"type":"ADDED"\n');
    api.script(list([], '10'), garbage, openWatch({ type: 'ADDED', object: item('a', '11') }));
    reflect();
    await until('the object', () => names() === 'a');
  });

  it('does not storm a server that ends every watch at once', async () => {
    api.script(list([], '10'), ...Array.from({ length: 200 }, () => watch()));
    reflect(() => 0.5);
    await new Promise((done) => setTimeout(done, 1_000));
    // 375, 750, 1,500 … ms, a fiftieth of each.
    assert.ok(api.requests.length < 12, `${api.requests.length} requests`);
  });

  it('takes an object made anew under the same name for another one', async () => {
    api.script(
      list([item('a', '1', 'first')], '10'),
      openWatch({ type: 'MODIFIED', object: item('a', '1', 'second') }),
    );
    reflect();
    await until('the change', () => told.length === 2);
  });
});
