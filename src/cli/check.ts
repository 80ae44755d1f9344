// `vpn-operator check`: judges documents offline. Faults go to stderr, one a line; a sound set of documents is summed
// up on stdout. `--output json` puts everything on stdout.

import { type Fault, formatFault } from '../api/fault.ts';
import type { GatewayConfig } from '../api/gateway-config.ts';
import { clientAddressCount } from '../api/pool-addresses.ts';
import { type LoadedDocuments, loadDocuments } from './load-documents.ts';
import { UsageError } from './usage-error.ts';

export interface CheckOptions {
  /** "table" or "json". */
  readonly output?: string;
}

export interface CheckOutput {
  readonly stdout: { write(text: string): unknown };
  readonly stderr: { write(text: string): unknown };
}

/**
 * The exit code: 0 when all is well, warnings or not; 2 with faults.
 * @throws {UsageError} without a path, and for an unknown output format.
 */
export async function runCheck(
  paths: readonly string[],
  options: CheckOptions,
  io: CheckOutput,
): Promise<number> {
  const { output = 'table' } = options;
  if (paths.length === 0) throw new UsageError('check: no documents named: add -f with a file or a folder');
  if (output !== 'table' && output !== 'json') {
    throw new UsageError(`--output ${JSON.stringify(output)}: use table or json`);
  }
  const loaded = loadDocuments(paths);
  if (output === 'json') io.stdout.write(`${JSON.stringify(asData(loaded), undefined, 2)}\n`);
  else print(loaded, io);
  return loaded.faults.length > 0 ? 2 : 0;
}

function print({ configs, faults, warnings }: LoadedDocuments, io: CheckOutput): void {
  for (const fault of faults) io.stderr.write(`${formatFault(fault)}\n`);
  for (const warning of warnings) io.stderr.write(`warning: ${formatFault(warning)}\n`);
  if (faults.length > 0) {
    io.stderr.write(`${faults.length === 1 ? 'One fault' : `${faults.length} faults`} found.\n`);
    return;
  }
  io.stdout.write(configs.map(summary).join('\n'));
}

function summary(config: GatewayConfig): string {
  const { spec } = config;
  const { encryption, mtu } = spec;
  const rows = [
    ['pools', spec.addressPools.map(({ cidr }) => cidr).join(', ')],
    ['addresses', `${clientAddressCount(spec)} for clients, ${spec.gatewayAddress} for the server`],
    ['encryption', encryption.policy === 'Disabled' ? 'none' : `${encryption.policy}, MPPE ${bits(config)}`],
    ['mtu', mtu.mode === 'Auto' ? 'measured for each client' : `${mtu.value} bytes`],
    ['users', countUsers(config)],
  ];
  const body = rows.map(([title = '', text]) => `  ${title.padEnd(10)}  ${text}\n`).join('');
  return `VpnServer ${config.server.namespace}/${config.server.name}\n${body}`;
}

function bits({ spec: { encryption } }: GatewayConfig): string {
  const mode = encryption.stateless === 'Required' ? 'stateless' : 'stateless or stateful';
  return `${encryption.keyLengths.join(' or ')} bits, ${mode}`;
}

function countUsers({ users }: GatewayConfig): string {
  const suspended = users.filter((user) => user.suspended).length;
  const expired = users.filter(
    ({ expiresAt }) => expiresAt !== undefined && Date.parse(expiresAt) <= Date.now(),
  ).length;
  const notes = [suspended && `${suspended} suspended`, expired && `${expired} expired`].filter(Boolean);
  return `${users.length}${notes.length > 0 ? ` (${notes.join(', ')})` : ''}`;
}

/** Without the users' hashes. */
function asData({ configs, faults, warnings }: LoadedDocuments): unknown {
  const told = (fault: Fault) => ({ ...fault, text: formatFault(fault) });
  return {
    valid: faults.length === 0,
    faults: faults.map(told),
    warnings: warnings.map(told),
    servers: configs.map(({ server, spec, users }) => ({
      ...server,
      spec,
      addresses: clientAddressCount(spec),
      users: users.map(({ ntHash: _hidden, ...user }) => user),
    })),
  };
}
