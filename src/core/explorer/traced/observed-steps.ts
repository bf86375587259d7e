// What was seen of the model's events, collected line by line: who took a step, about which root or page, in which call. What belongs
// to a call that is left out of the workload is left out with it, and what is left out at all is counted by its reason.
import { BadInput } from '../../base/errors.js';
import type { TracedLine } from '../../imports/event-codec.js';
import type { Calls } from './calls.js';
import type { Gfns } from './gfns.js';
import type { ObservedStep, StepKind, Who } from './observed.js';
import type { AnyCall, Doing } from './task-calls.js';

/** Steps that are followed at most. */
export const MAX_TRACED_STEPS = 50_000;

interface Step extends Omit<ObservedStep, 'gfn' | 'call'> {
  /** The call of its thread that it belongs to. */
  readonly of: AnyCall | null;
  /** It is about a page: as the recording names it. */
  readonly recordedGfn: number | null;
  /** Where that is not kept, neither is the step. */
  readonly within: { readonly kept: boolean } | null;
}

export class Steps {
  /** The line that is read. */
  line!: TracedLine;
  /** The VM is gone: what its tasks touch now is another's. */
  closed = false;
  readonly leftOut = new Map<string, number>();
  private readonly steps: Step[] = [];

  constructor(private readonly calls: Calls) {}

  /** Of a task. */
  step(kind: StepKind, doing: Doing, root: number): void {
    if (doing.who === null) this.leave('roots that a task touches outside of what it calls here');
    else this.add(kind, doing.who, root, doing.memory ?? doing.slot, null);
  }

  add(
    kind: StepKind,
    who: Who,
    root: number,
    within: { readonly kept: boolean } | null,
    recordedGfn: number | null,
  ): void {
    if (this.closed && who.is === 'caller') return;
    const { lineNumber: line, name: event } = this.line;
    if (this.steps.length >= MAX_TRACED_STEPS)
      throw new BadInput(
        'traced-limit',
        `more than ${MAX_TRACED_STEPS} steps up to line ${line}: choose an earlier end`,
      );
    const of = who.is === 'caller' ? this.calls.lastOf(who.thread) : null;
    this.steps.push({ line, event, kind, who, root, within, recordedGfn, of });
  }

  leave(why: string, times = 1): void {
    this.leftOut.set(why, (this.leftOut.get(why) ?? 0) + times);
  }

  kinds(): Set<StepKind> {
    return new Set(this.steps.map(({ kind }) => kind));
  }

  /** Those that are in the workload, with its names of pages. */
  observed(gfns: Gfns): ObservedStep[] {
    const number = this.calls.numbers();
    return this.steps
      .filter(({ within }) => within === null || within.kept)
      .map(({ line, event, kind, who, root, recordedGfn, of }) => ({
        line,
        event,
        kind,
        who,
        root,
        gfn: recordedGfn === null ? 0 : gfns.nameOf(recordedGfn),
        call: of === null ? 0 : (number.get(of) ?? 0),
      }));
  }
}
