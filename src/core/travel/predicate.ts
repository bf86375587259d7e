// A predicate on the state: comparisons of paths with and, or, not and a little arithmetic. Parsed by recursive descent
// into a tree of a bounded size, which is walked: no text ever becomes code.
//
//   either  = both { "or" both }          both = nots { "and" nots }       nots = [ "not" ] nots | compare
//   compare = sum [ ("==" | "!=" | "<" | "<=" | ">" | ">=" | "has") sum ]
//   sum     = product { ("+" | "-") product }    product = atom { "*" atom }
//   atom    = path | number | "text" | true | false | null | "-" atom | "(" either ")"
import { BadInput } from '../base/errors.js';
import type { Moment } from '../projections/moment.js';
import { type PathReader, parsePath, type Value } from '../projections/state-paths.js';
import { NOT_RECORDED } from '../projections/words.js';
import { refused, type Token, type TokenKind, tokensOf } from './tokens.js';

export const MAX_PREDICATE_NODES = 64;
const MAX_DEPTH = 16;

type Node =
  | { readonly kind: 'value'; readonly value: Value }
  | { readonly kind: 'path'; readonly reader: PathReader }
  | { readonly kind: 'not' | 'minus'; readonly of: Node }
  | { readonly kind: 'binary'; readonly sign: Sign; readonly left: Node; readonly right: Node };
type Sign = keyof typeof BINARY;

/** Whether it holds at a moment. Throws BadInput where it needs what the recording level did not keep. */
export type Predicate = (moment: Moment) => boolean;

/** @param moment any moment of the session, to check the paths against */
export function parsePredicate(text: string, moment: Moment): Predicate {
  const parser = new Parser(text, moment);
  const node = parser.whole();
  return (at) => truth(evaluate(node, at));
}

class Parser {
  private readonly tokens: readonly Token[];
  private at = 0;
  private nodes = 0;
  private depth = 0;

  constructor(
    private readonly text: string,
    private readonly moment: Moment,
  ) {
    this.tokens = tokensOf(text);
  }

  whole(): Node {
    const node = this.either();
    if (this.next.kind !== 'end') throw this.expected('"and", "or" or the end');
    return node;
  }

  private get next(): Token {
    return this.tokens[this.at];
  }

  private expected(what: string): BadInput {
    return refused(this.text, this.next.column, what);
  }

  /** Takes the next token if it is one of these; the canonical one of two spellings comes first. */
  private take(kind: TokenKind, ...texts: readonly string[]): string | null {
    const { next } = this;
    if (next.kind !== kind || !texts.includes(next.text)) return null;
    this.at++;
    return next.text;
  }

  private made<N extends Node>(node: N): N {
    if (++this.nodes > MAX_PREDICATE_NODES) {
      throw new BadInput(
        'predicate-too-large',
        `a predicate has at most ${MAX_PREDICATE_NODES} parts (MAX_PREDICATE_NODES)`,
      );
    }
    return node;
  }

  private binary(left: Node, sign: Sign, right: Node): Node {
    return this.made({ kind: 'binary', sign, left, right });
  }

  private either(): Node {
    if (++this.depth > MAX_DEPTH) throw this.expected(`at most ${MAX_DEPTH} brackets in each other`);
    let left = this.both();
    while (this.take('word', 'or') !== null || this.take('sign', '||') !== null)
      left = this.binary(left, 'or', this.both());
    this.depth--;
    return left;
  }

  private both(): Node {
    let left = this.nots();
    while (this.take('word', 'and') !== null || this.take('sign', '&&') !== null)
      left = this.binary(left, 'and', this.nots());
    return left;
  }

  private nots(): Node {
    let negated = 0;
    while (this.take('word', 'not') !== null || this.take('sign', '!') !== null) negated++;
    const of = this.compare();
    return negated % 2 === 0 ? of : this.made({ kind: 'not', of });
  }

  private compare(): Node {
    const left = this.sum();
    const sign = this.take('sign', '==', '!=', '<=', '>=', '<', '>') ?? this.take('word', 'has');
    return sign === null ? left : this.binary(left, sign as Sign, this.sum());
  }

  private sum(): Node {
    let left = this.product();
    for (let sign = this.take('sign', '+', '-'); sign !== null; sign = this.take('sign', '+', '-'))
      left = this.binary(left, sign as Sign, this.product());
    return left;
  }

  private product(): Node {
    let left = this.atom();
    while (this.take('sign', '*') !== null) left = this.binary(left, '*', this.atom());
    return left;
  }

  private atom(): Node {
    let minus = false;
    while (this.take('sign', '-') !== null) minus = !minus;
    const of = this.plain();
    return minus ? this.made({ kind: 'minus', of }) : of;
  }

  private plain(): Node {
    const { next } = this;
    if (this.take('sign', '(') !== null) {
      const inner = this.either();
      if (this.take('sign', ')') === null) throw this.expected('")"');
      return inner;
    }
    const word = this.take('word', 'true', 'false', 'null');
    if (word !== null) return this.made({ kind: 'value', value: JSON.parse(word) as Value });
    if (next.kind === 'number' || next.kind === 'text') {
      this.at++;
      return this.made({ kind: 'value', value: next.kind === 'number' ? Number(next.text) : next.text });
    }
    if (next.kind !== 'path') throw this.expected('a path, a number, a "text" or "("');
    this.at++;
    return this.made({ kind: 'path', reader: this.path(next) });
  }

  private path({ text, column }: Token): PathReader {
    try {
      return parsePath(text, this.moment);
    } catch (error) {
      if (!(error instanceof BadInput)) throw error;
      throw new BadInput(error.code, `predicate: at column ${column}: ${error.message}`, error.expected);
    }
  }
}

const order =
  (holds: (x: number, y: number) => boolean) =>
  (x: Value, y: Value): boolean =>
    typeof x === 'number' && typeof y === 'number' && holds(x, y);
const figure =
  (of: (x: number, y: number) => number) =>
  (x: Value, y: Value): Value =>
    typeof x === 'number' && typeof y === 'number' ? of(x, y) : null;

/** What is no number compares as false and adds up to null: the aggregate does not exist there. */
const BINARY = {
  and: (x: Value, y: Value): Value => truth(x) && truth(y),
  or: (x: Value, y: Value): Value => truth(x) || truth(y),
  '==': (x: Value, y: Value): Value => equal(x, y),
  '!=': (x: Value, y: Value): Value => !equal(x, y),
  '<': order((x, y) => x < y),
  '<=': order((x, y) => x <= y),
  '>': order((x, y) => x > y),
  '>=': order((x, y) => x >= y),
  has: (x: Value, y: Value): Value => Array.isArray(x) && x.some((item: Value) => equal(item, y)),
  '+': figure((x, y) => x + y),
  '-': figure((x, y) => x - y),
  '*': figure((x, y) => x * y),
} as const;

function evaluate(node: Node, moment: Moment): Value {
  switch (node.kind) {
    case 'value':
      return node.value;
    case 'path':
      return recorded(node.reader, moment);
    case 'not':
      return !truth(evaluate(node.of, moment));
    case 'minus': {
      const value = evaluate(node.of, moment);
      return typeof value === 'number' ? -value : null;
    }
    default:
      return BINARY[node.sign](evaluate(node.left, moment), evaluate(node.right, moment));
  }
}

/** Not recorded is no value: whatever were said about it would be a guess. */
export function recorded(reader: PathReader, moment: Moment): Value {
  const value = reader.read(moment);
  if (value !== NOT_RECORDED) return value;
  throw new BadInput(
    'not-recorded',
    `${reader.path} was not recorded: the session keeps recording level lifecycle`,
    ['a path that lifecycle keeps', 'a session of recording level full'],
  );
}

function truth(value: Value): boolean {
  return value !== null && value !== false && value !== 0 && value !== '';
}

function equal(x: Value, y: Value): boolean {
  if (typeof x === 'object' && typeof y === 'object') return JSON.stringify(x) === JSON.stringify(y);
  return x === y;
}
