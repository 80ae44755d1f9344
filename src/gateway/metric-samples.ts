// From what one gateway reports and counts to the samples of its metrics. Pure; knows no metric library.
import { formatAddress } from '../protocol/ip/address.ts';
import { type LabelText, labelText, series } from './exposition.ts';
import type { Sample, ServerMetric, SessionMetric } from './metric-definitions.ts';
import type { CollectSource } from './metric-labels.ts';
import type { SessionSnapshot } from './session-view.ts';

/** What a scrape asks the gateway of one VpnServer. */
export interface GatewaySources {
  sessions: () => readonly SessionSnapshot[];
  addresses: () => { used: number; free: number };
  /** GRE that belongs to no session, counted since the start, by reason. */
  greDiscarded: () => Readonly<Record<string, number>>;
}

export interface BuildInfo {
  version: string;
  nodeVersion: string;
}

/** A session with the labels that all its series share. */
export interface LabelledSession {
  session: SessionSnapshot;
  labels: LabelText;
}

/** One gateway's counts, and what the last scrape read from its sources. */
export interface GatewayReading {
  labels: { namespace: string; server: string };
  sources: GatewaySources;
  /** Counts by label value; host errors by "operation errno". */
  logins: Map<string, number>;
  ends: Map<string, number>;
  controlDiscarded: Map<string, number>;
  greVerdicts: Map<string, number>;
  hostErrors: Map<string, number>;
  collectErrors: Map<string, number>;
  sessionCount: number;
  /** The sessions that get series of their own. */
  shown: readonly LabelledSession[];
  addresses: { used: number; free: number } | undefined;
  greDiscarded: Readonly<Record<string, number>>;
}

/** Asks the sources; what throws is left empty and counted. Returns how many sessions got series, at most `room`. */
export function refresh(reading: GatewayReading, room: number): number {
  const { sources } = reading;
  const sessions = ask(reading, 'sessions', sources.sessions) ?? [];
  reading.addresses = ask(reading, 'addresses', sources.addresses);
  reading.greDiscarded = ask(reading, 'discards', sources.greDiscarded) ?? {};
  reading.sessionCount = sessions.length;
  reading.shown = sessions.slice(0, room).map((session) => ({
    session,
    labels: labelText({ ...reading.labels, user: session.user, address: formatAddress(session.address) }),
  }));
  return reading.shown.length;
}

export function increment(counts: Map<string, number>, key: string, count = 1): void {
  counts.set(key, (counts.get(key) ?? 0) + count);
}

export function serverSamples(metric: ServerMetric, reading: GatewayReading, build: BuildInfo): Sample[] {
  switch (metric) {
    case 'buildInfo':
      return [{ labels: { version: build.version, node_version: build.nodeVersion }, value: 1 }];
    case 'sessions':
      return [{ labels: {}, value: reading.sessionCount }];
    case 'sessionsWithoutSeries':
      return [{ labels: {}, value: reading.sessionCount - reading.shown.length }];
    case 'logins':
      return labelled('result', reading.logins);
    case 'sessionEnds':
      return labelled('reason', reading.ends);
    case 'greVerdicts':
      return labelled('verdict', reading.greVerdicts);
    case 'controlDiscarded':
      return labelled('reason', reading.controlDiscarded);
    case 'greDiscarded':
      return labelled('reason', Object.entries(reading.greDiscarded));
    case 'hostErrors':
      return hostErrorSamples(reading.hostErrors);
    case 'addresses':
      return labelled('state', Object.entries(reading.addresses ?? {}));
    case 'collectErrors':
      return labelled('source', reading.collectErrors);
  }
}

export function sessionText(metric: SessionMetric, sessions: readonly LabelledSession[]): string {
  let text = '';
  for (const { session, labels: shared } of sessions) {
    for (const { labels, value } of metric.samples(session)) {
      const own = labelText(labels);
      text += series(metric.name, own === '' ? shared : `${shared},${own}`, value);
    }
  }
  return text;
}

function ask<T>(reading: GatewayReading, source: CollectSource, read: () => T): T | undefined {
  try {
    return read();
  } catch {
    increment(reading.collectErrors, source);
    return undefined;
  }
}

function labelled(label: string, counts: Iterable<readonly [string, number]>): Sample[] {
  return Array.from(counts, ([word, value]) => ({ labels: { [label]: word }, value }));
}

function hostErrorSamples(counts: Map<string, number>): Sample[] {
  return Array.from(counts, ([key, value]) => {
    const [operation = '', errno = ''] = key.split(' ');
    return { labels: { operation, errno }, value };
  });
}
