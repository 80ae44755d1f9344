// An API server that answers word for word what a test wrote: lists, watches, errors and broken connections.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { KubeConfig } from '@kubernetes/client-node';
import { ApiClient } from '../../../src/operator/kube/api-client.ts';

export type Scripted = (request: URL, response: ServerResponse, incoming: IncomingMessage) => void;

export class ScriptedApi {
  readonly client: ApiClient;
  /** Paths and queries in the order of their coming. */
  readonly requests: URL[] = [];
  /** When each came, ms of performance.now(). */
  readonly times: number[] = [];
  readonly #server: Server;
  readonly #answers: Scripted[] = [];

  private constructor(server: Server, port: number) {
    const config = new KubeConfig();
    config.loadFromClusterAndUser(
      { name: 'scripted', server: `http://127.0.0.1:${port}`, skipTLSVerify: true },
      { name: 'test' },
    );
    this.client = new ApiClient(config);
    this.#server = server;
  }

  static async start(): Promise<ScriptedApi> {
    const server = createServer();
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const api = new ScriptedApi(server, (server.address() as AddressInfo).port);
    server.on('request', (request, response) => api.#answer(request, response));
    return api;
  }

  /** One answer a request, in this order; who asks more is left hanging, as a quiet watch is. */
  script(...answers: Scripted[]): this {
    this.#answers.push(...answers);
    return this;
  }

  close(): void {
    this.client.close();
    this.#server.close();
    this.#server.closeAllConnections();
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '', 'http://scripted');
    this.requests.push(url);
    this.times.push(performance.now());
    const answer = this.#answers.shift();
    if (answer === undefined) response.writeHead(200).flushHeaders();
    else answer(url, response, request);
  }
}

export function item(name: string, resourceVersion: string, uid = name): object {
  return { metadata: { namespace: 'vpn', name, uid, resourceVersion } };
}

export function list(items: readonly object[], resourceVersion: string, next?: string): Scripted {
  return (_, response) =>
    response.end(
      JSON.stringify({ metadata: { resourceVersion, ...(next ? { continue: next } : {}) }, items }),
    );
}

/** Then the server ends the watch, as it does from time to time. */
export function watch(...events: readonly object[]): Scripted {
  return (_, response) => response.end(events.map((event) => `${JSON.stringify(event)}\n`).join(''));
}

/** The connection stays, and nothing comes any more. */
export function openWatch(...events: readonly object[]): Scripted {
  return (_, response) => {
    response.writeHead(200);
    response.write(events.map((event) => `${JSON.stringify(event)}\n`).join(' '));
  };
}

export function brokenWatch(...events: readonly object[]): Scripted {
  return (_, response) => {
    response.writeHead(200);
    response.write(events.map((event) => `${JSON.stringify(event)}\n`).join(''), () =>
      setTimeout(() => response.destroy(), 20),
    );
  };
}

export function fail(code: number, headers: Record<string, string> = {}): Scripted {
  return (_, response) => {
    response.writeHead(code, headers);
    response.end(
      JSON.stringify({ kind: 'Status', code, reason: `Reason${code}`, message: `scripted ${code}` }),
    );
  };
}
