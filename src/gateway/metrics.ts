// The gateway's Prometheus metrics. Everything is read from its owner when a scrape comes, so a session's series go
// with the session; what has no owner to ask (logins, ends, host errors) is counted here.

import { setImmediate } from 'node:timers/promises';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { controlDiscardReasons } from './control-discards.ts';
import { header, labelText, series } from './exposition.ts';
import { type GreVerdict, greVerdicts } from './gre-verdict.ts';
import {
  type ServerMetric,
  type SessionMetric,
  serverMetrics,
  sessionMetrics,
} from './metric-definitions.ts';
import {
  closed,
  closedErrno,
  collectSources,
  type HostOperation,
  hostOperations,
  type LoginResult,
  loginResults,
  type SessionEndReason,
  sessionEndReasons,
} from './metric-labels.ts';
import {
  type BuildInfo,
  type GatewayReading,
  type GatewaySources,
  increment,
  refresh,
  serverSamples,
  sessionText,
} from './metric-samples.ts';

/** Sessions of the whole process that get series of their own. */
export const maximumSessionsWithSeries = 2000;

const sessionsPerSlice = 250;

/** Where the gateway of one VpnServer reports what happened. */
export interface GatewayRecorder {
  countLogin(result: LoginResult): void;
  countSessionEnd(reason: SessionEndReason): void;
  countGreVerdict(verdict: GreVerdict): void;
  /** Words that the list does not know count as `other`. */
  countControlDiscard(reason: string): void;
  /** `errno` is the name, for example "EMSGSIZE". */
  countHostError(operation: HostOperation, errno: string, count?: number): void;
  /** The server is gone, and its series with it. */
  detach(): void;
}

export interface GatewayMetrics {
  readonly contentType: string;
  attach(server: { namespace: string; name: string }, sources: GatewaySources): GatewayRecorder;
  /** The exposition text. What cannot be read is left out and counted in vpn_collect_errors_total. */
  scrape(): Promise<string>;
}

export function createGatewayMetrics(build: BuildInfo): GatewayMetrics {
  const registry = processRegistry();
  const readings = new Set<GatewayReading>();
  let underway: Promise<string> | undefined;
  return {
    contentType: registry.contentType,
    attach: (server, sources) => attach(readings, server, sources),
    scrape: () => {
      underway ??= scrape(registry, readings, build).finally(() => {
        underway = undefined;
      });
      return underway;
    },
  };
}

/** The usual process_* and nodejs_* metrics. */
function processRegistry(): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  // Gauges that end in _total: prom-client keeps them for old dashboards, promtool rightly refuses them.
  for (const kind of ['handles', 'requests', 'resources']) {
    registry.removeSingleMetric(`nodejs_active_${kind}_total`);
  }
  return registry;
}

async function scrape(
  registry: Registry,
  readings: ReadonlySet<GatewayReading>,
  build: BuildInfo,
): Promise<string> {
  let room = maximumSessionsWithSeries;
  for (const reading of readings) room -= refresh(reading, room);
  const texts: string[] = [];
  for (const definition of sessionMetrics)
    texts.push(header(definition), await ofSessions(definition, readings));
  for (const [metric, definition] of Object.entries(serverMetrics)) {
    const write = () => ofServers(metric as ServerMetric, definition.name, readings, build);
    texts.push(header(definition), guarded(readings, write));
  }
  texts.push(await registry.metrics().catch(() => noted(readings)));
  return texts.join('');
}

/** In slices, letting packets through in between: the data path shares this thread. */
async function ofSessions(metric: SessionMetric, readings: ReadonlySet<GatewayReading>): Promise<string> {
  let text = '';
  for (const reading of readings) {
    for (let first = 0; first < reading.shown.length; first += sessionsPerSlice) {
      text += guarded(readings, () =>
        sessionText(metric, reading.shown.slice(first, first + sessionsPerSlice)),
      );
      await setImmediate();
    }
  }
  return text;
}

function ofServers(
  metric: ServerMetric,
  name: string,
  readings: ReadonlySet<GatewayReading>,
  build: BuildInfo,
): string {
  let text = '';
  for (const reading of readings) {
    for (const { labels, value } of serverSamples(metric, reading, build)) {
      text += series(name, labelText({ ...reading.labels, ...labels }), value);
    }
  }
  return text;
}

function guarded(readings: ReadonlySet<GatewayReading>, write: () => string): string {
  try {
    return write();
  } catch {
    return noted(readings);
  }
}

function noted(readings: ReadonlySet<GatewayReading>): '' {
  for (const reading of readings) increment(reading.collectErrors, 'render');
  return '';
}

function attach(
  readings: Set<GatewayReading>,
  server: { namespace: string; name: string },
  sources: GatewaySources,
): GatewayRecorder {
  const reading: GatewayReading = {
    labels: { namespace: server.namespace, server: server.name },
    sources,
    logins: zeroes(loginResults),
    ends: zeroes(sessionEndReasons),
    greVerdicts: zeroes(greVerdicts),
    controlDiscarded: new Map(),
    hostErrors: new Map(),
    collectErrors: zeroes(collectSources),
    sessionCount: 0,
    shown: [],
    addresses: undefined,
    greDiscarded: {},
  };
  readings.add(reading);
  return {
    countLogin: (result) => increment(reading.logins, closed(loginResults, result)),
    countControlDiscard: (reason) =>
      increment(reading.controlDiscarded, closed(controlDiscardReasons, reason)),
    countGreVerdict: (verdict) => increment(reading.greVerdicts, verdict),
    countSessionEnd: (reason) => increment(reading.ends, closed(sessionEndReasons, reason)),
    countHostError: (operation, errno, count) =>
      increment(reading.hostErrors, `${closed(hostOperations, operation)} ${closedErrno(errno)}`, count),
    detach: () => readings.delete(reading),
  };
}

/** Counters begin at 0 so that the first event already shows in rate(). */
function zeroes(set: Readonly<Record<string, string>>): Map<string, number> {
  return new Map(Object.keys(set).map((word) => [word, 0]));
}
