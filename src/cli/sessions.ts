// `vpn-operator sessions`: asks a running gateway for its sessions and shows them to a person or a script.
import { readFile } from 'node:fs/promises';
import type { SessionView } from '../gateway/session-view.ts';
import { parseHttpAddress } from '../process/http.ts';
import { printable } from '../process/log.ts';
import { sessionTable } from './session-table.ts';
import { UsageError } from './usage-error.ts';

export interface SessionsOptions {
  /** "host:port" of the gateway. */
  httpAddress: string;
  tokenFile?: string | undefined;
  /** "table" or "json". */
  output: string;
}

export interface CommandOutput {
  stdout: { write(text: string): unknown };
  stderr: { write(text: string): unknown };
}

/** Milliseconds until a gateway that accepts but says nothing is given up. */
const patience = 5000;

/**
 * The exit code: 0, or 1 with one line on stderr when the gateway cannot be asked.
 * @throws {UsageError} for an address, output format or token file that cannot be used.
 */
export async function runSessions(options: SessionsOptions, io: CommandOutput): Promise<number> {
  if (options.output !== 'table' && options.output !== 'json') {
    throw new UsageError(`--output "${printable(options.output)}": use table or json`);
  }
  const headers = await authorization(options.tokenFile);
  const url = sessionsUrl(options.httpAddress);
  try {
    const body = await ask(url, headers);
    io.stdout.write(
      options.output === 'json'
        ? `${JSON.stringify(body, undefined, 2)}\n`
        : sessionTable(body.sessions, Date.now()),
    );
    return 0;
  } catch (error) {
    io.stderr.write(`vpn-operator: ${options.httpAddress}: ${explain(error)}\n`);
    return 1;
  }
}

function sessionsUrl(address: string): string {
  try {
    const { host, port } = parseHttpAddress(address);
    const authority = host.includes(':') ? `[${host}]` : host || '127.0.0.1';
    return `http://${authority}:${port}/v1/sessions`;
  } catch (error) {
    throw new UsageError(`--http-address: ${(error as Error).message}`);
  }
}

async function authorization(tokenFile: string | undefined): Promise<Record<string, string>> {
  if (tokenFile === undefined) return {};
  try {
    const token = (await readFile(tokenFile, 'utf8')).trim();
    if (!/^\S+$/.test(token))
      throw new UsageError(`--token-file ${tokenFile}: holds no token; write one word into it`);
    return { authorization: `Bearer ${token}` };
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(
      `--token-file ${tokenFile}: ${(error as NodeJS.ErrnoException).code}; give a readable file`,
    );
  }
}

async function ask(url: string, headers: Record<string, string>): Promise<{ sessions: SessionView[] }> {
  const response = await fetch(url, { headers, redirect: 'error', signal: AbortSignal.timeout(patience) });
  if (response.status === 401) throw new Error('the gateway asks for a token: give --token-file');
  const body = response.ok ? await response.json().catch(() => undefined) : undefined;
  if (!isSessions(body))
    throw new Error(`answers, but is no gateway (HTTP ${response.status} from /v1/sessions)`);
  return body;
}

function isSessions(body: unknown): body is { sessions: SessionView[] } {
  return (
    typeof body === 'object' && body !== null && Array.isArray((body as { sessions?: unknown }).sessions)
  );
}

function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'TimeoutError')
    return `no answer within ${patience / 1000} s; is this the gateway's HTTP address?`;
  const code = (error.cause as NodeJS.ErrnoException | undefined)?.code;
  if (code === 'ECONNREFUSED')
    return 'nothing listens there; is `vpn-operator local` running? Its address is set by --http-address';
  return code === undefined ? printable(error.message) : `cannot ask the gateway (${code})`;
}
