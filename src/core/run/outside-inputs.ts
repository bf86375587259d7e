// What reaches a run from outside: commands and rests, those that are stored already (met again at the same step) and new
// ones. Keeps the scripts and guest programs that commands lengthen.
import { GrowingWords } from '../base/growing-words.js';
import type { Guest } from '../guest/guest.js';
import type { LivePlan } from '../scenarios/live/plan.js';
import type { BuiltScenario } from '../scenarios/scenario.js';
import { END_OF_THREAD } from '../userspace/live_thread.js';
import type { Mark } from './contract.js';

export class OutsideInputs {
  /** By thread; what the machine reads. */
  readonly scripts: Int32Array[];
  private readonly grown: GrowingWords[];
  private readonly marks: Mark[];
  /** Marks that the run has met. */
  met = 0;
  private handedOver: number;

  /** @param byStep the marks say when; else the decisions do */
  constructor(
    scenario: BuiltScenario,
    private readonly guest: Guest,
    stored: readonly Mark[],
    private readonly byStep: boolean,
  ) {
    this.scripts = scenario.threads.map((t) => t.script);
    this.grown = this.scripts.map((words) => new GrowingWords(words));
    this.marks = [...stored];
    this.handedOver = stored.length;
  }

  /** A stored input is met before the next step. */
  isDue(step: number): boolean {
    return this.byStep && this.marks[this.met]?.step === step;
  }

  /** Commands so far. */
  get commands(): number {
    return this.marks.reduce((n, { input }) => (input === null ? n : input.number), 0);
  }

  stepsToNext(step: number): number {
    const next = this.byStep ? this.marks[this.met] : undefined;
    return next === undefined ? Number.POSITIVE_INFINITY : next.step - step;
  }

  next(): Mark {
    const mark = this.marks[this.met];
    if (mark === undefined) throw new RangeError('the decisions name an outside input that is not stored');
    this.met++;
    return mark;
  }

  add(step: number, position: number, input: Mark['input']): Mark {
    const mark = { number: this.marks.length + 1, step, position, input };
    this.marks.push(mark);
    this.met++;
    return mark;
  }

  /** The thread's script and the guest's program grow; returns where the command's calls begin. */
  apply({ threads, script, guest }: LivePlan): number {
    if (guest !== null) this.guest.extend(guest.vcpu, guest.program);
    if (script === null) return END_OF_THREAD;
    const [t] = threads;
    const words = this.grown[t!]!;
    const at = words.length;
    words.append(script);
    this.scripts[t!] = words.words;
    return at;
  }

  /** After a snapshot: the first `met` inputs lie behind the run. */
  skipTo(met: number): void {
    for (; this.met < met; this.met++) {
      const { input } = this.marks[this.met]!;
      if (input !== null) this.apply(input.plan);
    }
  }

  /** New ones since the last call. */
  takeNew(): Mark[] {
    const from = this.handedOver;
    this.handedOver = Math.max(from, this.met);
    return this.marks.slice(from, this.handedOver);
  }
}
