// debian:bookworm-slim under its public name, made from Debian's own packages because no registry is asked: the real
// Dockerfile builds on it unchanged. It holds what the Dockerfile would install, so that the build needs no network.
import { join } from 'node:path';
import { execute } from '../lab/commands.ts';
import { Undo } from '../lab/undo.ts';
import type { Buildah } from './buildah.ts';

export const baseImage = 'docker.io/library/debian:bookworm-slim';

// What the official slim image leaves out, too.
const without = ['doc', 'groff', 'info', 'lintian', 'linda', 'locale', 'man'].map(
  (name) => `/usr/share/${name}/*`,
);

export async function makeBaseImage(buildah: Buildah): Promise<void> {
  if (await buildah.has(baseImage)) return;
  process.stderr.write('kubernetes: making debian:bookworm-slim from Debian packages once, about a minute\n');
  const undo = new Undo();
  try {
    const tar = join(undo.folder(), 'base.tar');
    await execute(
      [
        ...['mmdebstrap', '--quiet', '--variant=minbase', '--include=ca-certificates,nftables,usr-is-merged'],
        // Merged from the start: the package that merges later brings all of Perl.
        '--hook-dir=/usr/share/mmdebstrap/hooks/merged-usr',
        ...without.map((path) => `--dpkgopt=path-exclude=${path}`),
        '--dpkgopt=path-include=/usr/share/doc/*/copyright',
        ...['bookworm', tar],
      ],
      { timeout: 600_000 },
    );
    await buildah.commitFiles({ image: baseImage, files: [{ source: tar, target: '/' }] });
  } finally {
    undo.now();
  }
}
