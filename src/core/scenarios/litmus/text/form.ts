// How an instruction is written: fixed words first, then operands, each of which can print and take the same text. One table of
// forms serves both ways, so what is drawn can be read back.

/** The words of a cell that are not taken yet. */
export class Tokens {
  private at = 0;
  constructor(private readonly tokens: readonly string[]) {}

  get next(): string | undefined {
    return this.tokens[this.at];
  }
  skip(): void {
    this.at++;
  }
  /** Takes these words, or none of them. */
  take(...words: readonly string[]): boolean {
    if (words.some((word, k) => this.tokens[this.at + k]?.toLowerCase() !== word.toLowerCase())) return false;
    this.at += words.length;
    return true;
  }
  get rest(): string {
    return this.tokens.slice(this.at).join(' ');
  }
}

export interface Operand {
  /** '' where nothing is said. @param at where the instruction begins */
  print(words: ArrayLike<number>, at: number): string;
  /** Fills words of the instruction; what was expected where the text is not that, else null. */
  take(tokens: Tokens, into: number[]): string | null;
}

export interface Form {
  readonly code: number;
  /** The words with which it begins. */
  readonly words: string;
  readonly operands: readonly Operand[];
  /** Words of the instruction that this form stands for. */
  readonly fixed?: Readonly<Record<number, number>>;
}

const WHOLE = /^\d{1,9}$/;

/** A whole number. */
export function num(i: number, what: string, max: number, min = 0): Operand {
  return {
    print: (words, at) => String(words[at + i]),
    take(tokens, into) {
      const n = WHOLE.test(tokens.next ?? '') ? Number(tokens.next) : -1;
      if (n < min || n > max) return `${what} from ${min} to ${max}`;
      into[i] = n;
      tokens.skip();
      return null;
    },
  };
}

/** `first..last`, or one number: kept as the first and how many. */
export function range(i: number, count: number, what: string, max: number): Operand {
  return {
    print: (words, at) => `${words[at + i]}..${(words[at + i] ?? 0) + (words[at + count] ?? 0) - 1}`,
    take(tokens, into) {
      const [, from = '', to = from] = /^(\d{1,9})(?:\.\.(\d{1,9}))?$/.exec(tokens.next ?? '') ?? [];
      const [first, last] = [Number(from), Number(to)];
      if (from === '' || last < first || last > max) return `${what} such as 0..1, up to ${max}`;
      into[i] = first;
      into[count] = last - first + 1;
      tokens.skip();
      return null;
    },
  };
}

/** A word that may stand before an operand, and must. */
export function named(word: string, operand: Operand): Operand {
  return {
    print: (words, at) => `${word} ${operand.print(words, at)}`,
    take: (tokens, into) => (tokens.take(word) ? operand.take(tokens, into) : `"${word}"`),
  };
}

/** Words that may stand there. */
export function flag(i: number, text: string, value = 1): Operand {
  return {
    print: (words, at) => (words[at + i] === value ? text : ''),
    take(tokens, into) {
      if (tokens.take(...text.split(' '))) into[i] = value;
      return null;
    },
  };
}

/** One of these words. */
export function choice(i: number, values: Readonly<Record<string, number>>): Operand {
  const names = Object.keys(values);
  return {
    print: (words, at) => names.find((name) => values[name] === words[at + i]) ?? '?',
    take(tokens, into) {
      const name = names.find((one) => one.toLowerCase() === tokens.next?.toLowerCase());
      if (name === undefined) return names.join(' or ');
      into[i] = values[name]!;
      tokens.skip();
      return null;
    },
  };
}

/** Names of bits, joined by `+`. */
export function bits(i: number, values: Readonly<Record<string, number>>, optional = false): Operand {
  const names = Object.keys(values);
  const sumOf = (text: string): number | null => {
    let sum = 0;
    for (const part of text.toLowerCase().split('+')) {
      const name = names.find((one) => one.toLowerCase() === part);
      if (name === undefined) return null;
      sum |= values[name]!;
    }
    return sum;
  };
  return {
    print: (words, at) => names.filter((name) => ((words[at + i] ?? 0) & values[name]!) !== 0).join('+'),
    take(tokens, into) {
      const value = tokens.next === undefined ? null : sumOf(tokens.next);
      if (value === null)
        return optional && tokens.next === undefined ? null : `${names.join(', ')}, joined by +`;
      into[i] = value;
      tokens.skip();
      return null;
    },
  };
}

/** `x3`: how often; once where nothing is said. */
export function times(i: number, max: number): Operand {
  return {
    print: (words, at) => `x${words[at + i]}`,
    take(tokens, into) {
      const [, text] = /^x(\d{1,4})$/i.exec(tokens.next ?? '') ?? [];
      into[i] = text === undefined ? 1 : Number(text);
      if (text !== undefined) tokens.skip();
      return into[i] < 1 || into[i] > max ? `x1 to x${max}` : null;
    },
  };
}

/** The text of the instruction at `at`; null: no form has it. */
export function formText(forms: readonly Form[], words: ArrayLike<number>, at: number): string | null {
  const form = forms.find(
    ({ code, fixed = {} }) =>
      code === words[at] && Object.entries(fixed).every(([i, value]) => words[at + Number(i)] === value),
  );
  if (form === undefined) return null;
  return [form.words, ...form.operands.map((operand) => operand.print(words, at))]
    .filter((text) => text !== '')
    .join(' ');
}

/** The words of one instruction, as many as `length`; or what was expected. */
export function readForm(forms: readonly Form[], cell: string, length: number): readonly number[] | string {
  const tokens = cell.split(/\s+/);
  // Of two that begin alike, the longer one is meant.
  const [form] = forms
    .filter(({ words }) => new Tokens(tokens).take(...words.split(' ')))
    .toSorted((a, b) => b.words.length - a.words.length);
  if (form === undefined) return `one of: ${[...new Set(forms.map(({ words }) => words))].join(', ')}`;
  const rest = new Tokens(tokens);
  rest.take(...form.words.split(' '));
  const into = Array.from({ length }, () => 0);
  into[0] = form.code;
  for (const [i, value] of Object.entries(form.fixed ?? {})) into[Number(i)] = value;
  for (const operand of form.operands) {
    const expected = operand.take(rest, into);
    if (expected !== null) return `${expected}${rest.next === undefined ? '' : `, got "${rest.rest}"`}`;
  }
  return rest.next === undefined ? into : `nothing behind it, got "${rest.rest}"`;
}
