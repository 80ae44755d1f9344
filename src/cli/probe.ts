// `vpn-operator probe`: is this server reachable, does GRE pass, is this login good, what does the tunnel carry?
// Also what `helm test` runs. The probe itself is in src/probe.
import { readFileSync } from 'node:fs';
import { parseDuration } from '../api/duration.ts';
import { probe } from '../probe/probe.ts';
import { conclusion, stepLine } from '../probe/report.ts';
import { printable } from '../process/log.ts';
import { ntPasswordHash } from '../protocol/ppp/ms-chap-v2.ts';
import { UsageError } from './usage-error.ts';

export interface ProbeCommandOptions {
  readonly server: string;
  readonly user: string;
  readonly passwordFile: string;
  /** "table" or "json". */
  readonly output: string;
  /** How long each step may take: "10s". */
  readonly timeout: string;
}

export interface ProbeCommandOutput {
  readonly stdout: { write(text: string): unknown; readonly isTTY?: boolean };
}

/** RFC 2759 §4: the name's longest form is 256 characters. */
const LongestName = 256;
const LongestPassword = 256;

/**
 * The exit code: 0 when every step passed, else 1.
 * @throws {UsageError} for options that cannot be used, before anything is sent.
 */
export async function runProbe(options: ProbeCommandOptions, io: ProbeCommandOutput): Promise<number> {
  const { server, user, output } = options;
  if (output !== 'table' && output !== 'json') {
    throw new UsageError(`--output "${printable(output)}": use table or json`);
  }
  if (server.trim() === '') throw new UsageError('--server: give an IPv4 address or a name');
  if (user === '' || user.length > LongestName)
    throw new UsageError('--user: give a name of 1 to 256 characters');
  const patience = parsePatience(options.timeout);
  const credentials = { username: user, ntHash: ntPasswordHash(readPassword(options.passwordFile)) };
  const paint = io.stdout.isTTY === true ? 'coloured' : 'plain';
  const report = await probe({
    server,
    credentials,
    patience,
    stepped: (step) => {
      if (output === 'table') io.stdout.write(`${stepLine(step, paint)}\n`);
    },
  });
  io.stdout.write(output === 'json' ? `${JSON.stringify(report, undefined, 2)}\n` : conclusion(report));
  return report.passed ? 0 : 1;
}

function parsePatience(text: string): number {
  const patience = parseDuration(text);
  if (patience === undefined || patience === 0) {
    throw new UsageError(`--timeout "${printable(text)}": use a duration like 10s or 1m`);
  }
  return patience;
}

/** A line feed at the end is the editor's, not the password's. */
function readPassword(file: string): string {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new UsageError(`--password-file ${file}: ${code}; give a readable file that holds the password`);
  }
  const password = decode(bytes, file).replace(/\r?\n$/, '');
  if (password === '' || password.length > LongestPassword) {
    throw new UsageError(`--password-file ${file}: holds no password of 1 to 256 characters`);
  }
  return password;
}

function decode(bytes: Uint8Array, file: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new UsageError(`--password-file ${file}: is not UTF-8 text`);
  }
}
