// Writes everything that follows from the schemas in src/api: `npm run generate`. With --check it writes nothing and
// exits with 1 when a file on disk differs.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { generatedFiles } from './generate/generated-files.ts';

const root = new URL('../', import.meta.url);
const stale: string[] = [];

for (const { path, content } of generatedFiles()) {
  const file = new URL(path, root);
  if (read(file) === content) continue;
  stale.push(path);
  if (!process.argv.includes('--check')) {
    mkdirSync(dirname(file.pathname), { recursive: true });
    writeFileSync(file, content);
    process.stdout.write(`wrote ${path}\n`);
  }
}

if (process.argv.includes('--check') && stale.length > 0) {
  process.stderr.write(`out of date: ${stale.join(', ')}: run npm run generate, and commit the result\n`);
  process.exitCode = 1;
}

function read(file: URL): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
