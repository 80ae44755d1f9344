// Reads YAML or JSON text into documents that remember where each field was written.
// Knows nothing of kinds and of files: the text comes from the caller, the file's name only serves the messages.

import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseAllDocuments,
  type YAMLError,
} from 'yaml';
import { type Fault, formatPath, type Path } from './fault.ts';
import { yamlFault } from './yaml-fault.ts';

export interface SourceDocument {
  readonly file: string;
  readonly content: unknown;
  /** The line of a field; of its nearest ancestor when the field itself is not written. */
  lineOf(path: Path): number;
}

export interface ReadResult {
  readonly documents: SourceDocument[];
  readonly faults: Fault[];
}

/** Never throws. A document with a syntax error is reported and left out; its neighbours are read all the same. */
export function readDocuments(file: string, text: string): ReadResult {
  const result: ReadResult = { documents: [], faults: [] };
  const lines = new LineCounter();
  for (const document of parse(text, lines)) readDocument(file, document, lines, result);
  if (result.documents.length === 0 && result.faults.length === 0) {
    result.faults.push({
      file,
      what: 'there is no document in it',
      fix: 'write a VpnServer, VpnUser or Secret into it, or remove the file',
    });
  }
  return result;
}

type Parsed = Document.Parsed | 'too deep';

function parse(text: string, lines: LineCounter): Parsed[] {
  try {
    const options = { lineCounter: lines, prettyErrors: false, merge: true, logLevel: 'silent' } as const;
    return [...parseAllDocuments(text, options)] as Document.Parsed[];
  } catch {
    // The parser descends by recursion: thousands of brackets exhaust its stack.
    return ['too deep'];
  }
}

const tooDeep = {
  what: 'the text is nested too deeply, or refers to itself',
  fix: 'write it without anchors and aliases',
};

function readDocument(file: string, document: Parsed, lines: LineCounter, result: ReadResult): void {
  if (document === 'too deep') {
    result.faults.push({ file, line: 1, ...tooDeep });
    return;
  }
  const lineAt = (offset: number) => Math.max(1, lines.linePos(offset).line);
  const errors = syntaxErrors(document.errors);
  result.faults.push(...errors.map(({ code, pos }) => ({ file, line: lineAt(pos[0]), ...yamlFault(code) })));
  if (errors.some(({ code }) => code !== 'DUPLICATE_KEY')) return;
  const content = plainContent(document);
  const start = lineAt(document.contents?.range[0] ?? 0);
  if (content === undefined) result.faults.push({ file, line: start, ...tooDeep });
  else if (content !== null) {
    const lineOf = (path: Path) => lineAt(offsetOf(document, path));
    result.documents.push({ file, content, lineOf });
  }
}

/** What follows the first syntax error is mostly its echo; keys written twice are faults of their own. */
function syntaxErrors(errors: readonly YAMLError[]): YAMLError[] {
  const first = errors.find(({ code }) => code !== 'DUPLICATE_KEY');
  return errors.filter((error) => error === first || error.code === 'DUPLICATE_KEY');
}

/** Plain values; undefined when aliases multiply without bound or go round in a circle. */
function plainContent(document: Document.Parsed): unknown {
  try {
    const content: unknown = document.toJS({ maxAliasCount: 100 });
    JSON.stringify(content);
    return content;
  } catch {
    return undefined;
  }
}

function offsetOf(document: Document.Parsed, path: Path): number {
  let node: Node | null | undefined = document.contents;
  let offset = node?.range?.[0] ?? 0;
  for (const part of path) {
    if (isAlias(node)) node = node.resolve(document);
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === part);
      offset = rangeStart(pair?.key) ?? offset;
      node = pair?.value as Node | null | undefined;
    } else if (isSeq(node)) {
      node = node.items[Number(part)] as Node | undefined;
      offset = rangeStart(node) ?? offset;
    } else return offset;
  }
  return offset;
}

function rangeStart(node: unknown): number | undefined {
  return (node as Node | null | undefined)?.range?.[0];
}

/** `name` for messages about a whole document. */
export function faultAt(
  document: SourceDocument,
  path: Path,
  told: Pick<Fault, 'what' | 'value' | 'fix'>,
): Fault {
  const written = formatPath(path);
  return { file: document.file, line: document.lineOf(path), ...(written ? { path: written } : {}), ...told };
}
