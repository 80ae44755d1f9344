// One node: containerd, kubelet and kube-proxy in a network namespace, with PID and mount namespaces of their own, so
// that everything on the node goes when its first process is killed.
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { attempt, type CommandResult, eventually, execute, startProgram } from '../lab/commands.ts';
import type { Namespace } from '../lab/namespaces.ts';
import type { Undo } from '../lab/undo.ts';
import { makeCgroup } from './cgroups.ts';
import {
  cniConfig,
  containerdConfig,
  containerdSocket,
  kubeletConfig,
  type NodePaths,
} from './node-config.ts';
import type { Programs } from './programs.ts';

export interface NodeOptions extends NodePaths {
  namespace: Namespace;
  programs: Programs;
  kubeletKubeconfig: string;
  proxyKubeconfig: string;
}

export type NodeProgram = 'containerd' | 'kubelet' | 'kube-proxy';

export class Node {
  readonly name: string;
  readonly address: string;
  readonly namespace: Namespace;
  readonly folder: string;
  readonly #paths: NodePaths;
  #init = 0;

  constructor(options: NodeOptions) {
    this.name = options.name;
    this.address = options.address;
    this.namespace = options.namespace;
    this.folder = options.folder;
    this.#paths = options;
  }

  /** Starts its programs; the kubelet registers the node by itself. */
  async start(undo: Undo, options: NodeOptions): Promise<void> {
    makeCgroup(undo, options.cgroup);
    writeConfiguration(options);
    const ownNamespaces = ['unshare', '--mount', '--pid', '--uts', '--fork', '--kill-child', '--mount-proc'];
    // Not `ip netns exec`: that mounts another /sys, without the cgroups.
    const enter = ['nsenter', `--net=/run/netns/${this.namespace.name}`, ...ownNamespaces];
    const script = ['bash', join(import.meta.dirname, 'node.sh'), this.name, this.folder];
    const child = startProgram([...enter, ...script, ...nodePrograms(options)], { stdio: 'ignore' });
    undo.later(() => child.kill('SIGKILL'));
    this.#init = await eventually(`${this.name}'s first process`, 5_000, () => childOf(child.pid ?? 0));
    await eventually(`${this.name}'s containerd`, 20_000, async () => {
      return (await attempt([...this.#ctr(), 'version'])).code === 0 ? 'up' : undefined;
    });
  }

  /** Makes the images of a docker-archive known to the node. */
  async importImage(archive: string): Promise<void> {
    await execute([...this.#ctr(), '--namespace', 'k8s.io', 'images', 'import', archive], {
      timeout: 120_000,
    });
  }

  /** Gives an image that it has one more name. */
  async nameImage(image: string, name: string): Promise<void> {
    await execute([...this.#ctr(), '--namespace', 'k8s.io', 'images', 'tag', '--force', image, name]);
  }

  /** Sends a signal to one of its programs; one that ends is started again after half a second. */
  async signal(program: NodeProgram, signal: 'KILL' | 'TERM' | 'STOP' | 'CONT'): Promise<void> {
    await execute(this.enter(['pkill', `-${signal}`, '-x', program]));
  }

  /** The command line that runs `command` among the node's processes and mounts. */
  enter(command: readonly string[]): string[] {
    return ['nsenter', `--target=${this.#init}`, '--mount', '--pid', '--net', '--uts', '--', ...command];
  }

  attempt(command: readonly string[]): Promise<CommandResult> {
    return attempt(this.enter(command));
  }

  #ctr(): string[] {
    return ['ctr', '--address', containerdSocket(this.#paths)];
  }
}

function writeConfiguration(options: NodeOptions): void {
  const { folder, programs } = options;
  for (const each of ['cni', 'bin']) mkdirSync(join(folder, each), { recursive: true });
  writeFileSync(join(folder, 'containerd.toml'), containerdConfig(options));
  writeFileSync(join(folder, 'kubelet.json'), kubeletConfig(options));
  writeFileSync(join(folder, 'cni/10-bridge.conflist'), cniConfig(options));
  // By its own name each is found among the node's processes.
  for (const name of ['kubelet', 'kube-proxy'] as const)
    symlinkSync(programs(name)[0] ?? '', join(folder, 'bin', name));
}

function nodePrograms({ folder, name, address, kubeletKubeconfig, proxyKubeconfig }: NodeOptions): string[] {
  return [
    ...['containerd', '--config', join(folder, 'containerd.toml'), '--log-level', 'warn'],
    '--',
    ...[
      join(folder, 'bin/kubelet'),
      '--kubeconfig',
      kubeletKubeconfig,
      '--config',
      join(folder, 'kubelet.json'),
    ],
    ...['--root-dir', join(folder, 'kubelet'), '--cert-dir', join(folder, 'pki')],
    ...['--hostname-override', name, '--node-ip', address],
    '--',
    ...[join(folder, 'bin/kube-proxy'), '--kubeconfig', proxyKubeconfig, '--hostname-override', name],
    // The conntrack limits belong to the machine, not to this node: leave them.
    ...['--proxy-mode', 'nftables', '--conntrack-max-per-core', '0'],
    ...['--conntrack-tcp-timeout-established', '0', '--conntrack-tcp-timeout-close-wait', '0'],
  ];
}

function childOf(pid: number): number | undefined {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  return children === '' ? undefined : Number(children.split(' ')[0]);
}
