// YAML's errors in our words. The library's own messages are never shown: some quote the text around the error,
// and that text may be a password.

import type { ErrorCode } from 'yaml';

export interface YamlFault {
  readonly what: string;
  readonly fix: string;
}

const indentation: YamlFault = {
  what: 'the indentation does not fit the lines above',
  fix: 'indent with spaces, and everything that belongs together by the same number of them',
};
const unclosed: YamlFault = {
  what: 'a quote, bracket or comma is missing',
  fix: 'close what the line opens, and put a comma between the items of a list in brackets',
};
const mapping: YamlFault = {
  what: 'this is no "key: value" line that fits here',
  fix: 'write one "key: value" a line, and quote values that hold ": " or " #"',
};
const character: YamlFault = {
  what: 'a value begins with a character that YAML keeps for itself, or holds an unknown escape',
  fix: 'put the value into single quotes',
};

const faults: Partial<Record<ErrorCode, YamlFault>> = {
  BAD_INDENT: {
    what: 'a bracket is not closed, or the indentation does not fit',
    fix: 'close it, or indent like the lines around',
  },
  TAB_AS_INDENT: { what: 'a tab indents this line', fix: 'indent with spaces' },
  DUPLICATE_KEY: { what: 'the key is there twice', fix: 'keep one of the two' },
  MISSING_CHAR: unclosed,
  BLOCK_AS_IMPLICIT_KEY: mapping,
  BLOCK_IN_FLOW: mapping,
  MULTILINE_IMPLICIT_KEY: mapping,
  KEY_OVER_1024_CHARS: mapping,
  BAD_SCALAR_START: character,
  BAD_DQ_ESCAPE: character,
  BAD_PROP_ORDER: indentation,
  MULTIPLE_DOCS: {
    what: 'a second document begins without a separator',
    fix: 'put a line --- between documents',
  },
};

const elsewhere: YamlFault = {
  what: 'this is not YAML',
  fix: 'look at the indentation, the quotes and the colons of this line and the one above',
};

export function yamlFault(code: ErrorCode): YamlFault {
  return faults[code] ?? elsewhere;
}
