// The HTTP endpoints of a gateway: what each path answers, given who knows. No socket here.
import type { GatewayStatus, UsersActivity } from '../api/gateway-status.ts';
import type { HttpAnswer, HttpRoute } from '../process/http.ts';
import type { SessionSnapshot } from './session-view.ts';
import { viewSession } from './session-view.ts';

export interface EndpointSources {
  metrics: { readonly contentType: string; scrape(): Promise<string> };
  sessions: () => readonly SessionSnapshot[];
  /** What is still missing before clients can log in, one sentence; undefined when ready. */
  unready: () => string | undefined;
  /** What an operator asks for; absent where there is none. */
  status?: () => GatewayStatus;
  users?: () => UsersActivity;
}

/** /metrics, /v1/sessions (protected beyond loopback), /healthz, /readyz (open: for probes). */
export function gatewayRoutes(sources: EndpointSources): HttpRoute[] {
  return [
    { path: '/metrics', access: 'protected', answer: () => metrics(sources) },
    { path: '/v1/sessions', access: 'protected', answer: () => sessions(sources) },
    ...operatorRoutes(sources),
    { path: '/healthz', access: 'open', answer: () => text(200, 'ok') },
    { path: '/readyz', access: 'open', answer: () => readiness(sources.unready()) },
  ];
}

function operatorRoutes({ status, users }: EndpointSources): HttpRoute[] {
  if (status === undefined || users === undefined) return [];
  return [
    { path: '/v1/status', access: 'protected', answer: () => json(status()) },
    { path: '/v1/users', access: 'protected', answer: () => json(users()) },
  ];
}

async function metrics(sources: EndpointSources): Promise<HttpAnswer> {
  return { status: 200, contentType: sources.metrics.contentType, body: await sources.metrics.scrape() };
}

function sessions(sources: EndpointSources): HttpAnswer {
  return json({ sessions: sources.sessions().map(viewSession) });
}

function readiness(missing: string | undefined): HttpAnswer {
  return missing === undefined ? text(200, 'ok') : text(503, missing);
}

function json(value: unknown): HttpAnswer {
  return { status: 200, contentType: 'application/json; charset=utf-8', body: `${JSON.stringify(value)}\n` };
}

function text(status: number, line: string): HttpAnswer {
  return { status, contentType: 'text/plain; charset=utf-8', body: `${line}\n` };
}
