// The programs of Kubernetes: those of KUBEBUILDER_ASSETS, or one binary with all of them, built once from the Go
// modules in kube/ and kept in .cache/kube under the hash of its sources.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { exitOf, startProgram } from '../lab/commands.ts';

const repository = resolve(import.meta.dirname, '../../..');
const sources = join(import.meta.dirname, 'kube');
const cache = join(repository, '.cache/kube');

/** go.mod says the same. */
const neededGo = [1, 25] as const;

/** Says what it is doing at most this often, ms. */
const progressInterval = 10_000;

/** Why there is no Kubernetes to run here; undefined where there is one, or where it can be built. */
export function whyNoKube(): string | undefined {
  if (existsSync(kubePath())) return undefined;
  const version = /go(\d+)\.(\d+)/.exec(
    spawnSync('go', ['env', 'GOVERSION'], { encoding: 'utf8' }).stdout ?? '',
  );
  const [major, minor] = [Number(version?.[1]), Number(version?.[2])];
  const [wantedMajor, wantedMinor] = neededGo;
  if (version && (major > wantedMajor || (major === wantedMajor && minor >= wantedMinor))) return undefined;
  const found = version ? `found ${version[0]}` : 'found no go';
  return `needs Go ${neededGo.join('.')} or newer to build Kubernetes (${found}), or a cluster in KUBECONFIG, or KUBEBUILDER_ASSETS`;
}

/** The folder with the binaries `kube` and `pause`; builds them if they are not there: about four minutes. */
export async function buildKube(): Promise<string> {
  const folder = kubeFolder();
  if (existsSync(kubePath())) return folder;
  mkdirSync(folder, { recursive: true });
  // Test files and demos may come here at the same time: one builds, the others wait for it.
  const once = ['flock', join(cache, 'lock'), 'sh', '-c', 'test -e "$0" || exec "$@"', kubePath()];
  await runWithProgress([...once, ...buildCommand(folder)]);
  return folder;
}

/** The release that is built, e.g. `v1.35.4`. */
export function kubeVersion(): string {
  const version = /k8s\.io\/kubernetes (v\S+)/.exec(readFileSync(join(sources, 'go.mod'), 'utf8'))?.[1];
  if (version === undefined) throw new Error('kube/go.mod names no version of k8s.io/kubernetes');
  return version;
}

function buildCommand(folder: string): string[] {
  // Without the version the API server says v0.0.0, and clients refuse it.
  const flags = `-s -w -X k8s.io/component-base/version.gitVersion=${kubeVersion()}`;
  return [
    ...['go', 'build', '-C', sources, '-v', '-trimpath', '-buildvcs=false', '-mod=readonly'],
    ...['-ldflags', flags, '-o', `${folder}/`, '.', './pause'],
  ];
}

async function runWithProgress(command: readonly string[]): Promise<void> {
  tell(`building ${kubeVersion()} once, about four minutes on two cores`);
  const child = startProgram(command, {
    stdio: ['ignore', 'pipe', 'pipe'],
    environment: { CGO_ENABLED: '0' },
  });
  let told = performance.now();
  let packages = 0;
  const lines: string[] = [];
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    lines.push(...text.split('\n').filter((line) => line !== ''));
    packages += text.split('\n').length - 1;
    if (performance.now() - told < progressInterval) return;
    told = performance.now();
    tell(`${packages} packages so far`);
  });
  const code = await exitOf(child);
  if (code !== 0) throw new Error(`building Kubernetes failed with ${code}:\n${lines.slice(-20).join('\n')}`);
}

function tell(text: string): void {
  process.stderr.write(`kubernetes: ${text}\n`);
}

function kubeFolder(): string {
  const hash = createHash('sha256');
  for (const file of ['main.go', 'pause/main.go', 'go.mod', 'go.sum'])
    hash.update(readFileSync(join(sources, file)));
  return join(cache, hash.digest('hex').slice(0, 16));
}

function kubePath(): string {
  return join(kubeFolder(), 'kube');
}
