// A litmus as text: what it is about, then one column a thread. parse.ts reads it back.
import { CONTROL, INSTRUCTION_WORDS } from '../../../userspace/script.js';
import { THREAD_ENTRY } from '../../../userspace/threads.js';
import { NO_HANDLER } from '../../recorded/layout.js';
import { type ParameterValues, resolveParameters } from '../../scenario.js';
import type { BuiltLitmus, Litmus } from '../litmus.js';
import { KERNEL_FORMS, SHADOW_FORMS, VMM_FORMS } from './calls.js';
import { type Calls, type MainParts, type Parts, partsOfMain, partsOfOther } from './convention.js';
import { type Form, formText } from './form.js';
import { guestText } from './guests.js';
import { STATED, usualSizes } from './sizes.js';

/** Where the others have their turn among what main prepares. */
export const TURN = 'others prepare';
/** Begins the stretch that an `until` goes back to. */
export const REPEAT = 'repeat';
const WIDTH = 110;

const DAEMONS: ReadonlyMap<number, string> = new Map([
  [THREAD_ENTRY.kworker, '(zap work, for ever)'],
  [THREAD_ENTRY.rcu, '(grace periods, for ever)'],
]);

const FORMS: ReadonlyMap<number, readonly Form[]> = new Map([
  [THREAD_ENTRY.vmm, VMM_FORMS],
  [THREAD_ENTRY.litmus, KERNEL_FORMS],
  [THREAD_ENTRY.shadow, SHADOW_FORMS],
]);

function cells(calls: Calls, forms: readonly Form[]): string[] {
  const starts = new Set(
    calls.flatMap((words) => (words[0] === CONTROL.JUMP_UNTIL ? [words[3]! / INSTRUCTION_WORDS] : [])),
  );
  return calls.flatMap((words, k) => {
    const text = formText(forms, words, 0) ?? `? ${words.join(' ')}`;
    return starts.has(k) ? [REPEAT, text] : [text];
  });
}

interface Column {
  readonly name: string;
  readonly prepares: readonly string[];
  readonly does: readonly string[];
}

function columnsOf({ threads }: BuiltLitmus): Column[] {
  const others = threads.map(({ script }, t) => (t === 0 ? null : partsOfOther(script)));
  const preparing = others.filter((parts) => (parts?.prepares.length ?? 0) > 0).length;
  return threads.map(({ name, entry, script }, t) => {
    const daemon = DAEMONS.get(entry);
    if (daemon !== undefined) return { name, prepares: [], does: [daemon] };
    const forms = FORMS.get(entry) ?? [];
    const main = t === 0 ? partsOfMain(script, preparing) : null;
    const parts: Parts | null = t === 0 ? main : (others[t] ?? null);
    if (parts === null) return { name, prepares: [], does: ['(of another form)'] };
    const prepares = cells(parts.prepares, forms);
    return {
      name,
      prepares: main === null ? prepares : withTurn(prepares, main, preparing),
      does: cells(parts.does, forms),
    };
  });
}

/** At its usual place, the end, the others' turn goes without saying. */
function withTurn(prepares: readonly string[], { turn }: MainParts, preparing: number): readonly string[] {
  if (turn === null || turn === prepares.length) return prepares;
  return preparing === 0 ? prepares : prepares.toSpliced(turn, 0, TURN);
}

/** One column a thread: above the line what is prepared, below it what is searched. */
export function drawLitmus(litmus: BuiltLitmus): string[] {
  const columns = columnsOf(litmus);
  const widths = columns.map(({ name, prepares, does }) =>
    Math.max(...[name, ...prepares, ...does].map((cell) => cell.length)),
  );
  const row = (cellOf: (column: Column) => string | undefined): string =>
    columns
      .map((column, k) => (cellOf(column) ?? '').padEnd(widths[k] ?? 0))
      .join(' | ')
      .replace(/[ |]+$/, '');
  const rows = (part: 'prepares' | 'does'): string[] => {
    const height = Math.max(...columns.map((column) => column[part].length));
    return Array.from({ length: height }, (_, n) => row((column) => column[part][n]));
  };
  const line = widths.map((width) => '-'.repeat(width)).join('-+-');
  return [row(({ name }) => name), ...rows('prepares'), line, ...rows('does')];
}

/** `key: words`, further lines indented. */
function paragraph(key: string, text: string): string[] {
  const out: string[] = [];
  let line = `${key}:`;
  for (const word of text.split(/\s+/)) {
    if (line.length + 1 + word.length > WIDTH) {
      out.push(line);
      line = ' ';
    }
    line += ` ${word}`;
  }
  return [...out, line];
}

function guestLines({ guests }: BuiltLitmus): string[] {
  return guests.flatMap(({ program, smm }, v) => [
    ...(program === NO_HANDLER ? [] : [`guest vcpu${v}: ${guestText(program) ?? '? it has code pages'}`]),
    ...(smm === NO_HANDLER ? [] : [`smm handler vcpu${v}: ${guestText(smm) ?? '? it has code pages'}`]),
  ]);
}

function settings(litmus: BuiltLitmus): string[] {
  const { threads, topology, constants, ignores = [], guests } = litmus;
  const vmm = threads.filter(({ entry }) => entry === THREAD_ENTRY.vmm).map(({ script }) => script);
  const usual = usualSizes(
    vmm,
    guests.some(({ program }) => program !== NO_HANDLER),
  );
  const differing = STATED.filter(({ of }) => topology[of] !== (usual as typeof topology)[of]);
  const values = Object.entries(constants);
  return [
    ...(differing.length === 0
      ? []
      : [`sizes: ${differing.map(({ word, of }) => `${word} ${topology[of]}`).join(', ')}`]),
    ...(values.length === 0 ? [] : [`constants: ${values.map(([name, n]) => `${name} ${n}`).join(', ')}`]),
    ...(ignores.length === 0 ? [] : [`ignores: ${ignores.join(', ')}`]),
    ...guestLines(litmus),
  ];
}

/** The whole text. @param given parameters that differ from their defaults: a text has none of its own */
export function litmusText(litmus: Litmus, given: ParameterValues = {}): string {
  const parameters = resolveParameters(litmus, given);
  const built = litmus.build(parameters);
  const values = Object.entries(parameters).map(([name, n]) => `${name}=${n}`);
  return [
    `litmus ${litmus.id.replace(/^own\./, '')}`,
    ...paragraph('title', litmus.title),
    ...paragraph('doc', litmus.doc),
    ...paragraph('left out', litmus.leftOut),
    ...(values.length === 0 ? [] : [`# with ${values.join(' ')}`]),
    ...settings(built),
    '',
    ...drawLitmus(built),
    '',
  ].join('\n');
}
