// A small HTTP server for machines: GET only, few connections, short timeouts. On any address but loopback the
// protected routes ask for a bearer token that is read from a file. No TLS, no bodies, no streaming.
import { createHash, timingSafeEqual } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type ConnectionLimits, limitConnections } from './http-connections.ts';

export interface HttpAnswer {
  status: number;
  contentType: string;
  body: string;
}

export interface HttpRoute {
  path: string;
  /** 'protected' asks for the token unless the server listens on loopback; probes are 'open'. */
  access: 'open' | 'protected';
  answer: () => HttpAnswer | Promise<HttpAnswer>;
}

export interface HttpOptions {
  /** "host:port", or ":port" for every address of both families; port 0 picks a free one. */
  address: string;
  /** File holding the bearer token; read for every request, so it can be rotated. */
  tokenFile?: string | undefined;
  routes: readonly HttpRoute[];
  log: { error(event: object, message: string): void };
  /** Instead of the usual ones. */
  limits?: Partial<ConnectionLimits>;
}

export interface HttpServer {
  /** Where it really listens: "127.0.0.1:9723". */
  readonly address: string;
  /** Stops listening at once; requests under way get one second. */
  close(): Promise<void>;
}

/** Why the server did not start: 'usage' is for the person to correct, 'host' is a port taken and the like. */
export class HttpStartError extends Error {
  readonly kind: 'usage' | 'host';

  constructor(kind: 'usage' | 'host', message: string) {
    super(message);
    this.name = 'HttpStartError';
    this.kind = kind;
  }
}

const limits = {
  connections: 64,
  requests: 32,
  answerTime: 10_000,
  headers: 8192,
  headersTimeout: 5000,
  requestTimeout: 10_000,
  closeGrace: 1000,
};

/** @throws {HttpStartError} with one line that says what to change. */
export async function serveHttp(options: HttpOptions): Promise<HttpServer> {
  const { host, port } = parseHttpAddress(options.address);
  const guarded = !isLoopback(host);
  if (guarded && options.routes.some(({ access }) => access === 'protected')) await requireToken(options);
  const server = createServer(
    {
      maxHeaderSize: limits.headers,
      headersTimeout: limits.headersTimeout,
      requestTimeout: limits.requestTimeout,
      keepAliveTimeout: limits.headersTimeout,
      connectionsCheckingInterval: 1000,
    },
    (request, response) => void respond(options, guarded, request, response),
  );
  limitConnections(server, { ...limits, ...options.limits });
  await listen(server, host, port, options.address);
  const bound = server.address() as AddressInfo;
  return { address: joinAddress(bound.address, bound.port), close: () => close(server) };
}

/**
 * "127.0.0.1:9723" or "[::1]:9723" in its parts; the host of ":9723" is empty.
 * @throws {HttpStartError} 'usage' when it is neither.
 */
export function parseHttpAddress(text: string): { host: string; port: number } {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]\s]*)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3] ?? Number.NaN);
  if (match === null || !(port <= 65_535)) {
    throw new HttpStartError('usage', `HTTP address "${text}": write host:port, for example 127.0.0.1:9723`);
  }
  return { host: match[1] ?? match[2] ?? '', port };
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

async function requireToken(options: HttpOptions): Promise<void> {
  const advice = 'other machines could read the sessions: give --token-file, or listen on 127.0.0.1';
  if (options.tokenFile === undefined) {
    throw new HttpStartError('usage', `HTTP address ${options.address}: ${advice}`);
  }
  const token = await readToken(options.tokenFile).catch((error: NodeJS.ErrnoException) => {
    throw new HttpStartError('usage', `token file ${options.tokenFile}: ${error.code ?? error.message}`);
  });
  if (token === '') throw new HttpStartError('usage', `token file ${options.tokenFile}: is empty`);
}

async function readToken(file: string): Promise<string> {
  return (await readFile(file, 'utf8')).trim();
}

async function respond(
  options: HttpOptions,
  guarded: boolean,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  let answer: HttpAnswer;
  try {
    answer = await route(options, guarded, request);
  } catch (error) {
    options.log.error({ err: error }, 'an HTTP request failed');
    answer = plain(500, 'internal error');
  }
  if (answer.status === 405) response.setHeader('Allow', 'GET');
  if (answer.status === 401) response.setHeader('WWW-Authenticate', 'Bearer');
  response.writeHead(answer.status, {
    'Content-Type': answer.contentType,
    'Content-Length': Buffer.byteLength(answer.body),
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
  });
  response.end(answer.body);
}

async function route(options: HttpOptions, guarded: boolean, request: IncomingMessage): Promise<HttpAnswer> {
  const path = (request.url ?? '').split('?', 1)[0];
  const found = options.routes.find((candidate) => candidate.path === path);
  if (found === undefined) return plain(404, 'not found');
  if (request.method !== 'GET') return plain(405, 'only GET');
  if (guarded && found.access === 'protected' && !(await carriesToken(options, request))) {
    return plain(401, 'send the token: Authorization: Bearer ...');
  }
  return await found.answer();
}

/** An empty token file lets nobody in, since what was sent is never empty; an unreadable one fails the request. */
async function carriesToken(options: HttpOptions, request: IncomingMessage): Promise<boolean> {
  const sent = /^Bearer +(\S+) *$/i.exec(request.headers.authorization ?? '')?.[1];
  if (sent === undefined || options.tokenFile === undefined) return false;
  const token = await readToken(options.tokenFile);
  return timingSafeEqual(digest(sent), digest(token));
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

function plain(status: number, text: string): HttpAnswer {
  return { status, contentType: 'text/plain; charset=utf-8', body: `${text}\n` };
}

function listen(server: Server, host: string, port: number, address: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(startError(error, address)));
    // Without a host Node takes IPv6 and IPv4, or IPv4 where the kernel has no other.
    server.listen(host === '' ? { port } : { host, port }, () => {
      server.removeAllListeners('error');
      // A failed accept (EMFILE) is the kernel's to report through the peer; it must not end the process.
      server.on('error', () => {});
      resolve();
    });
  });
}

function startError(error: NodeJS.ErrnoException, address: string): HttpStartError {
  if (error.code === 'EADDRINUSE') {
    return new HttpStartError(
      'host',
      `HTTP address ${address}: already taken; stop the other process or choose another --http-address`,
    );
  }
  if (error.code === 'EADDRNOTAVAIL') {
    return new HttpStartError('host', `HTTP address ${address}: this machine has no such address`);
  }
  return new HttpStartError(
    'host',
    `HTTP address ${address}: cannot listen (${error.code ?? error.message})`,
  );
}

function joinAddress(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const impatience = setTimeout(() => server.closeAllConnections(), limits.closeGrace);
    server.close(() => {
      clearTimeout(impatience);
      resolve();
    });
    server.closeIdleConnections();
  });
}
