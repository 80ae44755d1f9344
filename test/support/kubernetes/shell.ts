// A person's shell on a computer in the lab's internet: Helm, kubectl and this checkout at hand, KUBECONFIG set. What
// README and demo tell people to type runs here as it is written.
import { dirname, resolve } from 'node:path';
import { chartTools } from '../helm/tools.ts';
import { attempt, type CommandResult } from '../lab/commands.ts';
import type { Cluster } from './cluster.ts';

const repository = resolve(import.meta.dirname, '../../..');

/** Runs lines of bash in the checkout. @param timeout milliseconds */
export function attemptInShell(cluster: Cluster, lines: string, timeout = 180_000): Promise<CommandResult> {
  const tools = chartTools();
  if (typeof tools === 'string') throw new Error(tools);
  const environment = [
    `PATH=${dirname(tools.helm)}:${process.env['PATH']}`,
    `KUBECONFIG=${cluster.controlPlane.kubeconfig()}`,
  ];
  const script = ['bash', '-euo', 'pipefail', '-c', `cd '${repository}'\n${lines}`];
  return attempt(cluster.internet.enter(['env', ...environment, ...script]), { timeout });
}

/** @returns what they print, errors included @throws Error with the lines and their output when one fails */
export async function inShell(cluster: Cluster, lines: string, timeout?: number): Promise<string> {
  const { code, output } = await attemptInShell(cluster, lines, timeout);
  if (code === 0) return output;
  throw new Error(`${lines}\nended with ${code}: ${output.trim()}`);
}
