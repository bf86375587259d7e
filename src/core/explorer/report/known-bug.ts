// Which known bug a counterexample is, and what a kernel prints then. Three ways to know it, the surest first: the report of the
// sheet names the function at fault or one of its callers; an endless run goes through the functions of the sheet; the litmus
// was made for this bug and shows something of its kind.
import { isBefore, parseRelease } from '../../base/release.js';
import { type Bug, HEADLINE_TEXT, type Headline, type Splat } from '../../bugs/bug.js';
import { BUGS } from '../../bugs/explain.js';
import type { ModelSpec, Violation } from '../model.js';
import type { Place } from './found-session.js';

/** Bottoms of stacks that no kernel report has. */
export const NOT_KERNEL = new Set(['vmm_thread', 'litmus_thread', 'live_thread', 'shadow_thread']);

/** What a breach of a rule looks like from outside, for breaches that are no known bug. */
const BY_RULE: { readonly [rule: string]: string } = {
  I1: 'refcount_t: underflow; use-after-free, or a root that is never freed',
  I2: 'refcount_t: addition on 0; use-after-free',
  I3: 'BUG: KASAN: slab-use-after-free',
  I5: 'BUG: KASAN: slab-use-after-free',
  I30: 'Objects remaining in kvm_mmu_page_header on rmmod',
  livelock: 'no report: its threads are busy for ever; `perf top` shows them',
  starvation: 'INFO: task blocked for more than 120 seconds, of a thread that waits for a lock',
};

export interface Expected {
  /** What the kernel prints, most likely. */
  readonly splat: string;
  /** The known bug that this is, when it is in the table. */
  readonly bug: string | null;
}

export interface Seen {
  readonly spec: Pick<ModelSpec, 'litmus' | 'protocol'>;
  readonly violation: Violation;
  /** Where the thread stood at the last step. */
  readonly stack: readonly Place[];
  /** Functions of the steps that repeat for ever, with their callers; empty where it ends. */
  readonly repeating: ReadonlySet<string>;
  /** Rules that are broken when it is over. */
  readonly broken: ReadonlySet<string>;
}

/** Rules whose breach a kernel notices by itself, by what it prints then; any other breach is followed by its report, if ever. */
const NOTICED: { readonly [H in Headline]: readonly string[] } = {
  kasan: ['I3', 'I4', 'I5'],
  'general-protection-fault': ['I3', 'I4', 'I5'],
  'null-dereference': ['I3', 'I4', 'I5'],
  'list-corruption': ['I3', 'I4', 'I5'],
  refcount: ['I1', 'I2'],
  'kernel-bug': ['I2'],
  warning: [],
  lockdep: [],
  'hung-task': [],
  'soft-lockup': [],
  'rcu-stall': [],
  'slab-objects-remain': [],
};

export function expectedOf(seen: Seen): Expected {
  const { violation, stack, repeating } = seen;
  const own = [violation.function, ...stack.map((place) => place.function)];
  const functions = [...new Set(repeating.size > 0 ? repeating : own)].filter(
    (name) => name !== '' && !NOT_KERNEL.has(name),
  );
  const bug = bugOf(seen, functions);
  const known = bug === null ? null : `${bug.id}: ${bug.title}`;
  if (bug?.seen !== undefined) return { splat: bug.seen, bug: known };
  const trace = functions.join(' < ');
  const splat = bug?.splats[0];
  if (splat === undefined) return { splat: `${unknown(violation)}${inTrace(trace)}`, bug: known };
  const headline = HEADLINE_TEXT[splat.headline[0]];
  if (!prints(splat, seen)) {
    const later = splat.in[0] ?? splat.stack[0]?.[0] ?? '';
    const nothing = `nothing at that step: ${violation.rule} is broken, which no kernel checks`;
    return {
      splat: `${nothing}; the report needs more: ${headline}${inTrace(later)}: ${splat.because}`,
      bug: known,
    };
  }
  // The report may come from somewhere else than what breaks the rule.
  const named = splat.in.length === 0 || splat.in.some((name) => functions.includes(name));
  const where = named ? trace : splat.in[0];
  return { splat: `${headline}${inTrace(where)}`, bug: known };
}

/** The kernel itself stops there, or notices one of the rules that are broken. */
function prints({ headline }: Splat, { violation: { kind }, broken }: Seen): boolean {
  return kind !== 'safety' || headline.some((one) => NOTICED[one].some((rule) => broken.has(rule)));
}

const inTrace = (trace: string): string => (trace === '' ? '' : ` in ${trace}`);

function unknown({ kind, rule }: Violation): string {
  if (kind === 'assertion') return `WARNING (${rule})`;
  if (kind === 'crash') return `the kernel stops (${rule})`;
  if (kind === 'deadlock') return 'INFO: task blocked for more than 120 seconds';
  return BY_RULE[rule] ?? 'nothing of its own: compare guest memory, page tables and counters';
}

function bugOf({ spec, violation, repeating }: Seen, functions: readonly string[]): Bug | null {
  if (repeating.size > 0) return endless(spec.protocol, repeating);
  const fits = (bug: Bug): boolean => fitsRule(bug, violation);
  for (const name of functions) {
    const found = BUGS.find((bug) => fits(bug) && bug.splats.some((splat) => splat.in.includes(name)));
    if (found !== undefined) return found;
  }
  const made = BUGS.find((bug) => bug.id.toLowerCase() === spec.litmus);
  return made !== undefined && (fits(made) || made.kind === violation.kind) ? made : null;
}

function fitsRule(bug: Bug, { rule, kind }: Violation): boolean {
  return kind === 'assertion' || kind === 'crash'
    ? bug.kind === kind || bug.breaks.includes(rule)
    : bug.breaks.includes(rule);
}

/** The sheet that names most of the functions; none where that bug was cured before this kernel: it is another one. */
function endless(protocol: string, repeating: ReadonlySet<string>): Bug | null {
  const fitting = BUGS.filter(({ repeats }) => repeats?.every((name) => repeating.has(name)));
  const [bug] = fitting.toSorted((a, b) => (b.repeats?.length ?? 0) - (a.repeats?.length ?? 0));
  if (bug === undefined) return null;
  const release = parseRelease(protocol);
  const fixed = bug.fixedIn === null ? null : parseRelease(bug.fixedIn);
  return release !== null && fixed !== null && !isBefore(release, fixed) ? null : bug;
}
