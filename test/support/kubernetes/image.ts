// The project's image, built from its real Dockerfile as anyone would, and kept as docker-archive in .cache/image under
// the hash of what it is made from.
import { createHash } from 'node:crypto';
import { existsSync, globSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { makeBaseImage } from './base-image.ts';
import { Buildah } from './buildah.ts';

const repository = resolve(import.meta.dirname, '../../..');
const cache = join(repository, '.cache/image');

export const projectImage = 'localhost/vpn-operator:dev';

/** The path of the image's docker-archive; builds it if its sources changed: about half a minute. */
export async function projectArchive(): Promise<string> {
  const archive = join(cache, `${sourcesHash()}.tar`);
  if (existsSync(archive)) return archive;
  mkdirSync(cache, { recursive: true });
  const buildah = new Buildah();
  await makeBaseImage(buildah);
  process.stderr.write('kubernetes: building the image from Dockerfile\n');
  // Containers are made by chroot here, for machines where runc or user namespaces are not at hand.
  const flags = ['--isolation', 'chroot', '--pull-never', '--quiet', '--tag', projectImage];
  await buildah.run(['build', ...flags, repository]);
  await buildah.push(projectImage, archive);
  await buildah.prune();
  removeOthers(archive);
  return archive;
}

/** A hash of everything that .dockerignore lets into the build; of npm packages, of what locks them. */
function sourcesHash(): string {
  const patterns = ['bin/**', 'src/**', 'scripts/image/**', 'packages/*/{package.json,src/**}'];
  const single = ['Dockerfile', '.dockerignore', 'package.json', 'package-lock.json'];
  const hash = createHash('sha256');
  for (const file of [...single, ...globSync(patterns, { cwd: repository }).sort()]) {
    const path = join(repository, file);
    if (statSync(path).isFile()) hash.update(`${file}\0`).update(readFileSync(path));
  }
  return hash.digest('hex').slice(0, 16);
}

/** Milliseconds in which another run may still be reading the image it built. */
const grace = 3_600_000;

function removeOthers(archive: string): void {
  for (const name of readdirSync(cache)) {
    const path = join(cache, name);
    if (path !== archive && statSync(path).mtimeMs < Date.now() - grace) rmSync(path);
  }
}
