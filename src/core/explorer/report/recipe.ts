// A counterexample as a recipe for a real kernel: which calls in which order, whom to hold up where until who has come how far,
// and what the kernel prints then.

import { decodeEvent } from '../../events/catalogue.js';
import { eventText } from '../../projections/event-text.js';
import { LITMUS_OP, litmusScriptLines } from '../../userspace/litmus-script.js';
import { INSTRUCTION_WORDS } from '../../userspace/script.js';
import type { Model, ModelSpec } from '../model.js';
import { STEP } from '../model.js';
import type { Found } from '../search/found.js';
import { blocksOf } from './follow.js';
import type { FoundRun, Place } from './found-session.js';
import { type Expected, expectedOf } from './known-bug.js';

export interface Delay extends Place {
  readonly thread: string;
  /** What the others have done when it goes on. */
  readonly until: readonly (Place & { readonly thread: string })[];
}

export interface Recipe extends Expected {
  /** What user space calls, in the order of this run. */
  readonly calls: readonly string[];
  readonly delays: readonly Delay[];
}

/** @param cycle steps at the end that repeat for ever */
export function recipeOf(model: Model, spec: ModelSpec, found: Found, run: FoundRun, cycle: number): Recipe {
  const { violation } = found;
  const { delays, stack } = delaysOf(model, found);
  const repeating = cycle === 0 ? new Set<string>() : functionsOf(model, found, cycle);
  return { calls: callsOf(run), delays, ...expectedOf({ spec, violation, stack, repeating }) };
}

/** Functions of the last steps and of their callers. */
function functionsOf(model: Model, { schedule }: Found, steps: number): Set<string> {
  const names = new Set<string>();
  model.reset();
  for (const [k, { thread, choice }] of schedule.entries()) {
    if (k >= schedule.length - steps) for (const place of model.where(thread)) names.add(place.function);
    model.step(thread, choice);
  }
  return names;
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
