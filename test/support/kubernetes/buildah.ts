// Debian's buildah as the lab uses it: root, no registry, storage in .cache so that the user's own is left alone.
import { mkdirSync, renameSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { attempt, execute } from '../lab/commands.ts';

const storage = resolve(import.meta.dirname, '../../../.cache/buildah');

export interface FilesImage {
  /** Its whole name with tag. */
  image: string;
  /** Files, or tar archives that are unpacked, and where they go. */
  files: readonly { source: string; target: string }[];
  entrypoint?: readonly string[];
}

export class Buildah {
  readonly #command: readonly string[];

  constructor() {
    mkdirSync(storage, { recursive: true });
    const folders = ['--root', join(storage, 'images'), '--runroot', join(storage, 'run')];
    this.#command = ['buildah', ...folders, '--storage-driver', 'overlay'];
  }

  /** @param timeout milliseconds */
  run(args: readonly string[], timeout = 600_000): Promise<string> {
    return execute([...this.#command, ...args], { timeout });
  }

  async has(image: string): Promise<boolean> {
    const images = await this.run(['images', '--format', '{{.Name}}:{{.Tag}}']);
    return images.split('\n').includes(image);
  }

  /** An image that consists of these files. */
  async commitFiles({ image, files, entrypoint }: FilesImage): Promise<void> {
    const container = (await this.run(['from', 'scratch'])).trim();
    try {
      for (const { source, target } of files) await this.run(['add', '--quiet', container, source, target]);
      if (entrypoint) await this.run(['config', '--entrypoint', JSON.stringify(entrypoint), container]);
      await this.run(['commit', '--quiet', container, image]);
    } finally {
      await this.run(['rm', container]);
    }
  }

  /** Writes an image as docker-archive; the file is there only when it is whole. */
  async push(image: string, archive: string): Promise<void> {
    const unfinished = `${archive}.${process.pid}`;
    await this.run(['push', '--quiet', image, `docker-archive:${unfinished}:${image}`]);
    renameSync(unfinished, archive);
  }

  /** Removes images that no name points to any more: what an image was before it was built again. */
  async prune(): Promise<void> {
    // Fails while another build stands on one of them; the next will do.
    await attempt([...this.#command, 'rmi', '--prune']);
  }
}
