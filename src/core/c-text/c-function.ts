// Finds a function's definition in a C file of the kernel. No parser: in the kernel's coding style a definition begins in
// column 0 and ends with a brace in column 0, and that is what is looked for.

export interface CFunction {
  readonly name: string;
  /** From 1; the line with the return type where that stands alone. */
  readonly firstLine: number;
  readonly lines: readonly string[];
}

/** Longest function that is looked at, in lines. */
const FUNCTION_LINES_MAX = 2_000;
/** Longest head (return type, arguments over several lines) in front of the opening brace. */
const HEAD_LINES_MAX = 20;

/** Null: the file does not define it (it may declare or call it). */
export function findFunction(text: string, name: string): CFunction | null {
  const lines = text.split('\n').map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line));
  const head = new RegExp(`^[A-Za-z_][^;={]*\\b${name}\\s*\\(|^${name}\\s*\\(`);
  for (let at = 0; at < lines.length; at++) {
    if (!head.test(lines[at]!)) continue;
    const brace = openingBrace(lines, at);
    if (brace < 0) continue;
    const end = lines.findIndex(
      (line, k) => k > brace && k < at + FUNCTION_LINES_MAX && line.startsWith('}'),
    );
    // `static void f(void) { }` on one line.
    const last = lines[brace]!.includes('}') && !lines[brace]!.startsWith('{') ? brace : end;
    if (last < 0) return null;
    const first =
      at > 0 && lines[at]!.startsWith(name) && /^[A-Za-z_][\w\s*]*$/.test(lines[at - 1]!) ? at - 1 : at;
    return { name, firstLine: first + 1, lines: lines.slice(first, last + 1) };
  }
  return null;
}

/** Line of the brace that opens the body; -1: a declaration or a call. */
function openingBrace(lines: readonly string[], from: number): number {
  for (let k = from; k < Math.min(lines.length, from + HEAD_LINES_MAX); k++) {
    const line = withoutComments(lines[k]!);
    const brace = line.indexOf('{');
    const semicolon = line.indexOf(';');
    if (brace >= 0 && (semicolon < 0 || brace < semicolon)) return k;
    if (semicolon >= 0) return -1;
  }
  return -1;
}

function withoutComments(line: string): string {
  return line.replace(/\/\*.*?\*\//g, ' ').replace(/\/\/.*$/, '');
}

/** The text as far as it means something: without comments, each run of white space one blank, no empty lines. */
export function meaning({ lines }: Pick<CFunction, 'lines'>): string[] {
  return lines
    .join('\n')
    .replace(/\/\*[\s\S]*?\*\//g, (comment) => comment.replace(/[^\n]/g, ''))
    .split('\n')
    .map((line) =>
      line
        .replace(/\/\/.*$/, '')
        .replace(/\s+/g, ' ')
        .trim(),
    )
    .filter((line) => line !== '');
}

/** Lines of either text that the other does not have, counted with how often they come. */
export function changedLines(a: readonly string[], b: readonly string[]): number {
  const left = new Map<string, number>();
  for (const line of a) left.set(line, (left.get(line) ?? 0) + 1);
  let common = 0;
  for (const line of b) {
    const n = left.get(line) ?? 0;
    if (n === 0) continue;
    left.set(line, n - 1);
    common++;
  }
  return a.length + b.length - 2 * common;
}
