// The image of a pod's sandbox, made from scratch: one program that waits.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Buildah } from './buildah.ts';
import { buildKube } from './kube-binary.ts';
import { pauseImage } from './node-config.ts';

/** The path of its docker-archive; makes it if it is not there. */
export async function pauseArchive(): Promise<string> {
  const folder = await buildKube();
  const archive = join(folder, 'pause.tar');
  if (existsSync(archive)) return archive;
  const buildah = new Buildah();
  await buildah.commitFiles({
    image: pauseImage,
    files: [{ source: join(folder, 'pause'), target: '/pause' }],
    entrypoint: ['/pause'],
  });
  await buildah.push(pauseImage, archive);
  return archive;
}
