import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { formatBytes, formatDuration, sessionTable } from '../../src/cli/session-table.ts';
import { viewSession } from '../../src/gateway/session-view.ts';
import { snapshot } from '../gateway/snapshot.ts';

const now = Date.UTC(2026, 0, 1, 2, 5, 0);

describe('the session table', () => {
  it('is aligned and speaks human units', () => {
    const totals = { ...snapshot().totals, receivedBytes: 10_485_760, sentBytes: 512 };
    const views = [
      viewSession(snapshot({ totals })),
      viewSession(
        snapshot({
          user: 'hanako.tanaka',
          address: 0x0a4d_00c8,
          peerAddress: 1,
          encryption: 'None',
          roundTrip: undefined,
        }),
      ),
      viewSession(snapshot({ user: 'bob', roundTrip: 0.84, startedAt: now - 45_000 })),
    ];
    assert.deepEqual(sessionTable(views, now).split('\n'), [
      'USER           ADDRESS      FROM       ENCRYPTION          SINCE  RECEIVED    SENT   MTU    RTT  DROPS',
      'alice          10.77.0.2    192.0.2.7  MPPE-128-stateless  2h05m   10.5 MB   512 B  1410   12ms      7',
      'hanako.tanaka  10.77.0.200  0.0.0.1    None                2h05m    1.0 kB  2.0 kB  1410      -      7',
      'bob            10.77.0.2    192.0.2.7  MPPE-128-stateless    45s    1.0 kB  2.0 kB  1410  0.8ms      7',
      '',
    ]);
  });

  it('says so when there is nobody', () => {
    assert.equal(sessionTable([], now), 'No sessions: nobody is logged in.\n');
  });

  it('lets no name break the terminal or the table', () => {
    const table = sessionTable([{ ...viewSession(snapshot()), user: 'a\n\x1b[31mb\u202e' }], now);
    assert.match(table, /^[\x20-\x7e\n]*$/);
    assert.equal(table.split('\n').length, 3);
  });

  it('shortens durations', () => {
    const durations = [-5, 0, 59.9, 60, 3599, 3600, 86_399, 86_400, 360_000, Number.NaN];
    assert.deepEqual(durations.map(formatDuration), [
      '0s',
      '0s',
      '59s',
      '1m00s',
      '59m59s',
      '1h00m',
      '23h59m',
      '1d00h',
      '4d04h',
      '-',
    ]);
  });

  it('shortens sizes without ever showing 1000.0', () => {
    const sizes = [0, 999, 1000, 999_949, 999_950, 1e6, 123_456_789, 1e15, 1e19];
    assert.deepEqual(sizes.map(formatBytes), [
      '0 B',
      '999 B',
      '1.0 kB',
      '999.9 kB',
      '1.0 MB',
      '1.0 MB',
      '123.5 MB',
      '1.0 PB',
      '10000.0 PB',
    ]);
  });
});
