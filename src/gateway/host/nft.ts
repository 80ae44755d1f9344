// The nft program (Debian package nftables), run synchronously: a ruleset is applied as one transaction, or not at all.
import { spawnSync } from 'node:child_process';

/** What `nft --file -` may take, in milliseconds; it waits for no network. */
const Timeout = 10_000;

/** Applies a script atomically. Throws with nft's own words. */
export function applyRuleset(script: string): void {
  run(['--file', '-'], script);
}

/** Removes a table of family inet, if it is there. */
export function deleteTable(table: string): void {
  // `delete` alone fails on an absent table; `add` is harmless on a present one.
  applyRuleset(`add table inet ${table}\ndelete table inet ${table}\n`);
}

/** The names of the tables of family inet. */
export function listTables(): string[] {
  return parse(run(['--json', 'list', 'tables', 'inet'], '')).flatMap(({ table }) => table?.name ?? []);
}

/** The elements of a set of names; none when the table or the set is absent. */
export function readNameSet(table: string, set: string): string[] {
  if (!listTables().includes(table)) return [];
  try {
    return parse(run(['--json', 'list', 'set', 'inet', table, set], '')).flatMap(
      (each) => each.set?.elem ?? [],
    );
  } catch {
    return [];
  }
}

interface Listed {
  readonly table?: { readonly name: string };
  readonly set?: { readonly elem?: string[] };
}

function parse(json: string): Listed[] {
  return (JSON.parse(json) as { nftables: Listed[] }).nftables;
}

function run(args: readonly string[], input: string): string {
  const { error, status, stdout, stderr } = spawnSync('nft', args, {
    input,
    encoding: 'utf8',
    timeout: Timeout,
  });
  if (error !== undefined) throw new Error(explain(error));
  if (status !== 0) throw new Error(explainFailure(args, stderr));
  return stdout;
}

function explainFailure(args: readonly string[], stderr: string): string {
  if (stderr.includes('Operation not permitted')) {
    return 'cannot set up the firewall: not permitted; run as root or add the capability NET_ADMIN';
  }
  return `nft ${args.join(' ')} failed: ${stderr.trim().split('\n', 1)[0]}`;
}

function explain(error: NodeJS.ErrnoException): string {
  if (error.code === 'ENOENT') {
    return 'cannot set up the firewall: the program nft is missing; install it (Debian package nftables)';
  }
  return `cannot run nft: ${error.message}`;
}
