import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { assignSlices, type SliceInput, type Slices } from '../../src/api/address-slices.ts';
import { contains, overlap, parseAddress, parseCidr } from '../../src/protocol/ip/address.ts';

const nothing: Slices = { slices: {}, releasing: [] };

function assign(nodes: string[], previous: Slices = nothing, more: Partial<SliceInput> = {}): Slices {
  return assignSlices({
    spec: { addressPools: [{ cidr: '10.77.0.0/24' }] },
    previous,
    nodes,
    lingering: nodes,
    usedOn: () => [],
    isCurrent: () => true,
    ...more,
  });
}

const counts = ({ slices }: Slices) =>
  Object.fromEntries(Object.entries(slices).map(([node, own]) => [node, own.length]));

function assertDisjoint({ slices, releasing }: Slices): void {
  const all = [...Object.values(slices).flat(), ...new Set(releasing.map(({ cidr }) => cidr))].map(
    (text) => parseCidr(text)!,
  );
  for (const [index, one] of all.entries())
    for (const other of all.slice(index + 1)) assert.ok(!overlap(one, other), JSON.stringify([one, other]));
}

describe('the address slices', () => {
  it('give a single node everything', () => {
    const { slices, releasing } = assign(['n1']);
    assert.equal(slices['n1']?.length, 32);
    assert.deepEqual(releasing, []);
  });

  it('are equal for nodes that come together, and cover the pool', () => {
    const first = assign(['n1', 'n2', 'n3']);
    assert.deepEqual(Object.values(counts(first)).sort(), [10, 11, 11]);
    assertDisjoint(first);
  });

  it('leave out what is excluded, and do not cut what is small', () => {
    const excluded = assign(['n1'], nothing, {
      spec: {
        addressPools: [{ cidr: '10.77.0.0/24', exclude: ['10.77.0.128/25'] }, { cidr: '10.78.0.0/30' }],
      },
    });
    assert.equal(excluded.slices['n1']?.length, 17);
    assert.ok(excluded.slices['n1']?.includes('10.78.0.0/30'));
  });

  it('stay when nothing changes, also through a restart', () => {
    const first = assign(['n1', 'n2']);
    assert.deepEqual(assign(['n2', 'n1'], JSON.parse(JSON.stringify(first))), first);
  });

  it('pass to a new node only after the old one has stopped giving them out', () => {
    const first = assign(['n1']);
    const second = assign(['n1', 'n2'], first);
    assert.deepEqual(counts(second), { n1: 16 });
    assert.equal(second.releasing.length, 16);
    const waiting = assign(['n1', 'n2'], second, { isCurrent: () => false });
    assert.deepEqual(counts(waiting), { n1: 16 });
    assert.deepEqual(counts(assign(['n1', 'n2'], waiting)), { n1: 16, n2: 16 });
  });

  it('stay with a node as long as one of its sessions has an address from them', () => {
    const used = ['10.77.0.9', '10.77.0.250'];
    const usedOn = (node: string) => (node === 'n1' ? used : []);
    const second = assign(['n1', 'n2'], assign(['n1']), { usedOn });
    const owned = second.slices['n1']!.map((text) => parseCidr(text)!);
    for (const address of used)
      assert.ok(
        owned.some((cidr) => contains(cidr, parseAddress(address)!)),
        'unused ones go first',
      );
    const everything = Array.from({ length: 254 }, (_, index) => `10.77.0.${index + 1}`);
    const third = assign(['n1', 'n2'], assign(['n1']), { usedOn: () => everything });
    const fourth = assign(['n1', 'n2'], third, { usedOn: () => everything });
    assert.deepEqual(counts(fourth), { n1: 16 }, 'a new node must wait');
    assert.deepEqual(counts(assign(['n1', 'n2'], fourth)), { n1: 16, n2: 16 });
  });

  it('wait while nobody knows what a node has in use', () => {
    const second = assign(['n1', 'n2'], assign(['n1']));
    assert.deepEqual(counts(assign(['n1', 'n2'], second, { usedOn: () => undefined })), { n1: 16 });
  });

  it('stay with a node that still has a gateway, and pass to others at once when it has none', () => {
    const two = assign(['n1', 'n2']);
    assert.deepEqual(assign(['n1'], two, { lingering: ['n1', 'n2'] }), two);
    const replaced = assign(['n1', 'n3'], two);
    assert.deepEqual(counts(replaced), { n1: 16, n3: 16 });
    assert.deepEqual(replaced.slices['n1'], two.slices['n1']);
    assert.deepEqual(counts(assign(['n1'], two)), { n1: 32 });
  });

  it('keep their nodes when the pool is cut otherwise', () => {
    const two = assign(['n1', 'n2']);
    const grown = assign(['n1', 'n2'], two, { spec: { addressPools: [{ cidr: '10.77.0.0/23' }] } });
    const inBoth = (node: string) =>
      (grown.slices[node] ?? []).filter((text) => overlap(parseCidr(text)!, parseCidr('10.77.0.0/25')!));
    assert.equal(inBoth('n2').length + inBoth('n1').length, 8);
    assertDisjoint(grown);
  });

  const many = (count: number) => Array.from({ length: count }, (_, index) => `n${1000 + index}`);

  it('are there for every node of a large cluster, as long as the pools have four addresses for each', () => {
    for (const count of [33, 50, 64]) {
      const slices = assign(many(count));
      assert.equal(Object.keys(slices.slices).length, count);
      assertDisjoint(slices);
    }
    assert.equal(Object.keys(assign(many(65)).slices).length, 64);
    const addressPools = [{ cidr: '10.78.0.0/30' }, { cidr: '10.80.0.0/16' }];
    assert.equal(Object.keys(assign(many(300), nothing, { spec: { addressPools } }).slices).length, 300);
  });

  it('are cut finer when the cluster grows, so that nobody but the new node gets other addresses', () => {
    const before = assign(many(32));
    const grown = assign(many(33), before);
    const settled = assign(many(33), grown);
    assertDisjoint(settled);
    assert.equal(settled.slices['n1032']?.length, 1);
    const range = (slices: Slices, node: string) => slices.slices[node]!.map((text) => parseCidr(text)!);
    for (const node of many(32))
      for (const block of range(settled, node))
        assert.ok(
          range(before, node).some((old) => contains(old, block.address)),
          node,
        );
    assert.deepEqual(assign(many(33), settled), settled);
    assert.deepEqual(assign(many(32), settled, { lingering: many(33) }), settled, 'the cut stays');
  });

  it('stay as they are for a thousand nodes', () => {
    const spec = { addressPools: [{ cidr: '10.80.0.0/16' }] };
    const first = assign(many(1000), nothing, { spec });
    assert.deepEqual(assign(many(1000), first, { spec }), first);
  });

  it('never give one address to two nodes, whatever comes and goes', () => {
    const step = fc.record({
      nodes: fc.uniqueArray(fc.constantFrom('n1', 'n2', 'n3', 'n4'), { minLength: 0 }),
      current: fc.boolean(),
      known: fc.boolean(),
      pool: fc.constantFrom('10.77.0.0/24', '10.77.0.0/23', '10.77.0.0/26'),
      logins: fc.array(fc.record({ node: fc.constantFrom('n1', 'n2', 'n3', 'n4'), pick: fc.nat(1000) }), {
        maxLength: 4,
      }),
    });
    const idle = { current: true, known: false, pool: '10.77.0.0/24', logins: [] };
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
        let slices = nothing;
        /** What each gateway has loaded, and its sessions. */
        const loaded = new Map<string, readonly string[]>();
        const sessions = new Map<string, string[]>();
        for (const { nodes, current, known, pool, logins } of steps) {
          for (const node of [...loaded.keys()]) {
            if ((nodes as string[]).includes(node)) continue;
            loaded.delete(node);
            sessions.delete(node);
          }
          const isLoaded = (node: string) =>
            JSON.stringify(loaded.get(node) ?? []) === JSON.stringify(slices.slices[node] ?? []);
          slices = assignSlices({
            spec: { addressPools: [{ cidr: pool }] },
            previous: slices,
            nodes,
            lingering: nodes,
            usedOn: (node) => (known ? (sessions.get(node) ?? []) : undefined),
            isCurrent: isLoaded,
          });
          assertDisjoint(slices);
          if (current) for (const node of nodes) loaded.set(node, slices.slices[node] ?? []);
          for (const { node, pick } of logins) {
            const own = (loaded.get(node) ?? []).map((text) => parseCidr(text)!);
            const range = own[pick % Math.max(1, own.length)];
            if (range === undefined) continue;
            const address = `10.77.${(range.address >> 8) & 255}.${range.address & 255}`;
            const holder = [...sessions].find(([, all]) => all.includes(address))?.[0];
            assert.ok(
              holder === undefined || holder === node,
              `${address} of ${holder} given out by ${node}`,
            );
            sessions.set(node, [...(sessions.get(node) ?? []), address]);
          }
        }
      }),
      {
        numRuns: 300,
        // A coarser cut gives a block two owners: one that is up to date must still hear that it lost its half.
        examples: [
          [
            [
              { ...idle, nodes: ['n1'], current: false },
              { ...idle, nodes: ['n1', 'n2', 'n4'], current: false, pool: '10.77.0.0/26' },
              { ...idle, nodes: ['n3', 'n4'], pool: '10.77.0.0/26' },
              {
                ...idle,
                nodes: ['n1', 'n4'],
                current: false,
                known: true,
                logins: [{ node: 'n4', pick: 0 }],
              },
              { ...idle, nodes: ['n1', 'n4'], pool: '10.77.0.0/26', logins: [{ node: 'n1', pick: 237 }] },
            ],
          ],
        ],
      },
    );
  });
});
