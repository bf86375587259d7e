// The words of a predicate, each with its column.
import { BadInput } from '../base/errors.js';

export type TokenKind = 'number' | 'text' | 'path' | 'word' | 'sign' | 'end';

export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
  /** From 1. */
  readonly column: number;
}

export const MAX_PREDICATE_CHARS = 500;
export const WORDS = ['and', 'or', 'not', 'has', 'true', 'false', 'null'] as const;

const SIGNS = ['==', '!=', '<=', '>=', '&&', '||', '<', '>', '!', '+', '-', '*', '(', ')'] as const;
const SPACE = /\s+/y;
const NUMBER = /\d{1,15}(?![\w.])/y;
const TEXT = /"([^"]*)"/y;
// A hyphen belongs to a word when a letter stands on both its sides: a difference needs spaces.
const PATH = /[A-Za-z_]\w*(?:-[A-Za-z]\w*)*(?:\.\w+(?:-[A-Za-z]\w*)*)*/y;

export function tokensOf(text: string): Token[] {
  if (text.length > MAX_PREDICATE_CHARS) {
    throw new BadInput(
      'predicate-too-long',
      `a predicate has at most ${MAX_PREDICATE_CHARS} characters (MAX_PREDICATE_CHARS), got ${text.length}`,
    );
  }
  const tokens: Token[] = [];
  let at = 0;
  const match = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    return pattern.exec(text);
  };
  while (at < text.length) {
    const column = at + 1;
    const space = match(SPACE);
    if (space !== null) {
      at += space[0].length;
      continue;
    }
    const [found, kind, value] = scan(match, text, at);
    if (found === '') throw refused(text, column, 'a path, a number, a "text", a comparison or a bracket');
    tokens.push({ kind, text: value, column });
    at += found.length;
  }
  tokens.push({ kind: 'end', text: '', column: text.length + 1 });
  return tokens;
}

function scan(
  match: (pattern: RegExp) => RegExpExecArray | null,
  text: string,
  at: number,
): readonly [found: string, kind: TokenKind, value: string] {
  const number = match(NUMBER);
  if (number !== null) return [number[0], 'number', number[0]];
  const quoted = match(TEXT);
  if (quoted !== null) return [quoted[0], 'text', quoted[1]];
  const path = match(PATH);
  if (path !== null) {
    const isWord = (WORDS as readonly string[]).includes(path[0]);
    return [path[0], isWord ? 'word' : 'path', path[0]];
  }
  const sign = SIGNS.find((s) => text.startsWith(s, at)) ?? '';
  return [sign, 'sign', sign];
}

/** Says at which column something else was expected. */
export function refused(text: string, column: number, expected: string): BadInput {
  const rest = text.slice(column - 1, column + 19);
  const found = rest === '' ? 'the end' : `"${rest}"`;
  return new BadInput(
    'bad-predicate',
    `predicate: at column ${column} expected ${expected}, found ${found}`,
    [expected],
  );
}
