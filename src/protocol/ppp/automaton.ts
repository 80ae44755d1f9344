// The option negotiation automaton of RFC 1661 §4.1 as data. Two rules for editors: everything about transitions lives in
// this table and nowhere else; and this file knows neither packets nor options nor which end of the link we are.

export const states = [
  'Initial',
  'Starting',
  'Closed',
  'Stopped',
  'Closing',
  'Stopping',
  'Req-Sent',
  'Ack-Rcvd',
  'Ack-Sent',
  'Opened',
] as const;
export const events = [
  'Up',
  'Down',
  'Open',
  'Close',
  'TO+',
  'TO-',
  'RCR+',
  'RCR-',
  'RCA',
  'RCN',
  'RTR',
  'RTA',
  'RUC',
  'RXJ+',
  'RXJ-',
  'RXR',
] as const;
export const actions = [
  'tlu',
  'tld',
  'tls',
  'tlf',
  'irc',
  'zrc',
  'scr',
  'sca',
  'scn',
  'str',
  'sta',
  'scj',
  'ser',
] as const;

export type State = (typeof states)[number];
export type Event = (typeof events)[number];
export type Action = (typeof actions)[number];

export interface Transition {
  readonly actions: readonly Action[];
  readonly next: State;
}

// Footnotes of the RFC: p = a passive implementation would stay (we do not), r = restart option (not taken),
// x = crossed connection.
// biome-ignore format: laid out as in RFC 1661 §4.1
const table: Record<Event, string> = {
  //       0 Initial  1 Starting  2 Closed   3 Stopped      4 Closing  5 Stopping  6 Req-Sent   7 Ack-Rcvd   8 Ack-Sent   9 Opened
  'Up':   '2          irc,scr/6   -          -              -          -           -            -            -            -',
  'Down': '-          -           0          tls/1          0          1           1            1            1            tld/1',
  'Open': 'tls/1      1           irc,scr/6  3              5          5           6            7            8            9', // 3-5, 9: r
  'Close':'0          tlf/0       2          2              4          4           irc,str/4    irc,str/4    irc,str/4    tld,irc,str/4',
  'TO+':  '-          -           -          -              str/4      str/5       scr/6        scr/6        scr/8        -',
  'TO-':  '-          -           -          -              tlf/2      tlf/3       tlf/3        tlf/3        tlf/3        -', // 6-8: p
  'RCR+': '-          -           sta/2      irc,scr,sca/8  4          5           sca/8        sca,tlu/9    sca/8        tld,scr,sca/8',
  'RCR-': '-          -           sta/2      irc,scr,scn/6  4          5           scn/6        scn/7        scn/6        tld,scr,scn/6',
  'RCA':  '-          -           sta/2      sta/3          4          5           irc/7        scr/6        irc,tlu/9    tld,scr/6', // 7, 9: x
  'RCN':  '-          -           sta/2      sta/3          4          5           irc,scr/6    scr/6        irc,scr/8    tld,scr/6', // 7, 9: x
  'RTR':  '-          -           sta/2      sta/3          sta/4      sta/5       sta/6        sta/6        sta/6        tld,zrc,sta/5',
  'RTA':  '-          -           2          3              tlf/2      tlf/3       6            6            8            tld,scr/6',
  'RUC':  '-          -           scj/2      scj/3          scj/4      scj/5       scj/6        scj/7        scj/8        scj/9',
  'RXJ+': '-          -           2          3              4          5           6            6            8            9',
  'RXJ-': '-          -           tlf/2      tlf/3          tlf/2      tlf/3       tlf/3        tlf/3        tlf/3        tld,irc,str/5',
  'RXR':  '-          -           2          3              4          5           6            7            8            ser/9',
};

const transitions = parseTable(table);

/** What the automaton does in `state` on `event`, or undefined where the RFC says that it cannot happen. */
export function transition(state: State, event: Event): Transition | undefined {
  return transitions[event][state];
}

type Row = Partial<Record<State, Transition>>;

/** Throws on a missing cell or an unknown word, so that a typing error in a table stops the program at load. */
export function parseTable(source: Record<Event, string>): Record<Event, Row> {
  const rows = events.map((event) => [event, parseRow(event, source[event])] as const);
  return Object.fromEntries(rows) as Record<Event, Row>;
}

function parseRow(event: Event, source: string): Row {
  const cells = source.trim().split(/\s+/);
  if (cells.length !== states.length) throw new Error(`automaton: ${event} has ${cells.length} cells`);
  const row: Row = {};
  cells.forEach((cell, index) => {
    if (cell !== '-') row[states[index]!] = parseCell(cell);
  });
  return row;
}

function parseCell(cell: string): Transition {
  const words = cell.split(/[,/]/);
  const next = states[Number(words.pop())];
  if (next === undefined) throw new Error(`automaton: no such state in '${cell}'`);
  return { actions: words.map(parseAction), next };
}

function parseAction(word: string): Action {
  const action = actions.find((known) => known === word);
  if (action === undefined) throw new Error(`automaton: no such action '${word}'`);
  return action;
}
