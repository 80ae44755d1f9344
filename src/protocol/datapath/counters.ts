// What is counted per session: one row of a Float64Array each, so that the hot path adds to a number and nothing else.
// The names are the labels of the metrics; the list is closed.

/** `reason` of a session's discarded packets. */
export const discardReasons = {
  gre_truncated: 'The payload length is larger than the packet (GRE-2).',
  gre_late: 'Came after its place in the sequence was given up.',
  gre_window: 'The sequence number is too far away to be believed (GRE-10).',
  ppp_malformed: 'No PPP frame.',
  clear_ip: 'An unencrypted network packet where encryption is required or up (CCP-10, CCP-11).',
  gate_closed: 'A network packet before IPCP was up.',
  mppe_not_up: 'An encrypted packet before keys were agreed.',
  mppe_malformed: 'The MPPE header lacks a bit it must have, or the packet is too short (MPPE-4).',
  mppe_late: 'The coherency count is behind (MPPE-6).',
  mppe_gap: 'The coherency count is too far ahead to be followed now (MPPE-9).',
  mppe_desync: 'Decrypts to nonsense (MPPE-8).',
  mppe_awaiting_reset: 'Stateful MPPE waits for a flushed packet (MPPE-10).',
  unknown_protocol: 'A protocol other than IPv4 inside the encryption (CP-6).',
  ip_malformed: 'No IPv4 packet.',
  ip_source: "The source is not the session's address.",
  ip_options: 'Source routing, or malformed IP options.',
  ip_destination: 'The destination is not permitted.',
  gateway_service: 'To the gateway address, but neither echo nor a service offered there.',
  gate_closed_to_client: 'A packet for the client while the IP gate was shut.',
} as const;
export type DiscardReason = keyof typeof discardReasons;

/** `reason` of the packets that were too large, by direction. */
export const pmtuDropReasons = {
  toClient: {
    fragmentation_needed: 'Too large for the tunnel with DF set; its sender was told the right size.',
    icmp_limited: 'The same, but the sender was told too often lately, or must not be told.',
    unfragmentable: 'Too large for the tunnel, and cannot be cut.',
    message_too_long: 'The host refused to send the outer packet (EMSGSIZE).',
  },
  fromClient: {
    too_large: 'Larger than the TUN takes.',
  },
} as const;
export type PmtuDropReason = {
  toClient: keyof typeof pmtuDropReasons.toClient;
  fromClient: keyof typeof pmtuDropReasons.fromClient;
};

/** GRE that belongs to no session. */
export const greDiscardReasons = {
  malformed: 'No IPv4 packet with GRE in it.',
  other_gre: 'GRE of another kind: not version 1 with protocol 0x880B (GRE-1, GRE-8).',
  unknown_call: 'No session has this call id at this address.',
  wrong_source: 'The call id is known, but the packet came from another address (GRE-7).',
} as const;
export type GreDiscardReason = keyof typeof greDiscardReasons;

export const tunDiscardReasons = {
  malformed: 'No IPv4 packet.',
  no_session: 'No session has the destination.',
} as const;
export type TunDiscardReason = keyof typeof tunDiscardReasons;

const plainCounters = [
  'receivedPackets',
  'receivedBytes',
  'sentPackets',
  'sentBytes',
  'greReceived',
  'greSent',
  'greLost',
  'greReordered',
  'greDuplicate',
  'acksSent',
  'clampedSyns',
  'fragmentedPackets',
  'fragmentsSent',
  'fragmentationNeededSent',
  'mppeKeyChanges',
] as const;

type PlainCounter = (typeof plainCounters)[number];

/** The counts of one session since it was opened. `received` is from the peer, `sent` is to it; bytes are inner. */
export type SessionCounters = Record<PlainCounter, number> & {
  discarded: Record<DiscardReason, number>;
  pmtuDrops: {
    toClient: Record<PmtuDropReason['toClient'], number>;
    fromClient: Record<PmtuDropReason['fromClient'], number>;
  };
};

const rowNames = [
  ...plainCounters,
  ...keysOf(discardReasons),
  ...keysOf(pmtuDropReasons.toClient),
  ...keysOf(pmtuDropReasons.fromClient),
];
export type Counter = (typeof rowNames)[number];

/** Place of each counter in a session's row. */
export const place = Object.fromEntries(rowNames.map((name, index) => [name, index])) as Record<
  Counter,
  number
>;

/** Numbers in one session's row. */
export const rowLength = rowNames.length;

export function readCounters(rows: Float64Array, session: number): SessionCounters {
  const pick = <Name extends Counter>(names: readonly Name[]) =>
    Object.fromEntries(names.map((name) => [name, rows[session * rowLength + place[name]] ?? 0])) as Record<
      Name,
      number
    >;
  return {
    ...pick(plainCounters),
    discarded: pick(keysOf(discardReasons)),
    pmtuDrops: {
      toClient: pick(keysOf(pmtuDropReasons.toClient)),
      fromClient: pick(keysOf(pmtuDropReasons.fromClient)),
    },
  };
}

function keysOf<Key extends string>(record: Readonly<Record<Key, unknown>>): Key[] {
  return Object.keys(record) as Key[];
}
