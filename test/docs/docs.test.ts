// What the documents must hold to: honest words, links that lead somewhere, and no rule id without an explanation.
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, it } from 'node:test';

const root = join(import.meta.dirname, '../..');
const skipped = new Set(['node_modules', '.git', 'dist', 'coverage', '.cache', 'vectors']);

function filesUnder(folder: string, endings: readonly string[]): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (skipped.has(entry.name)) return [];
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return filesUnder(path, endings);
    return endings.some((ending) => entry.name.endsWith(ending)) ? [path] : [];
  });
}

function read(path: string): string {
  return readFileSync(path, 'utf8');
}

const documents = filesUnder(root, ['.md']).filter((path) => !path.includes('/transcripts/'));
const statement =
  /PPTP is broken\.\W+Anyone who can record your traffic can read all of it within about a day/;

describe('the documents', () => {
  it('promise nothing that PPTP cannot give', () => {
    const claims = [
      /\b(un)?secur(e|ed|ely)\b/i,
      /\b(military|bank)[ -]?grade\b/i,
      /\bencrypted tunnels?\b/i,
      /\bunbreakable\b/i,
      /\b(keeps?|makes?) your (data|traffic) (private|safe|confidential)\b/i,
      /\bsafe from (eaves|sniff|spy)/i,
    ];
    const texts = [
      ...documents,
      ...filesUnder(join(root, 'crds'), ['.yaml']),
      ...filesUnder(join(root, 'deploy'), ['.yaml']),
    ];
    for (const path of texts) {
      // A word in quotation marks is talked about, not claimed; code is code.
      const prose = read(path).replace(/```[\s\S]*?```|`[^`\n]*`|"[^"\n]*"/g, '');
      for (const claim of claims) assert.doesNotMatch(prose, claim, relative(root, path));
    }
  });

  it('begin with the honest statement, in README.md and SECURITY.md', () => {
    for (const name of ['README.md', 'SECURITY.md']) {
      const opening = read(join(root, name))
        .split('\n')
        .slice(0, 8)
        .join(' ')
        .replace(/[>*\s]+/g, ' ');
      assert.match(opening, statement, name);
    }
  });

  it('have a README.md that one can read in one go: at most 120 lines', () => {
    assert.ok(read(join(root, 'README.md')).split('\n').length <= 121);
  });

  it('link only to files that exist', () => {
    for (const path of documents) {
      for (const [, target = ''] of read(path).matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)) {
        if (/^[a-z]+:/.test(target)) continue;
        assert.ok(existsSync(join(dirname(path), target)), `${relative(root, path)} -> ${target}`);
      }
    }
  });

  it('explain every rule id that code, tests and documents cite', () => {
    const supported = read(join(root, 'docs/supported.md'));
    const explained = new Set([...supported.matchAll(/^\| ([A-Z]+-\d+) \|/gm)].map((match) => match[1]));
    const rule = /\b(?:CC|GRE|CP|LCP|CH|CCP|MPPE|IP|SE)-\d{1,2}\b(?!-)/g;
    const folders = ['src', 'test', 'scripts', 'packages'].map((name) => join(root, name));
    for (const path of [...folders.flatMap((folder) => filesUnder(folder, ['.ts', '.md'])), ...documents]) {
      for (const [id] of read(path).matchAll(rule)) {
        if (id.startsWith('MPPE-') && ['40', '56'].includes(id.slice(5))) continue;
        assert.ok(
          explained.has(id),
          `${relative(root, path)} cites ${id}, which docs/supported.md does not explain`,
        );
      }
    }
  });

  it('list every decision', () => {
    const index = read(join(root, 'docs/adr/README.md'));
    const decisions = readdirSync(join(root, 'docs/adr')).filter((name) => /^\d{4}-/.test(name));
    assert.ok(decisions.length > 0);
    for (const name of decisions) {
      assert.ok(index.includes(`(${name})`), name);
      for (const part of ['**Status:**', '## Context', '## Decision', '## Alternatives', '## Consequences']) {
        assert.ok(read(join(root, 'docs/adr', name)).includes(part), `${name}: ${part}`);
      }
    }
  });
});
