// A drawing of some rows as people draw races in mails: a column for each thread, time downwards, one step after the other.
//
//   CPU0 (main)                     CPU1 (kworker0)
//   ------------------------------  ------------------------------
//   kvm_tdp_mmu_invalidate_all_roots()
//     r1 role.invalid = 1, refcount 1
//                                   kvm_tdp_mmu_put_root()
//                                     put r1: 1 -> 0 (work)
import { decodeEvent, type RootlineEvent } from '../events/catalogue.js';
import { eventText } from './event-text.js';
import type { EventRows } from './rows.js';

export interface ColumnsOptions {
  /** Names of the threads by number. */
  readonly threads: readonly string[];
  /** Function of a site; undefined where it is not known. */
  readonly functionOf?: (site: number) => string | undefined;
  /** Which events to draw; all by default. */
  readonly keep?: (e: RootlineEvent) => boolean;
  /** Characters of one column. */
  readonly width?: number;
  /** Threads that get a column, in this order, without the two lines of the head: what a drawing goes on with. */
  readonly columns?: readonly number[];
  /** Function that each thread is in; kept from one part of a drawing to the next. */
  readonly inFunction?: Map<number, string>;
}

const GAP = '  ';
const DEFAULT_WIDTH = 44;

/** Rows [from, to) as lines. Threads get a column in the order in which they first act. */
export function textColumns(rows: EventRows, from: number, to: number, options: ColumnsOptions): string[] {
  const width = options.width ?? DEFAULT_WIDTH;
  const steps = stepsOf(rows, from, to, options);
  const columns = options.columns ?? [...new Set(steps.map((step) => step.thread))];
  const at = (column: number, text: string): string =>
    `${' '.repeat(column * (width + GAP.length))}${text}`.trimEnd();

  const lines = options.columns === undefined ? columnHead(columns, options) : [];
  const inFunction = options.inFunction ?? new Map<number, string>();
  for (const step of steps) {
    const column = columns.indexOf(step.thread);
    const indent = step.function === undefined ? '' : '  ';
    if (step.function !== undefined && inFunction.get(step.thread) !== step.function) {
      for (const line of wrap(`${step.function}()`, width)) lines.push(at(column, line));
      inFunction.set(step.thread, step.function);
    }
    for (const text of step.texts) {
      for (const line of wrap(text, width - indent.length)) lines.push(at(column, indent + line));
    }
  }
  return lines;
}

/** The two lines above the columns. */
export function columnHead(columns: readonly number[], options: ColumnsOptions): string[] {
  const width = options.width ?? DEFAULT_WIDTH;
  const heads = columns.map((thread, k) => `CPU${k} (${options.threads[thread] ?? `thread ${thread}`})`);
  return [
    heads
      .map((head) => head.padEnd(width))
      .join(GAP)
      .trimEnd(),
    columns.map(() => '-'.repeat(width)).join(GAP),
  ];
}

interface Step {
  readonly thread: number;
  readonly site: number;
  readonly function: string | undefined;
  readonly texts: string[];
}

/** Events of one thread at one site, one behind the other, are one step. */
function stepsOf(rows: EventRows, from: number, to: number, options: ColumnsOptions): Step[] {
  const steps: Step[] = [];
  let last: Step | undefined;
  for (let i = from; i < to; i++) {
    const thread = rows.thread[i];
    if (options.columns !== undefined && !options.columns.includes(thread)) continue;
    const e = decodeEvent(rows, i);
    if (options.keep !== undefined && !options.keep(e)) continue;
    const site = rows.site[i];
    if (last === undefined || last.thread !== thread || last.site !== site) {
      last = { thread, site, function: options.functionOf?.(site), texts: [] };
      steps.push(last);
    }
    last.texts.push(eventText(e));
  }
  return steps;
}

/** Breaks at spaces, and inside a word that is longer than a line; a continued line is set in by two. */
function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ').flatMap((long) => pieces(long, width - 2))) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = `  ${word}`;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}

function pieces(word: string, width: number): string[] {
  if (word.length <= width + 2) return [word];
  return Array.from({ length: Math.ceil(word.length / width) }, (_, k) =>
    word.slice(k * width, (k + 1) * width),
  );
}
