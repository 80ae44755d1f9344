// The table of RFC 1661 §4.1 against a second transcription, laid out by state as in the RFC's own columns.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  actions,
  type Event,
  events,
  parseTable,
  type State,
  states,
  transition,
} from '../../../src/protocol/ppp/automaton.ts';

const columns: Record<State, string[]> = {
  Initial: ['Up: Closed', 'Open: tls Starting', 'Close: Initial'],
  Starting: ['Up: irc scr Req-Sent', 'Open: Starting', 'Close: tlf Initial'],
  Closed: [
    'Down: Initial',
    'Open: irc scr Req-Sent',
    'Close: Closed',
    'RCR+: sta Closed',
    'RCR-: sta Closed',
    'RCA: sta Closed',
    'RCN: sta Closed',
    'RTR: sta Closed',
    'RTA: Closed',
    'RUC: scj Closed',
    'RXJ+: Closed',
    'RXJ-: tlf Closed',
    'RXR: Closed',
  ],
  Stopped: [
    'Down: tls Starting',
    'Open: Stopped',
    'Close: Closed',
    'RCR+: irc scr sca Ack-Sent',
    'RCR-: irc scr scn Req-Sent',
    'RCA: sta Stopped',
    'RCN: sta Stopped',
    'RTR: sta Stopped',
    'RTA: Stopped',
    'RUC: scj Stopped',
    'RXJ+: Stopped',
    'RXJ-: tlf Stopped',
    'RXR: Stopped',
  ],
  Closing: [
    'Down: Initial',
    'Open: Stopping',
    'Close: Closing',
    'TO+: str Closing',
    'TO-: tlf Closed',
    'RCR+: Closing',
    'RCR-: Closing',
    'RCA: Closing',
    'RCN: Closing',
    'RTR: sta Closing',
    'RTA: tlf Closed',
    'RUC: scj Closing',
    'RXJ+: Closing',
    'RXJ-: tlf Closed',
    'RXR: Closing',
  ],
  Stopping: [
    'Down: Starting',
    'Open: Stopping',
    'Close: Closing',
    'TO+: str Stopping',
    'TO-: tlf Stopped',
    'RCR+: Stopping',
    'RCR-: Stopping',
    'RCA: Stopping',
    'RCN: Stopping',
    'RTR: sta Stopping',
    'RTA: tlf Stopped',
    'RUC: scj Stopping',
    'RXJ+: Stopping',
    'RXJ-: tlf Stopped',
    'RXR: Stopping',
  ],
  'Req-Sent': [
    'Down: Starting',
    'Open: Req-Sent',
    'Close: irc str Closing',
    'TO+: scr Req-Sent',
    'TO-: tlf Stopped',
    'RCR+: sca Ack-Sent',
    'RCR-: scn Req-Sent',
    'RCA: irc Ack-Rcvd',
    'RCN: irc scr Req-Sent',
    'RTR: sta Req-Sent',
    'RTA: Req-Sent',
    'RUC: scj Req-Sent',
    'RXJ+: Req-Sent',
    'RXJ-: tlf Stopped',
    'RXR: Req-Sent',
  ],
  'Ack-Rcvd': [
    'Down: Starting',
    'Open: Ack-Rcvd',
    'Close: irc str Closing',
    'TO+: scr Req-Sent',
    'TO-: tlf Stopped',
    'RCR+: sca tlu Opened',
    'RCR-: scn Ack-Rcvd',
    'RCA: scr Req-Sent',
    'RCN: scr Req-Sent',
    'RTR: sta Req-Sent',
    'RTA: Req-Sent',
    'RUC: scj Ack-Rcvd',
    'RXJ+: Req-Sent',
    'RXJ-: tlf Stopped',
    'RXR: Ack-Rcvd',
  ],
  'Ack-Sent': [
    'Down: Starting',
    'Open: Ack-Sent',
    'Close: irc str Closing',
    'TO+: scr Ack-Sent',
    'TO-: tlf Stopped',
    'RCR+: sca Ack-Sent',
    'RCR-: scn Req-Sent',
    'RCA: irc tlu Opened',
    'RCN: irc scr Ack-Sent',
    'RTR: sta Req-Sent',
    'RTA: Ack-Sent',
    'RUC: scj Ack-Sent',
    'RXJ+: Ack-Sent',
    'RXJ-: tlf Stopped',
    'RXR: Ack-Sent',
  ],
  Opened: [
    'Down: tld Starting',
    'Open: Opened',
    'Close: tld irc str Closing',
    'RCR+: tld scr sca Ack-Sent',
    'RCR-: tld scr scn Req-Sent',
    'RCA: tld scr Req-Sent',
    'RCN: tld scr Req-Sent',
    'RTR: tld zrc sta Stopping',
    'RTA: tld scr Req-Sent',
    'RUC: scj Opened',
    'RXJ+: Opened',
    'RXJ-: tld irc str Stopping',
    'RXR: ser Opened',
  ],
};

const cells = states.flatMap((state) => events.map((event) => [state, event] as const));

describe('automaton', () => {
  it('has 160 cells of which 40 cannot happen', () => {
    assert.equal(cells.length, 160);
    assert.equal(cells.filter(([state, event]) => transition(state, event) === undefined).length, 40);
  });

  it('agrees with a second transcription in every cell (RFC 1661 §4.1)', () => {
    for (const state of states) {
      const expected = new Map(columns[state].map((line) => line.split(': ') as [Event, string]));
      for (const event of events) {
        const step = transition(state, event);
        const shown = step === undefined ? undefined : [...step.actions, step.next].join(' ');
        assert.equal(shown, expected.get(event), `${event} in ${state}`);
      }
    }
  });

  it('uses every action and reaches every state', () => {
    const steps = cells.flatMap(([state, event]) => transition(state, event) ?? []);
    assert.deepEqual(new Set(steps.flatMap((step) => step.actions)), new Set(actions));
    assert.deepEqual(reachable('Initial'), new Set(states));
  });

  it('reaches Opened from every state', () => {
    for (const state of states) assert.ok(reachable(state).has('Opened'), state);
  });

  it('stops the program on an unknown word, a missing cell or a wrong state', () => {
    const row = '- - - - - - - - - -';
    const table = Object.fromEntries(events.map((event) => [event, row])) as Record<Event, string>;
    assert.doesNotThrow(() => parseTable(table));
    for (const bad of [
      'scx/2 - - - - - - - - -',
      '- - -',
      'sca/x - - - - - - - - -',
      'sca/10 - - - - - - - - -',
    ]) {
      assert.throws(() => parseTable({ ...table, Up: bad }), /automaton/, bad);
    }
  });
});

function reachable(start: State): Set<State> {
  const found = new Set<State>([start]);
  for (const state of found) {
    for (const event of events) {
      const next = transition(state, event)?.next;
      if (next !== undefined) found.add(next);
    }
  }
  return found;
}
