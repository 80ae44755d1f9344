// The connection to the API server: who we are and whom we trust comes from client-node's KubeConfig, the requests
// themselves go over node:https. client-node's own watch and informer are not used; see reflector.ts.

import { type IncomingMessage, Agent as PlainAgent, request as plainRequest } from 'node:http';
import { Agent, type RequestOptions, request as tlsRequest } from 'node:https';
import type { KubeConfig } from '@kubernetes/client-node';
import { ApiError } from './api-error.ts';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

export interface ApiRequest {
  readonly method: Method;
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  readonly body?: unknown;
  readonly contentType?: string;
  readonly signal?: AbortSignal;
  /** Milliseconds until an answer begins, and between its parts; default 30 s. */
  readonly timeout?: number;
}

/** Called with the outcome of every request; code 0: no answer. */
export type RequestObserver = (outcome: { code: number; method: Method; host: string }) => void;

const AnswerWithin = 30_000;
/** Requests at the same time beside the watches, which use an agent of their own. */
const MostConnections = 32;
/** Probes on idle connections, so that a peer that vanished is noticed in seconds. */
const KeepAlive = { keepAlive: true, keepAliveMsecs: 10_000 };

export class ApiClient {
  readonly #config: KubeConfig;
  readonly #server: URL;
  readonly #observe: RequestObserver;
  readonly #announce: (request: ApiRequest) => void;
  readonly #agents: { calls: Agent | PlainAgent; watches: Agent | PlainAgent };

  constructor(
    config: KubeConfig,
    observe: RequestObserver = () => {},
    announce: (request: ApiRequest) => void = () => {},
  ) {
    const server = config.getCurrentCluster()?.server;
    if (server === undefined) throw new Error('no cluster is configured: set KUBECONFIG, or run in a Pod');
    this.#config = config;
    this.#server = new URL(server);
    this.#observe = observe;
    this.#announce = announce;
    const AgentOfScheme = this.#server.protocol === 'http:' ? PlainAgent : Agent;
    this.#agents = {
      calls: new AgentOfScheme({ ...KeepAlive, maxSockets: MostConnections }),
      watches: new AgentOfScheme(KeepAlive),
    };
  }

  /** Where we reach the server: a name, or an address without brackets. */
  get host(): string {
    return this.#server.hostname.replace(/^\[|\]$/g, '');
  }

  /**
   * The object that the server answers with.
   * @throws {ApiError}
   */
  async send<Answer>(request: ApiRequest): Promise<Answer> {
    const response = await this.#open(request, this.#agents.calls);
    const text = await readAll(response, request.timeout ?? AnswerWithin);
    if (!isSuccess(response)) throw refusal(response, text);
    try {
      return JSON.parse(text) as Answer;
    } catch {
      throw new ApiError({ status: 0, reason: 'NotJson', message: `${request.path}: the answer is no JSON` });
    }
  }

  /**
   * The answer as it comes. The caller reads or destroys it.
   * @throws {ApiError}
   */
  async stream(request: ApiRequest): Promise<IncomingMessage> {
    const response = await this.#open(request, this.#agents.watches);
    if (!isSuccess(response)) throw refusal(response, await readAll(response, AnswerWithin));
    return response;
  }

  close(): void {
    this.#agents.calls.destroy();
    this.#agents.watches.destroy();
  }

  async #open(request: ApiRequest, agent: Agent | PlainAgent): Promise<IncomingMessage> {
    this.#announce(request);
    const body = request.body === undefined ? undefined : JSON.stringify(request.body);
    const options = await this.#options(request, body, agent);
    return await new Promise((resolve, reject) => {
      const outgoing = (this.#server.protocol === 'http:' ? plainRequest : tlsRequest)(
        options,
        (response) => {
          outgoing.setTimeout(0);
          this.#observe({ code: response.statusCode ?? 0, method: request.method, host: this.#server.host });
          resolve(response);
        },
      );
      outgoing.setTimeout(request.timeout ?? AnswerWithin, () => outgoing.destroy(noAnswer()));
      outgoing.on('error', (error: NodeJS.ErrnoException) => {
        this.#observe({ code: 0, method: request.method, host: this.#server.host });
        reject(connectionError(request, error));
      });
      outgoing.end(body);
    });
  }

  async #options(
    request: ApiRequest,
    body: string | undefined,
    agent: Agent | PlainAgent,
  ): Promise<RequestOptions> {
    const options: RequestOptions = { headers: {} };
    await this.#config.applyToHTTPSOptions(options);
    const { pathname } = this.#server;
    const length = body === undefined ? {} : { 'Content-Length': Buffer.byteLength(body) };
    const type = body === undefined ? {} : { 'Content-Type': request.contentType ?? 'application/json' };
    return {
      ...options,
      // A proxy is the business of client-node's agent, which does not keep connections.
      agent: this.#config.getCurrentCluster()?.proxyUrl === undefined ? agent : options.agent,
      method: request.method,
      hostname: this.host,
      port: this.#server.port,
      path: `${pathname === '/' ? '' : pathname}${request.path}${queryText(request.query)}`,
      headers: {
        ...options.headers,
        Accept: 'application/json',
        'User-Agent': 'vpn-operator',
        ...length,
        ...type,
      },
      ...(request.signal === undefined ? {} : { signal: request.signal }),
    };
  }
}

function queryText(query: ApiRequest['query'] = {}): string {
  const given = Object.entries(query).flatMap(([name, value]): [string, string][] =>
    value === undefined ? [] : [[name, String(value)]],
  );
  return given.length === 0 ? '' : `?${new URLSearchParams(given)}`;
}

function isSuccess({ statusCode = 0 }: IncomingMessage): boolean {
  return statusCode >= 200 && statusCode < 300;
}

/** Whoever waits for an answer must not wait for ever because a proxy on the way fell silent in the middle of it. */
async function readAll(response: IncomingMessage, patience: number): Promise<string> {
  const chunks: Buffer[] = [];
  const silence = setTimeout(() => response.destroy(new Error('nothing came any more')), patience);
  try {
    for await (const chunk of response) {
      chunks.push(chunk as Buffer);
      silence.refresh();
    }
  } catch (error) {
    throw new ApiError({ status: 0, reason: 'Interrupted', message: `the answer broke off: ${error}` });
  } finally {
    clearTimeout(silence);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function refusal(response: IncomingMessage, text: string): ApiError {
  const status = response.statusCode ?? 0;
  const told = statusObject(text);
  const seconds = Number(response.headers['retry-after'] ?? told.details?.retryAfterSeconds);
  return new ApiError({
    status,
    reason: told.reason ?? response.statusMessage ?? '',
    message: told.message ?? `HTTP ${status}`,
    ...(seconds > 0 ? { retryAfter: seconds * 1000 } : {}),
  });
}

interface StatusObject {
  reason?: string;
  message?: string;
  details?: { retryAfterSeconds?: number };
}

function statusObject(text: string): StatusObject {
  try {
    return JSON.parse(text) as StatusObject;
  } catch {
    return {};
  }
}

function noAnswer(): NodeJS.ErrnoException {
  return Object.assign(new Error('no answer in time'), { code: 'ETIMEDOUT' });
}

function connectionError(request: ApiRequest, error: NodeJS.ErrnoException): ApiError {
  const message = `${request.method} ${request.path}: ${error.message}`;
  return new ApiError({ status: 0, reason: error.code ?? error.name, message });
}
