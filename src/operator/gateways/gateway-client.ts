// Asks one gateway how it is: HTTP on the node's address, with the token that both know from a Secret.
import type { GatewayStatus, UsersActivity } from '../../api/gateway-status.ts';

export interface GatewayAddress {
  readonly host: string;
  readonly port: number;
  readonly token: string;
}

/** A gateway in good health answers within milliseconds. */
const Patience = 3_000;

/** Said by no gateway of an earlier version: the pods are replaced one after the other, this operator first. */
const unsaid: Pick<GatewayStatus, 'usedAddresses' | 'pathMTU' | 'notices'> = {
  usedAddresses: [],
  pathMTU: { states: {}, tunnelMTU: null, sessions: [] },
  notices: { process: '', now: '', latest: [] },
};

export type GatewayPath = '/v1/status' | '/v1/users';
export type GatewayAnswer = { '/v1/status': GatewayStatus; '/v1/users': UsersActivity };

/** @throws {Error} with one line that says why there is no answer. */
export async function askGateway<Path extends GatewayPath>(
  { host, port, token }: GatewayAddress,
  path: Path,
): Promise<GatewayAnswer[Path]> {
  const authority = host.includes(':') ? `[${host}]` : host;
  const url = `http://${authority}:${port}${path}`;
  const response = await fetch(url, {
    headers: { authorization: `Bearer ${token}` },
    redirect: 'error',
    signal: AbortSignal.timeout(Patience),
  }).catch((error: Error) => {
    const cause = (error.cause as NodeJS.ErrnoException | undefined)?.code ?? error.name;
    throw new Error(`${url} does not answer (${cause}); a firewall on the node may block TCP port ${port}`);
  });
  if (!response.ok) throw new Error(`${url} answers HTTP ${response.status}`);
  const answer = (await response.json()) as GatewayAnswer[Path];
  return path === '/v1/status' ? { ...unsaid, ...answer } : answer;
}
