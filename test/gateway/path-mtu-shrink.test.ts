import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Client, type Line, SimulatedDownload } from './simulated-download.ts';

interface Cure {
  /** ms until the size holds, and until 100 kB more have come. */
  readonly found: number;
  readonly moving: number;
  readonly probes: number;
}

/** A download that runs for some seconds when its path shrinks. */
function shrink(line: Partial<Line>, client: Partial<Client>, seed: number, mtu = 1400): Cure {
  const download = new SimulatedDownload(line, client, seed);
  download.run(2000);
  download.isDownloading = true;
  download.run(3000 + seed * 337);
  assert.equal(download.session.pathMtu, 1500);
  const { probes } = download;
  download.line.mtu = mtu;
  const found = download.run(30_000, () => download.session.pathMtu <= mtu);
  assert.ok(download.session.pathMtu >= mtu - 4, `${download.session.pathMtu} of ${mtu}`);
  const { received } = download;
  const moving = found + download.run(60_000, () => download.received >= received + 100_000);
  return { found, moving, probes: download.probes - probes };
}

describe('A path that shrinks under a download', () => {
  const cases: [what: string, line: Partial<Line>, client: Partial<Client>, found: number, moving: number][] =
    [
      ['at 100 ms', {}, {}, 2000, 2500],
      ['at 10 ms', { roundTrip: 10 }, {}, 2000, 2500],
      ['at 100 ms with 3 % loss', { loss: 0.03 }, {}, 2500, 6500],
      ['while small packets pass', {}, { smallPackets: 50 }, 2000, 2500],
      ['behind half a second of queue', { rate: 125 }, {}, 3500, 4500],
      ['at 300 ms', { roundTrip: 300 }, {}, 4000, 5500],
      ['where no ICMP reaches the sender', {}, { hearsIcmp: false }, 2000, 4000],
      ['where fragments pass', { passesFragments: true }, {}, 2000, 2500],
    ];
  for (const [what, line, client, found, moving] of cases) {
    it(`is found in ${found / 1000} s and cured in ${moving / 1000} s: ${what}`, (t) => {
      const cures = [1, 2, 3, 4, 5].map((seed) => shrink(line, client, seed));
      t.diagnostic(JSON.stringify(cures));
      for (const cure of cures) {
        assert.ok(cure.found <= found, `found after ${cure.found} ms`);
        assert.ok(cure.moving <= moving, `moving after ${cure.moving} ms`);
        assert.ok(cure.probes <= 24, `${cure.probes} probes`);
      }
    });
  }

  for (const smallPackets of [0, 20, 50, 200])
    it(`moves on within 10 s where the client answers no echo, and ${smallPackets} small packets a second are acknowledged`, () => {
      for (const seed of [1, 2, 3]) {
        const download = new SimulatedDownload({}, { answersEchoes: false }, seed);
        download.run(3000);
        download.isDownloading = true;
        download.client.smallPackets = smallPackets;
        download.run(4000 + seed * 337);
        assert.equal(download.session.pathMtu, 1500);
        download.line.mtu = 1400;
        const { received } = download;
        const moving = download.run(30_000, () => download.received >= received + 200_000);
        assert.ok(moving <= 10_000, `${moving} ms`);
      }
    });

  it('is found in 4 s whatever size it shrinks to', () => {
    for (const mtu of [1496, 1492, 1333, 1280, 900, 576])
      assert.ok(shrink({}, {}, 1, mtu).found <= 4000, `${mtu}`);
  });
});

describe('A download over a path that stays as it is', () => {
  for (const loss of [0, 0.03, 0.1]) {
    it(`keeps its size at ${loss * 100} % loss, and costs few probes`, () => {
      const download = new SimulatedDownload({ loss }, {}, 7);
      download.run(15_000);
      const { probes } = download;
      const sizes = new Set<number>();
      download.isDownloading = true;
      download.run(30_000, () => {
        sizes.add(download.session.pathMtu);
        return false;
      });
      assert.deepEqual([...sizes], [1500]);
      // Two each second at most: one check for large packets that flow, one for those that stay unacknowledged.
      assert.ok(download.probes - probes <= 70, `${download.probes - probes}`);
      assert.deepEqual(download.news, []);
    });
  }
});
