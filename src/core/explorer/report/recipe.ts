// A counterexample as a recipe for a real kernel: which calls in which order, whom to hold up where until who has come how far,
// and what the kernel prints then.

import { decodeEvent } from '../../events/catalogue.js';
import { eventText } from '../../projections/event-text.js';
import { LITMUS_OP, litmusScriptLines } from '../../userspace/litmus-script.js';
import { INSTRUCTION_WORDS } from '../../userspace/script.js';
import type { Model, ModelSpec } from '../model.js';
import type { Found } from '../search/found.js';
import { type Delay, delaysOf } from './delays.js';
import type { FoundRun } from './found-session.js';
import { type Expected, expectedOf } from './known-bug.js';
import type { Ordering } from './ordering.js';

export interface Recipe extends Expected {
  /** What user space calls, in the order of this run. */
  readonly calls: readonly string[];
  readonly delays: readonly Delay[];
}

/** @param cycle steps at the end that repeat for ever @param ordering the two steps that had to be ordered */
export function recipeOf(
  model: Model,
  spec: ModelSpec,
  found: Found,
  run: FoundRun,
  cycle: number,
  ordering: Ordering | null,
): Recipe {
  const { violation } = found;
  const { delays, stack } = delaysOf(model, found, ordering, cycle);
  const repeating = cycle === 0 ? new Set<string>() : functionsOf(model, found, cycle);
  const { calls, broken } = toldBy(run);
  broken.add(violation.rule);
  return { calls, delays, ...expectedOf({ spec, violation, stack, repeating, broken }) };
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

/** The calls in the order in which they begin, and the rules that are broken. */
function toldBy(run: FoundRun): { calls: string[]; broken: Set<string> } {
  const calls: string[] = [];
  const broken = new Set<string>();
  const pending = pendingCalls(run);
  const begun = run.begun.values();
  let next = begun.next();
  /** Those that began before the row with this number. */
  const before = (row: number): void => {
    for (; next.done !== true && next.value.position <= row; next = begun.next()) {
      const { thread, instruction } = next.value;
      const call =
        instruction === null
          ? (pending.get(thread)?.call ?? null)
          : litmusCall(run.scenario.threads[thread].script, instruction);
      if (call !== null) calls.push(`${run.threads[thread]}: ${call}`);
    }
  };
  let row = 0;
  for (const columns of run.columns) {
    for (let i = 0; i < columns.length; i++, row++) {
      before(row);
      const e = decodeEvent(columns, i);
      const thread = columns.thread[i];
      if (e.type === 'Finding') broken.add(`I${e.invariant}`);
      if (e.type === 'IoctlBegun' && pending.get(thread)?.row !== row)
        calls.push(`${run.threads[thread]}: ${eventText(e)}`);
    }
  }
  before(row);
  return { calls, broken };
}

/** Calls that threads were about to make when the preparation was over, by thread: they begin with its first step behind that. */
function pendingCalls(run: FoundRun): Map<number, { readonly row: number; readonly call: string }> {
  const pending = new Map<number, { row: number; call: string }>();
  const moves = new Set(
    run.begun.flatMap(({ thread, instruction }) => (instruction === null ? [thread] : [])),
  );
  let row = 0;
  for (const columns of run.columns) {
    for (let i = 0; i < columns.length && row < run.prepared; i++, row++) {
      const thread = columns.thread[i];
      const e = decodeEvent(columns, i);
      pending.delete(thread);
      if (e.type === 'IoctlBegun' && moves.has(thread)) pending.set(thread, { row, call: eventText(e) });
    }
  }
  return pending;
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
