// Asks one gateway how it is: HTTP on the node's address, with the token that both know from a Secret.
import { answerOf, type GatewayAnswer, type GatewayPath } from './gateway-answer.ts';

export interface GatewayAddress {
  readonly host: string;
  readonly port: number;
  readonly token: string;
}

/** A gateway in good health answers within milliseconds. */
const Patience = 3_000;
/**
 * MiB: 20,000 sessions, and 10,000 users with long names and failures. JSON of empty objects takes twenty times as much
 * memory as text, and that still has to be less than this process may use.
 */
const MostMebibytes: Record<GatewayPath, number> = { '/v1/status': 2, '/v1/users': 8 };

/** @throws {Error} with one line that says why there is no answer, or none that can be used. */
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
  try {
    return answerOf(path, await bodyOf(response, MostMebibytes[path]));
  } catch (error) {
    throw new Error(`${url} answers what cannot be used: ${(error as Error).message}`);
  }
}

async function bodyOf(response: Response, mostMebibytes: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    length += chunk.length;
    if (length > mostMebibytes * 2 ** 20) throw new Error(`more than ${mostMebibytes} MiB`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
