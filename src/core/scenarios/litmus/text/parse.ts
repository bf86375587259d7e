// Reads the text of a litmus of a user's own. Errors name the file, the line, the column, and what was expected there.
import { BadInput } from '../../../base/errors.js';
import { CONTROL, INSTRUCTION_WORDS } from '../../../userspace/script.js';
import { CALLER_FORMS, KERNEL_FORMS, SHADOW_FORMS, VMM_FORMS } from './calls.js';
import { type Form, readForm } from './form.js';
import { LITMUS_LIMITS } from './limits.js';
import { REPEAT, TURN } from './print.js';

/** What kind of calls a thread makes. */
export type Kind = 'vmm' | 'litmus' | 'shadow' | 'kworker' | 'rcu';

export interface ReadCall {
  readonly words: readonly number[];
  readonly text: string;
  readonly line: number;
}

export interface ReadThread {
  readonly name: string;
  readonly kind: Kind;
  /** -1: it drives none. */
  readonly vcpu: number;
  readonly prepares: readonly ReadCall[];
  readonly does: readonly ReadCall[];
  /** Of main: how many calls stand before the others' turn; null: nothing is said. */
  readonly turn: number | null;
}

export interface Header {
  readonly name: string;
  /** By key, with the line it stands in. */
  readonly values: ReadonlyMap<string, { readonly text: string; readonly line: number }>;
}

export interface ReadLitmus {
  readonly header: Header;
  readonly threads: readonly ReadThread[];
}

/** Says where: `unmap.litmus, line 7, column vcpu0`. */
export class Places {
  constructor(private readonly file: string) {}

  wrong(what: string, line?: number, column?: string): BadInput {
    const at = [
      this.file,
      ...(line === undefined ? [] : [`line ${line}`]),
      ...(column === undefined ? [] : [`column ${column}`]),
    ];
    return new BadInput('litmus-text', `${at.join(', ')}: ${what}`);
  }
}

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$/;
const KEYS = ['title', 'doc', 'left out', 'sizes', 'constants', 'ignores'];
const GUEST_KEY = /^(guest|smm handler) vcpu\d$/;
const LINE = /^[-+ ]*-{3}[-+ ]*$/;
const isMain = (line: string): boolean => line.split('|')[0]?.trim() === 'main';

export function readLitmusText(text: string, places: Places): ReadLitmus {
  const bytes = text.length;
  if (bytes > LITMUS_LIMITS.bytes)
    throw places.wrong(
      `expected at most LITMUS_LIMITS.bytes = ${LITMUS_LIMITS.bytes} characters, got ${bytes}`,
    );
  const lines = text.split(/\r?\n/).map((line) => (/^\s*#/.test(line) ? '' : line.trimEnd()));
  const head = lines.findIndex(isMain);
  if (head < 0)
    throw places.wrong(
      'expected a row of thread names that begins with main, such as "main | vcpu0 | notifier | kworker0 | rcu"',
    );
  const header = readHeader(lines.slice(0, head), places);
  return { header, threads: readTable(lines, head, places) };
}

function readHeader(lines: readonly string[], places: Places): Header {
  let name: string | null = null;
  const values = new Map<string, { text: string; line: number }>();
  let last: { text: string; line: number } | null = null;
  for (const [k, line] of lines.entries()) {
    if (line === '') continue;
    if (name === null) {
      name = /^litmus\s+(\S+)$/.exec(line)?.[1] ?? '';
      if (!NAME.test(name))
        throw places.wrong(
          `expected "litmus NAME" first, a name of 1 to 40 letters, digits, dots, dashes and underscores, got "${line.slice(0, 60)}"`,
          k + 1,
        );
    } else if (/^\s/.test(line) && last !== null) last.text += ` ${line.trim()}`;
    else {
      const [, key = '', rest = ''] = /^([a-z][a-z0-9 ]*?)\s*:\s*(.*)$/.exec(line) ?? [];
      if (!KEYS.includes(key) && !GUEST_KEY.test(key))
        throw places.wrong(
          `expected one of: ${KEYS.join(', ')}, guest vcpuN, smm handler vcpuN, each with a colon, or the row of threads, which begins with main; got "${line.slice(0, 60)}"`,
          k + 1,
        );
      if (values.has(key)) throw places.wrong(`${key} is said twice`, k + 1);
      last = { text: rest, line: k + 1 };
      values.set(key, last);
    }
  }
  if (name === null) throw places.wrong('expected "litmus NAME" first');
  return { name, values };
}

interface Cell {
  readonly text: string;
  readonly line: number;
}
interface RawColumn {
  readonly name: string;
  readonly prepares: Cell[];
  readonly does: Cell[];
}

function readTable(lines: readonly string[], head: number, places: Places): ReadThread[] {
  const names = (lines[head] ?? '').split('|').map((name) => name.trim());
  if (names.length > LITMUS_LIMITS.threads)
    throw places.wrong(
      `expected at most LITMUS_LIMITS.threads = ${LITMUS_LIMITS.threads} threads, got ${names.length}`,
      head + 1,
    );
  for (const [k, name] of names.entries()) {
    if (!/^[A-Za-z][A-Za-z0-9_-]{0,19}$/.test(name))
      throw places.wrong(
        `expected names of 1 to 20 letters, digits, dashes and underscores, got "${name}"`,
        head + 1,
      );
    if (names.indexOf(name) !== k) throw places.wrong(`two threads have the name ${name}`, head + 1);
  }
  const columns: RawColumn[] = names.map((name) => ({ name, prepares: [], does: [] }));
  let behind = false;
  for (let n = head + 1; n < lines.length; n++) {
    const line = lines[n] ?? '';
    if (line === '') continue;
    if (LINE.test(line)) {
      if (behind)
        throw places.wrong(
          'a second line of dashes; expected one, between what is prepared and what is searched',
          n + 1,
        );
      behind = true;
      continue;
    }
    const cells = line.split('|').map((cell) => cell.trim());
    if (cells.length > names.length)
      throw places.wrong(`expected at most ${names.length} cells, one a thread, got ${cells.length}`, n + 1);
    // What stands in parentheses is for people.
    for (const [k, text] of cells.entries())
      if (text !== '' && !/^\(.*\)$/.test(text))
        columns[k]?.[behind ? 'does' : 'prepares'].push({ text, line: n + 1 });
  }
  if (!behind)
    throw places.wrong(
      'expected a line of dashes between what is prepared and what is searched, such as "-----"',
    );
  return columns.map((column) => readThread(column, places));
}

const DAEMON = /^(?:(kworker)\d|(rcu))$/;
const VCPU = /^vcpu(\d)$/;

function readThread({ name, prepares, does }: RawColumn, places: Places): ReadThread {
  const all = [...prepares, ...does];
  const [, kworker, rcu] = DAEMON.exec(name) ?? [];
  if (kworker !== undefined || rcu !== undefined) {
    const [first] = all;
    if (first !== undefined)
      throw places.wrong(`${name} runs by itself: expected no calls, got "${first.text}"`, first.line, name);
    return {
      name,
      kind: kworker === undefined ? 'rcu' : 'kworker',
      vcpu: -1,
      prepares: [],
      does: [],
      turn: null,
    };
  }
  if (all.length > LITMUS_LIMITS.calls)
    throw places.wrong(
      `expected at most LITMUS_LIMITS.calls = ${LITMUS_LIMITS.calls} calls, got ${all.length}`,
      all.at(-1)?.line,
      name,
    );
  const digit = VCPU.exec(name)?.[1];
  const vcpu = digit === undefined ? -1 : Number(digit);
  if (vcpu >= LITMUS_LIMITS.vcpus)
    throw places.wrong(`expected vcpu0 to vcpu${LITMUS_LIMITS.vcpus - 1} (LITMUS_LIMITS.vcpus), got ${name}`);
  const kind = kindOf(name, vcpu, all, places);
  const forms =
    kind === 'vmm' ? VMM_FORMS : kind === 'shadow' ? SHADOW_FORMS : vcpu < 0 ? CALLER_FORMS : KERNEL_FORMS;
  const main = name === 'main';
  const turnAt = main ? prepares.findIndex(({ text }) => text === TURN) : -1;
  return {
    name,
    kind,
    vcpu,
    prepares: readCalls(turnAt < 0 ? prepares : prepares.toSpliced(turnAt, 1), forms, name, places),
    does: readCalls(does, forms, name, places),
    turn: turnAt < 0 ? null : turnAt,
  };
}

/** One thread makes calls of one kind: user space's, the kernel's, the shadow MMU's. */
function kindOf(
  name: string,
  vcpu: number,
  all: readonly Cell[],
  places: Places,
): 'vmm' | 'litmus' | 'shadow' {
  if (name === 'main') return 'vmm';
  const kinds = [
    ['litmus', vcpu < 0 ? CALLER_FORMS : KERNEL_FORMS],
    ['shadow', vcpu < 0 ? [] : SHADOW_FORMS],
    ['vmm', VMM_FORMS],
  ] as const;
  const begins = (forms: readonly Form[], text: string): boolean =>
    forms.some(({ words }) => text.toLowerCase().startsWith(words.toLowerCase()));
  const fits = (forms: readonly Form[]): boolean =>
    forms.length > 0 &&
    all.every(({ text }) => (text === REPEAT && forms === VMM_FORMS) || begins(forms, text));
  const found = kinds.find(([, forms]) => fits(forms));
  if (found !== undefined) return found[0];
  // Some cell is of no kind, or of another one than those before it.
  const [first] = all;
  const [kind, forms] =
    kinds.find(([, one]) => first !== undefined && begins(one, first.text)) ?? kinds[vcpu < 0 ? 2 : 0];
  const odd = all.find(({ text }) => text !== REPEAT && !begins(forms, text));
  const known = [...new Set(forms.map(({ words }) => words))].join(', ');
  const elsewhere = odd === undefined ? undefined : kinds.find(([, one]) => begins(one, odd.text));
  const words = {
    litmus: 'kernel functions',
    shadow: 'functions of the shadow MMU',
    vmm: 'calls of user space',
  };
  const why =
    elsewhere === undefined
      ? `expected one of: ${known}`
      : `this thread makes ${words[kind]}, and one thread makes calls of one kind; expected one of: ${known}`;
  throw places.wrong(`"${odd?.text ?? ''}": ${why}`, odd?.line, name);
}

function readCalls(cells: readonly Cell[], forms: readonly Form[], name: string, places: Places): ReadCall[] {
  const calls: ReadCall[] = [];
  let repeat: number | null = null;
  for (const { text, line } of cells) {
    if (text === REPEAT && forms === VMM_FORMS) {
      repeat = calls.length;
      continue;
    }
    const read = readForm(forms, text, INSTRUCTION_WORDS);
    if (typeof read === 'string') throw places.wrong(`"${text}": expected ${read}`, line, name);
    if (read[0] !== CONTROL.JUMP_UNTIL) {
      calls.push({ words: read, text, line });
      continue;
    }
    if (repeat === null)
      throw places.wrong(`"${text}": expected "${REPEAT}" before it, where it goes back to`, line, name);
    calls.push({ words: read.with(3, repeat * INSTRUCTION_WORDS), text, line });
    repeat = null;
  }
  if (repeat !== null)
    throw places.wrong(`"${REPEAT}": expected "until done x1" behind it`, cells.at(-1)?.line, name);
  return calls;
}
