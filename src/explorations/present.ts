// From a verdict to something to read and to store: the smallest workload that is still violated, the fewest switches, the two
// steps that had to be ordered, a drawing and a recipe. Apart from explore.ts: a catalogue or a bench wants the verdict only.
import { ensure } from '../core/base/assert.js';
import type { Litmus } from '../core/explorer/litmus/litmus.js';
import type { Model, Violation } from '../core/explorer/model.js';
import { reportOf } from '../core/explorer/report/counterexample-report.js';
import type { CounterexampleReport } from '../core/explorer/report/counterexample-text.js';
import { follow } from '../core/explorer/report/follow.js';
import { transplant } from '../core/explorer/report/transplant.js';
import { transplantLasso } from '../core/explorer/report/transplant-lasso.js';
import { smallestWorkload } from '../core/explorer/report/workload.js';
import type { Exploration, ExplorationResult } from './exploration.js';
import { findLitmus } from './find-litmus.js';

export interface PresentHooks {
  readonly litmus?: Litmus;
  readonly cancelled?: () => boolean;
  /** Protocol under which the found schedule is tried as well. */
  readonly transplant?: string | undefined;
}

const immediately = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Null: nothing was found, or what was searched is not the machine: its steps are no session. */
export async function present(
  asked: Exploration,
  result: ExplorationResult,
  hooks: PresentHooks = {},
): Promise<CounterexampleReport | null> {
  const report = await reported(asked, result, hooks);
  if (report === null || hooks.transplant === undefined) return report;
  const whole = hooks.litmus ?? (await findLitmus(asked.spec));
  const { userLitmus } = report.session;
  // What it was found in may have less in it than what was asked about.
  const litmus = (userLitmus === undefined ? undefined : whole.withText?.(userLitmus.text)) ?? whole;
  const spec = {
    ...asked.spec,
    parameters: report.parameters,
    reductions: UNREDUCED,
    ...(userLitmus === undefined ? {} : { userLitmus }),
  };
  const model = litmus.build(spec);
  const { schedule, cycleStart } = report;
  const violation = follow(model, schedule, true).violation ?? toldIn(model, result);
  if (cycleStart === null)
    return { ...report, transplant: transplant(litmus, spec, { violation, schedule }, hooks.transplant) };
  const lasso = {
    violation,
    stem: schedule.slice(0, cycleStart - 1),
    cycle: schedule.slice(cycleStart - 1),
  };
  return { ...report, transplant: transplantLasso(litmus, spec, lasso, hooks.transplant) };
}

/** The violation as the result has it: an endless run has no step that breaks anything. */
function toldIn(model: Model, { counterexample, invariant, kind }: ExplorationResult): Violation {
  const { what, thread, function: name, label } = ensure(counterexample, 'counterexample of a violation');
  return {
    rule: ensure(invariant, 'rule of a violation'),
    kind: ensure(kind, 'kind of a violation') as Violation['kind'],
    what,
    thread: model.threads.findIndex((one) => one.name === thread),
    function: name,
    label,
  };
}

const UNREDUCED = { persistent: false, symmetry: false };

async function reported(
  { spec }: Exploration,
  result: ExplorationResult,
  hooks: PresentHooks,
): Promise<CounterexampleReport | null> {
  const { counterexample, invariant } = result;
  if (counterexample === null || invariant === null) return null;
  const litmus = hooks.litmus ?? (await findLitmus(spec));
  const whole = { ...spec, reductions: UNREDUCED };
  const model = litmus.build(whole);
  if (model.prefix === undefined) return null;
  const { schedule, cycle } = counterexample;
  if (cycle === 0) {
    const search = smallestWorkload(litmus, spec, invariant);
    for (;;) {
      const { done, value } = search.next();
      if (done === true) {
        if (value === null) break;
        const smaller = { ...value.spec, reductions: whole.reductions };
        return reportOf(value.litmus.build(smaller), smaller, value.found);
      }
      if (hooks.cancelled?.() === true) break;
      await immediately();
    }
  }
  const violation = follow(model, schedule, true).violation ?? toldIn(model, result);
  return reportOf(model, spec, { violation, schedule }, cycle);
}
