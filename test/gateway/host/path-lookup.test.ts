import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PathLookup } from '../../../src/gateway/host/path-lookup.ts';

describe('PathLookup', () => {
  function lookup() {
    const state = {
      now: 0,
      asked: 0,
      interfaceMtu: 1400,
      routeMtu: undefined as number | undefined,
      up: true,
    };
    const netlink = {
      lookUpRoute: () => {
        state.asked++;
        if (!state.up) throw new Error('ENETUNREACH');
        return { index: 3, mtu: state.routeMtu };
      },
      links: () => {
        state.asked++;
        return [{ index: 3, mtu: state.interfaceMtu }];
      },
    };
    const paths = new PathLookup(
      netlink as unknown as ConstructorParameters<typeof PathLookup>[0],
      () => state.now,
    );
    return { state, paths };
  }

  it('asks the kernel once for many looks', () => {
    const { state, paths } = lookup();
    for (let look = 0; look < 1_000; look++) assert.equal(paths.towards(7).interfaceMtu, 1400);
    assert.equal(state.asked, 2);
    for (let peer = 100; peer < 200; peer++) paths.towards(peer);
    assert.equal(state.asked, 102, 'the interfaces were asked for again');
  });

  it('sees a new MTU of the interface within a second, and of the route within ten', () => {
    const { state, paths } = lookup();
    paths.towards(7);
    state.interfaceMtu = 1300;
    state.routeMtu = 1200;
    state.now = 1_000;
    assert.deepEqual(paths.towards(7), { interfaceMtu: 1300, routeMtu: 1300 });
    state.now = 10_000;
    assert.deepEqual(paths.towards(7), { interfaceMtu: 1300, routeMtu: 1200 });
  });

  it('assumes Ethernet where there is no route, and looks again at once', () => {
    const { state, paths } = lookup();
    state.up = false;
    assert.deepEqual(paths.towards(7), { interfaceMtu: 1500, routeMtu: 1500 });
    state.up = true;
    assert.equal(paths.towards(7).interfaceMtu, 1400);
  });
});
