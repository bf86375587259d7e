// A model of a few variables and threads of a few steps, to try a search on what can be worked out by hand.
import { type Model, type Reductions, STEP, type Violation } from '../../../src/core/explorer/model.js';

export interface ToyStep {
  readonly when?: (v: Int32Array) => boolean;
  /** The next step's number; the one behind this when nothing is returned. */
  readonly does?: (v: Int32Array, choice: number) => number | undefined;
  readonly choices?: number;
  /** What must hold after the step. */
  readonly holds?: (v: Int32Array) => boolean;
}

export class ToyModel implements Model {
  readonly threads: readonly { readonly name: string }[];
  readonly words: number;
  readonly keyWords: number;
  private readonly state: Int32Array;
  private readonly vars: Int32Array;
  private found: Violation | null = null;

  constructor(
    variables: number,
    private readonly programs: readonly (readonly ToyStep[])[],
  ) {
    this.threads = programs.map((_, t) => ({ name: `t${t}` }));
    this.words = programs.length + variables;
    this.keyWords = this.words;
    this.state = new Int32Array(this.words);
    this.vars = this.state.subarray(programs.length);
  }

  reset(): void {
    this.state.fill(0);
  }
  load(from: Int32Array, at: number): void {
    this.state.set(from.subarray(at, at + this.words));
  }
  save(to: Int32Array, at: number): void {
    to.set(this.state, at);
  }
  key(to: Int32Array): number {
    to.set(this.state);
    return this.words;
  }
  choices(t: number): number {
    const step = this.programs[t][this.state[t]];
    return step === undefined || step.when?.(this.vars) === false ? 0 : (step.choices ?? 1);
  }
  step(t: number, choice: number): number {
    const at = this.state[t];
    const step = this.programs[t][at];
    this.state[t] = step.does?.(this.vars, choice) ?? at + 1;
    if (step.holds?.(this.vars) !== false) return STEP.taken;
    this.found = { rule: 'toy', kind: 'safety', what: 'toy', thread: t, function: `t${t}`, label: `${at}` };
    return STEP.violated;
  }
  violation(): Violation {
    return this.found!;
  }
  forced(): number {
    return -1;
  }
  ended(): boolean {
    return this.programs.every((program, t) => this.state[t] === program.length);
  }
  endViolation(): null {
    return null;
  }
  where(t: number): readonly { readonly function: string; readonly label: string }[] {
    return this.state[t] === this.programs[t].length
      ? []
      : [{ function: `t${t}`, label: String(this.state[t]) }];
  }
}

export const NO_REDUCTIONS: Reductions = { persistent: false, symmetry: false };

const take = (lock: number): ToyStep => ({
  when: (v) => v[lock] === 0,
  does: (v) => {
    v[lock] = 1;
    return undefined;
  },
});
const drop = (lock: number): ToyStep => ({
  does: (v) => {
    v[lock] = 0;
    return undefined;
  },
});
const set = (variable: number, value: number): ToyStep => ({
  does: (v) => {
    v[variable] = value;
    return undefined;
  },
});

/** Two locks, taken in opposite orders. */
export const ABBA = () =>
  new ToyModel(2, [
    [take(0), take(1), drop(1), drop(0)],
    [take(1), take(0), drop(0), drop(1)],
  ]);

/** Both raise a flag, and lower it again when they see the other's: for ever, if they do it in step. */
export const POLITE = () => {
  const polite = (mine: number, other: number): ToyStep[] => [
    set(mine, 1),
    { does: (v) => (v[other] === 0 ? 3 : 2) },
    {
      does: (v) => {
        v[mine] = 0;
        return 0;
      },
    },
    set(mine, 0),
  ];
  return new ToyModel(2, [polite(0, 1), polite(1, 0)]);
};

/** One spins for a flag and takes the lock each time it looks; the other wants the lock once to raise the flag. */
export const BARGING = () =>
  new ToyModel(2, [
    [
      take(0),
      { does: (v) => (v[1] === 1 ? 3 : 2) },
      {
        ...drop(0),
        does: (v) => {
          v[0] = 0;
          return 0;
        },
      },
      drop(0),
    ],
    [take(0), set(1, 1), drop(0)],
  ]);

/** One spins for a flag that the other raises: an endless run, but no fair one. */
export const SPIN = () => new ToyModel(1, [[{ does: (v) => (v[0] === 1 ? 1 : 0) }], [set(0, 1)]]);

/** Two increments that are not atomic; the later reader sees 1. Needs one preemption, and 4 steps. */
export const LOST_UPDATE = () => {
  const increment = (local: number): ToyStep[] => [
    {
      does: (v) => {
        v[local] = v[0];
        return undefined;
      },
    },
    {
      does: (v) => {
        v[0] = v[local] + 1;
        v[3]++;
        return undefined;
      },
      holds: (v) => v[3] < 2 || v[0] === 2,
    },
  ];
  const idle: ToyStep[] = Array.from({ length: 6 }, () => set(4, 0));
  return new ToyModel(5, [increment(1), increment(2), idle]);
};

/** Reads 8 undecided bits; exactly one way through breaks the rule. */
export const UNDECIDED = () =>
  new ToyModel(1, [
    Array.from({ length: 8 }, () => ({
      choices: 2,
      does: (v: Int32Array, choice: number) => {
        v[0] = v[0] * 2 + choice;
        return undefined;
      },
      holds: (v: Int32Array) => v[0] !== 0b10110101,
    })),
  ]);
