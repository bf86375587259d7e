// From the beginning of a litmus to where exploring begins: a fixed schedule, part of every found one. The VMM thread with the
// lowest number that can run does, until GO; then every thread that awaits GO steps past it.
import { STATUS } from '../../aggregates/layout.js';
import { BadInput } from '../../base/errors.js';
import type { Machine } from '../../machine/machine.js';
import { OP, pending } from '../../machine/op.js';
import { type BuiltLitmus, GO } from '../../scenarios/litmus/litmus.js';

/** Steps of a preparation; more means that it does not come to GO. */
export const PREPARE_STEPS_MAX = 20_000;

/** Threads in the order in which they took their steps. */
export function prepare(m: Machine, litmus: BuiltLitmus): number[] {
  const taken: number[] = [];
  const vmm = litmus.threads.flatMap((thread, t) => (thread.kind === 'vmm' ? [t] : []));
  const step = (t: number): void => {
    m.batch.length = 0;
    m.step(t);
    taken.push(t);
  };
  while (m.s[m.w.layout.barrier + GO] === 0) {
    const t = vmm.find((x) => m.status(x) === STATUS.runnable);
    if (t === undefined || taken.length > PREPARE_STEPS_MAX)
      throw new BadInput(
        'litmus-preparation',
        'what the litmus prepares does not come to its end: threads wait for one another, or go round',
      );
    step(t);
  }
  for (const t of vmm) {
    if (m.status(t) === STATUS.ended) continue;
    if (m.status(t) === STATUS.waiting)
      throw new BadInput(
        'litmus-preparation',
        `${litmus.threads[t]?.name} still waits when main has prepared everything`,
      );
    // A thread that was not run yet stands before local steps.
    if (!m.peek(t) || (pending.kind === OP.BARRIER_WAIT && pending.a === GO)) step(t);
  }
  m.batch.length = 0;
  return taken;
}
