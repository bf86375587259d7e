// Reads kernel reports out of a log: dmesg, journal or a quoted mail. One report begins at its headline and ends at the next
// one or at its end mark. Unknown lines are skipped, never an error: what is asked is only which reports are in there.
import { LimitReached } from '../base/errors.js';
import { parseRelease, type Release } from '../base/release.js';
import type { Headline } from './bug.js';

/** Lines of one log, reports in it, and functions of one stack that are kept. */
export const SPLAT_LINES_MAX = 500_000;
export const SPLAT_REPORTS_MAX = 200;
export const SPLAT_STACK_MAX = 400;
/** Characters of a line that are looked at. */
const LINE_MAX = 1_000;

export interface StackEntry {
  readonly function: string;
  /** "? f+0x1/0x2": a leftover on the stack, perhaps no caller at all. */
  readonly doubtful: boolean;
}

export interface Report {
  readonly headline: Headline;
  /** Line number of the headline, from 1, and its text. */
  readonly line: number;
  readonly text: string;
  /** The function that the headline or RIP names. */
  readonly in: string | null;
  readonly kernel: string | null;
  readonly release: Release | null;
  readonly stack: readonly StackEntry[];
}

interface OpenReport {
  readonly headline: Headline;
  readonly line: number;
  readonly text: string;
  in: string | null;
  kernel: string | null;
  readonly stack: StackEntry[];
}

const NAME = String.raw`([A-Za-z_][A-Za-z0-9_]*)(?:\.[A-Za-z0-9_.]+)?`;
const HEADLINES: readonly { readonly headline: Headline; readonly is: RegExp }[] = [
  { headline: 'kasan', is: new RegExp(String.raw`BUG: KASAN: \S+(?: (?:Read|Write))? in ${NAME}`) },
  { headline: 'refcount', is: /refcount_t: (?:underflow|addition on 0|saturated|decrement hit 0)/ },
  {
    headline: 'warning',
    is: new RegExp(String.raw`WARNING: (?:CPU: \d+ PID: \d+ )?at \S+(?: at)? ${NAME}\+0x`),
  },
  { headline: 'warning', is: new RegExp(String.raw`WARNING: (?:.* )?at ${NAME}\+0x`) },
  { headline: 'warning', is: new RegExp(`WARNING in ${NAME}`) },
  { headline: 'soft-lockup', is: /BUG: soft lockup - CPU#\d+ stuck for \d+s!/ },
  {
    headline: 'rcu-stall',
    is: /INFO: rcu_\w+ (?:self-)?detected (?:expedited )?stalls?|self-detected stall on CPU|INFO: rcu detected stall in /,
  },
  { headline: 'hung-task', is: /INFO: task (?:\S.* blocked (?:.* )?for more than \d+ seconds|hung in )/ },
  {
    // What the lock validator finds by itself. A failed lockdep_assert_held() is a plain WARNING at its function.
    headline: 'lockdep',
    is: /(?:WARNING|INFO): (?:possible (?:circular locking dependency|recursive locking|irq lock inversion dependency) detected|suspicious RCU usage|\S+-safe -> \S+-unsafe lock order detected|inconsistent lock state|bad unlock balance detected|held lock freed|lock held when returning to user space|Nested lock was not taken|Invalid wait context)|\[ BUG: Invalid wait context \]|^possible deadlock in /i,
  },
  { headline: 'null-dereference', is: /BUG: (?:kernel NULL pointer dereference|unable to handle)/ },
  { headline: 'general-protection-fault', is: /general protection fault/ },
  { headline: 'kernel-bug', is: /kernel BUG at \S+!/ },
  { headline: 'list-corruption', is: /list_(?:add|del) corruption/ },
  {
    headline: 'slab-objects-remain',
    is: /Objects remaining in (?:kvm_mmu_page_header|pte_list_desc)|kmem_cache_destroy kvm_mmu_page_header: Slab cache still has objects|Slab cache still has objects/,
  },
];
const END_MARK = /---\[ end (?:trace|Kernel panic)/;
const PREFIX =
  /^(?:[>|\s]*)(?:<\d>)?(?:[A-Z][a-z]{2}\s+\d+\s[\d:]+\s\S+\skernel:\s*|\S+\s\S+\skernel:\s*)?(?:\[\s*\d+\.\d+\]\s*)?(?:\[\s*[TC]\d+\]\s*)?(?:\[[TC]\d+(?:@[A-Z0-9]+)?\]\s*)?/;
const RIP = new RegExp(String.raw`RIP: (?:[0-9a-f]{4}:)?${NAME}\+0x`);
const KERNEL = /(?:Not tainted|Tainted: .*?)\s(\d{1,3}\.\d{1,3}[^\s]*)/;
/** The second line of a lockdep report: the release comes first there. */
const LOCKDEP_KERNEL = /^(\d{1,3}\.\d{1,3}\S*) #\d+ .*(?:Not tainted|Tainted)/;
const FRAME = new RegExp(String.raw`^(\? )?${NAME}\+0x[0-9a-f]+/0x[0-9a-f]+`);
const INLINE_FRAME = new RegExp(String.raw`^${NAME} \S+\.[chS]:\d+ \[inline\]`);

/** Every report of the text that the reader knows a headline of, in order. */
export function readSplats(text: string): Report[] {
  const open: OpenReport[] = [];
  let current: OpenReport | null = null;
  let number = 0;
  for (const raw of linesOf(text)) {
    if (++number > SPLAT_LINES_MAX) throw new LimitReached('splat.lines', SPLAT_LINES_MAX);
    const line = raw.slice(0, LINE_MAX).replace(PREFIX, '').trimEnd();
    const begun = headlineOf(line, number);
    if (begun !== null && !continues(current, begun)) {
      if (open.length >= SPLAT_REPORTS_MAX) throw new LimitReached('splat.reports', SPLAT_REPORTS_MAX);
      open.push(begun);
      current = begun;
    } else if (current !== null) {
      take(current, line);
      if (END_MARK.test(line)) current = null;
    }
  }
  return open.map((r) => ({ ...r, release: r.kernel === null ? null : parseRelease(r.kernel) }));
}

function* linesOf(text: string): Generator<string> {
  let from = 0;
  while (from <= text.length) {
    const end = text.indexOf('\n', from);
    const to = end < 0 ? text.length : end;
    yield text.slice(from, text.charCodeAt(to - 1) === 13 ? to - 1 : to);
    from = to + 1;
  }
}

function headlineOf(line: string, number: number): OpenReport | null {
  for (const { headline, is } of HEADLINES) {
    const found = is.exec(line);
    if (found === null) continue;
    return { headline, line: number, text: line, in: found[1] ?? null, kernel: kernelOf(line), stack: [] };
  }
  return null;
}

/** "refcount_t: ..." comes before the WARNING of lib/refcount.c, list corruption before its BUG: one report each. */
function continues(current: OpenReport | null, next: OpenReport): boolean {
  if (current === null || next.line - current.line > 3) return false;
  if (current.headline === 'refcount') return next.headline === 'warning';
  if (current.headline === 'list-corruption')
    return next.headline === 'kernel-bug' || next.headline === 'warning';
  return false;
}

function take(report: OpenReport, line: string): void {
  report.kernel ??= kernelOf(line);
  const at = RIP.exec(line);
  if (at !== null) {
    report.in ??= at[1];
    push(report, at[1], false);
    return;
  }
  const body = line.trimStart();
  const frame = FRAME.exec(body);
  if (frame !== null) {
    push(report, frame[2], frame[1] !== undefined);
    return;
  }
  const inlined = INLINE_FRAME.exec(body);
  if (inlined !== null) push(report, inlined[1], false);
}

function push(report: OpenReport, name: string, doubtful: boolean): void {
  if (report.stack.length < SPLAT_STACK_MAX) report.stack.push({ function: name, doubtful });
}

function kernelOf(line: string): string | null {
  return (KERNEL.exec(line) ?? LOCKDEP_KERNEL.exec(line))?.[1] ?? null;
}
