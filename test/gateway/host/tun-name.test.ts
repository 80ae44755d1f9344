import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { tunName } from '../../../src/gateway/host/tun-device.ts';

describe('the name of a TUN device', () => {
  it('is that of its server, as long as the kernel takes it', () => {
    assert.equal(tunName({ namespace: 'vpn', name: 'office' }), 'vpn-office');
    assert.equal(tunName({ namespace: 'vpn', name: 'a.b' }), 'vpn-a.b');
  });

  it('is short and different for every server that has none to itself', () => {
    const taken = new Set(['lo', 'vpn-office']);
    const names = [
      tunName({ namespace: 'branch', name: 'office' }, taken),
      tunName({ namespace: 'tokyo', name: 'office' }, taken),
      tunName({ namespace: 'vpn', name: 'the-main-office-of-tokyo' }),
      tunName({ namespace: 'vpn', name: 'the-main-office-of-osaka' }),
    ];
    assert.equal(new Set(names).size, 4);
    for (const name of names) assert.match(name, /^vpn-[a-z-]{6,8}-[0-9a-f]{4}$|^vpn-.{1,6}-[0-9a-f]{4}$/);
    assert.ok(names.every(({ length }) => length <= 15));
  });
});
