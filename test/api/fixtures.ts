// The fixtures that files and the API server must judge alike. A document's annotations say what must be said of it.
import { readFileSync } from 'node:fs';
import { readDocuments, type SourceDocument } from '../../src/api/documents.ts';

export interface Fixture {
  readonly document: SourceDocument;
  readonly content: { metadata: { name: string; annotations?: { field?: string; message?: string } } };
}

export function readFixtures(name: string): Fixture[] {
  const file = new URL(`fixtures/${name}.yaml`, import.meta.url);
  const { documents, faults } = readDocuments(name, readFileSync(file, 'utf8'));
  if (faults.length > 0) throw new Error(`the fixture ${name} is not YAML`);
  return documents.map((document) => ({ document, content: document.content as Fixture['content'] }));
}
