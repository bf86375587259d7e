// Whether a user's step is a function of the machine's state. Beside the module that runs there is a second instance of it, which is
// asked now and then only: what one keeps in a variable of its own, the other one has not seen. From the same state both must do the
// same; where they do not, no snapshot, fork, replay or search of the protocol would mean anything.
import { errorText } from '../base/errors.js';
import { pending } from '../machine/op.js';
import { control, type Step } from '../machine/procedure.js';

/** Of its first steps every other one, later every so many: what is kept shows soon, and a long run is not slower for it. */
const FIRST_STEPS = 64;
const EVERY = 32;

type AnyStep = Step<string, string>;
type Locals = Record<string, number>;
type Ask = NonNullable<AnyStep[0]>;

export class Twin {
  private looks = 0;
  private random: number;

  /** @param step the same step of the second instance @param locals of its procedure @param seed so that steps are looked at apart */
  constructor(
    private readonly step: AnyStep,
    private readonly locals: readonly string[],
    seed: number,
  ) {
    this.random = seed;
  }

  /** Whether this time is one of those. Decided by how often the step ran, and by nothing else. */
  due(): boolean {
    this.looks++;
    this.random = (Math.imul(this.random, 1_664_525) + 1_013_904_223) | 0;
    return (this.random >>> 8) % (this.looks <= FIRST_STEPS ? 2 : EVERY) === 0;
  }

  /** Asks; how the second instance differs, null: it does not. */
  ask(l: Parameters<Ask>[0], ask: Ask): string | null {
    const before = this.take(l);
    ask(l);
    const asked = askedFor();
    const { kind, a, b, c, d, e } = pending;
    const after = this.take(l);
    this.give(l, before);
    const differs = this.attempt(() => {
      pending.kind = -1;
      this.step[0]?.(l);
      return differing(asked, askedFor()) ?? this.differing(l, after);
    });
    pending.set(kind, a, b, c, d, e);
    this.give(l, after);
    return differs;
  }

  /** Takes the answer, `next` is where the step goes. */
  answer(
    l: Parameters<AnyStep[1]>[0],
    answer: number,
    then: AnyStep[1],
  ): { readonly next: string; readonly differs: string | null } {
    const before = this.take(l);
    const next = then(l, answer);
    const went = wentTo(next);
    const kept = Object.entries(control);
    const after = this.take(l);
    this.give(l, before);
    const differs = this.attempt(
      () => differing(went, wentTo(this.step[1](l, answer))) ?? this.differing(l, after),
    );
    Object.assign(control, Object.fromEntries(kept));
    this.give(l, after);
    return { next, differs };
  }

  private attempt(work: () => string | null): string | null {
    try {
      return work();
    } catch (error) {
      return `nothing is wrong, or ${errorText(error)}`;
    }
  }

  private take(l: object): readonly number[] {
    return this.locals.map((name) => (l as Locals)[name]!);
  }

  private give(l: object, values: readonly number[]): void {
    for (const [k, name] of this.locals.entries()) (l as Locals)[name] = values[k]!;
  }

  private differing(l: object, after: readonly number[]): string | null {
    const now = this.take(l);
    const k = now.findIndex((value, n) => value !== after[n]);
    return k < 0 ? null : `local ${this.locals[k]} becomes ${after[k]}, or ${now[k]}`;
  }
}

function askedFor(): string {
  const { kind, a, b, c, d, e } = pending;
  return `asks for operation ${kind} of ${[a, b, c, d, e].join(', ')}`;
}

/** Where it goes, and with what where that is a call or a return. */
function wentTo(next: string): string {
  const { callee, value, next: label, a0, a1, a2, a3, a4, a5 } = control;
  if (next === '#return') return `returns ${value}`;
  if (next !== '#call') return `goes to ${next}`;
  return `calls function ${callee} with ${[a0, a1, a2, a3, a4, a5].join(', ')} and goes on at ${label}`;
}

function differing(one: string, other: string): string | null {
  return one === other ? null : `it ${one}, or it ${other}`;
}
