import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { generatedFiles } from '../../scripts/generate/generated-files.ts';

describe('the generated files', () => {
  for (const { path, content } of generatedFiles()) {
    it(`follow from the schemas: ${path} (npm run generate)`, () => {
      assert.equal(readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8'), content);
    });
  }
});
