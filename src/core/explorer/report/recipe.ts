// A counterexample as a recipe for a real kernel: which calls in which order, whom to hold up where until who has come how far,
// and what the kernel prints then.

import { type Bug, HEADLINE_TEXT } from '../../bugs/bug.js';
import { BUGS } from '../../bugs/explain.js';
import { decodeEvent } from '../../events/catalogue.js';
import { eventText } from '../../projections/event-text.js';
import { LITMUS_OP, litmusScriptLines } from '../../userspace/litmus-script.js';
import { INSTRUCTION_WORDS } from '../../userspace/script.js';
import type { Model } from '../model.js';
import { STEP } from '../model.js';
import type { Found } from '../search/found.js';
import { blocksOf } from './follow.js';
import type { FoundRun, Place } from './found-session.js';

export interface Delay extends Place {
  readonly thread: string;
  /** What the others have done when it goes on. */
  readonly until: readonly (Place & { readonly thread: string })[];
}

export interface Recipe {
  /** What user space calls, in the order of this run. */
  readonly calls: readonly string[];
  readonly delays: readonly Delay[];
  /** What the kernel prints, most likely. */
  readonly splat: string;
  /** The known bug that this is, when it is in the table. */
  readonly bug: string | null;
}

export function recipeOf(model: Model, found: Found, run: FoundRun): Recipe {
  const { delays, stack } = delaysOf(model, found);
  return { calls: callsOf(run), delays, ...splatOf(found, stack) };
}

/** Threads that are left although they could go on, and come again: somebody must hold them up there. */
function delaysOf(model: Model, { schedule }: Found): { delays: Delay[]; stack: readonly Place[] } {
  const blocks = blocksOf(schedule);
  const open: { thread: number; place: Place; until: Map<number, Place> }[] = [];
  const delays: Delay[] = [];
  const begun = new Set<number>();
  let stack: readonly Place[] = [];
  model.reset();
  for (const [k, { thread, steps }] of blocks.entries()) {
    const held = open.findIndex((one) => one.thread === thread);
    if (held >= 0) {
      const [{ place, until }] = open.splice(held, 1);
      const passed = [...until].map(([t, at]) => ({ thread: model.threads[t].name, ...at }));
      delays.push({ thread: model.threads[thread].name, ...place, until: passed });
    }
    begun.add(thread);
    let last: Place = { function: '', label: '' };
    for (const step of steps) {
      const where = model.where(thread);
      last = where[0] ?? last;
      stack = where;
      if (model.step(step.thread, step.choice) === STEP.violated) break;
    }
    for (const one of open) one.until.set(thread, last);
    const again = blocks.findIndex((block, n) => n > k && block.thread === thread) >= 0;
    const [place] = model.where(thread);
    if (again && place !== undefined && model.choices(thread) > 0)
      open.push({ thread, place, until: new Map() });
  }
  return { delays, stack };
}

function callsOf(run: FoundRun): string[] {
  const calls: string[] = [];
  const litmus = run.begun.values();
  let next = litmus.next();
  /** Those that began before the row with this number. */
  const before = (row: number): void => {
    for (; next.done !== true && next.value.position <= row; next = litmus.next()) {
      const { thread, instruction } = next.value;
      const call = litmusCall(run.scenario.threads[thread].script, instruction);
      if (call !== null) calls.push(`${run.threads[thread]}: ${call}`);
    }
  };
  let row = 0;
  for (const columns of run.columns) {
    for (let i = 0; i < columns.length; i++, row++) {
      before(row);
      const e = decodeEvent(columns, i);
      if (e.type === 'IoctlBegun') calls.push(`${run.threads[columns.thread[i]]}: ${eventText(e)}`);
    }
  }
  before(row);
  return calls;
}

/** What makes a kernel call the functions that a litmus thread calls. */
const TRIGGERS: { readonly [op: number]: string } = {
  [LITMUS_OP.LOAD]: 'KVM_RUN',
  [LITMUS_OP.FAULT]: 'the guest touches a page that is not mapped yet',
  [LITMUS_OP.SMM]: 'KVM_SMI and KVM_RUN, or RSM in the guest',
  [LITMUS_OP.RESET]: 'the guest writes CR0.PG, CR4 or EFER, so that kvm_mmu_reset_context runs',
  [LITMUS_OP.ZAP_ALL_FAST]: 'echo Y > /sys/module/kvm/parameters/nx_huge_pages, or a memslot is deleted',
  [LITMUS_OP.REQUESTS]: 'KVM_RUN',
  [LITMUS_OP.RUN]: 'KVM_RUN',
  [LITMUS_OP.ZAP_ALL]: 'the process exits',
  [LITMUS_OP.ENTER_SMM]: 'KVM_SMI and KVM_RUN',
  [LITMUS_OP.LEAVE_SMM]: 'RSM in the guest',
  [LITMUS_OP.SHADOW_LOAD]: 'KVM_RUN of a nested guest',
  [LITMUS_OP.SHADOW_FAULT]: 'the nested guest touches a page that is not mapped yet',
  [LITMUS_OP.SHADOW_DROP]: 'the nested guest exits to its hypervisor, which drops its tables',
  [LITMUS_OP.SHADOW_SHRINK]: 'KVM_SET_NR_MMU_PAGES',
};

/** Null: a barrier of the litmus, which is nobody's call. */
function litmusCall(script: Int32Array, instruction: number): string | null {
  const trigger = TRIGGERS[script[instruction * INSTRUCTION_WORDS]];
  return trigger === undefined ? null : `${litmusScriptLines(script)[instruction]}: ${trigger}`;
}

/** Bottoms of stacks that no kernel report has. */
const NOT_KERNEL = new Set(['vmm_thread', 'litmus_thread', 'live_thread']);

/** What a breach of a rule looks like from outside, for breaches that are no known bug. */
const BY_RULE: { readonly [rule: string]: string } = {
  I1: 'refcount_t: underflow; use-after-free, or a root that is never freed',
  I2: 'refcount_t: addition on 0; use-after-free',
  I3: 'BUG: KASAN: slab-use-after-free',
  I5: 'BUG: KASAN: slab-use-after-free',
  I30: 'Objects remaining in kvm_mmu_page_header on rmmod',
};

function splatOf(
  { violation }: Found,
  stack: readonly Place[],
): { readonly splat: string; readonly bug: string | null } {
  const functions = [violation.function, ...stack.map((place) => place.function)].filter(
    (name) => !NOT_KERNEL.has(name),
  );
  const trace = [...new Set(functions.filter((name) => name !== ''))].join(' < ');
  const bug = bugOf(violation.rule, violation.kind, functions);
  const known = bug === null ? null : `${bug.id}: ${bug.title}`;
  if (bug?.seen !== undefined) return { splat: bug.seen, bug: known };
  const headline = bug?.splats[0]?.headline[0];
  const text =
    headline !== undefined
      ? HEADLINE_TEXT[headline]
      : violation.kind === 'assertion'
        ? `WARNING (${violation.rule})`
        : violation.kind === 'deadlock'
          ? 'INFO: task blocked for more than 120 seconds'
          : (BY_RULE[violation.rule] ?? 'nothing of its own: compare guest memory, page tables and counters');
  return { splat: `${text} in ${trace}`, bug: known };
}

/** The known bug that breaks this rule and whose report names the function at fault, else one of its callers. */
function bugOf(rule: string, kind: string, functions: readonly string[]): Bug | null {
  const byKind = kind === 'assertion' || kind === 'crash';
  const fits = (bug: Bug): boolean => (byKind ? bug.kind === kind : bug.breaks.includes(rule));
  for (const name of functions) {
    const found = BUGS.find((bug) => fits(bug) && bug.splats.some((splat) => splat.in.includes(name)));
    if (found !== undefined) return found;
  }
  return null;
}
