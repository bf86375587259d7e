// What partial-order reduction rests on, tried out: where forced() names a thread, whatever the others do before it moves, it can
// still move, and its step before or after each of theirs makes the same state and breaks the same rule. On random schedules of
// the real machine, so it may miss a pair that is met rarely; reductions.test.ts compares whole searches.
import { describe, expect, it } from 'vitest';
import { LOCK_KIND, LOCKS_PER_VM, THREAD } from '../../src/core/aggregates/layout.js';
import { MachineModel } from '../../src/core/explorer/machine-model/machine-model.js';
import { STEP } from '../../src/core/explorer/model.js';
import { OP, pending } from '../../src/core/machine/op.js';
import { findProtocol } from '../../src/core/protocols/registry.js';
import { ALL, built } from './litmus-support.js';

/** Steps of others that are tried before the forced one. */
const CONTINUATION = 12;
const CONTINUATIONS = 2;

/**
 * When what nothing leads to is freed cannot be seen, but it is in the key: around steps of a grace period it is compared where
 * both states lead instead. In a small litmus that is everything that any schedule leads to (Outcomes), in others what some
 * schedules do. And RCU waits where a grace period would be needless (Forced.canStep).
 */
const OF_RCU: ReadonlySet<number> = new Set([
  OP.RCU_READ_LOCK,
  OP.RCU_READ_UNLOCK,
  OP.CALL_RCU,
  OP.RCU_GP_START,
  OP.RCU_GP_END,
  OP.RCU_INVOKE,
]);

/** States up to which everything that a state leads to is worked out. */
const SMALL = 20_000;
/** Schedules of the others: RCU comes as late and as early as can be. */
const SCHEDULES = 2;

/** A sequence of its own: the test is the same every time. */
function randomFrom(seed: number): (n: number) => number {
  let x = seed;
  return (n) => {
    x = (Math.imul(x, 1_664_525) + 1_013_904_223) | 0;
    return (x >>> 8) % n;
  };
}

/** Of a small litmus, by state: the rules that can be broken from there and the ends that can be reached. */
class Outcomes {
  private readonly numbers = new Map<string, number>();
  /** By state: outcomes that it leads to, and states from which it is reached in one step. */
  private readonly sets: Set<string>[] = [];
  private readonly before: number[][] = [];
  private readonly key: Int32Array;

  constructor(private readonly model: MachineModel) {
    this.key = new Int32Array(model.keyWords);
    const open: (readonly [number, Int32Array])[] = [];
    const here = (): number => {
      const text = this.text();
      let n = this.numbers.get(text);
      if (n !== undefined) return n;
      n = this.sets.length;
      this.numbers.set(text, n);
      this.sets.push(new Set());
      this.before.push([]);
      const state = new Int32Array(model.words);
      model.save(state, 0);
      open.push([n, state]);
      return n;
    };
    model.reset();
    here();
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      if (this.sets.length > SMALL) throw new RangeError(`more than ${SMALL} states`);
      this.expand(...next, here);
    }
    this.spread();
  }

  private text(): string {
    return this.key.slice(0, this.model.key(this.key)).join();
  }

  private expand(n: number, state: Int32Array, here: () => number): void {
    const { model, sets, before } = this;
    let moved = false;
    for (let t = 0; t < model.threads.length; t++) {
      model.load(state, 0);
      if (model.choices(t) === 0) continue;
      moved = true;
      if (model.step(t, 0) === STEP.violated) sets[n]!.add(model.violation().rule);
      else before[here()]!.push(n);
    }
    model.load(state, 0);
    if (!moved) sets[n]!.add(this.text());
  }

  /** Back along the steps, until nothing is new. */
  private spread(): void {
    const { sets, before } = this;
    const open = sets.map((_, n) => n).filter((n) => sets[n]!.size > 0);
    for (let n = open.pop(); n !== undefined; n = open.pop())
      for (const m of before[n]!) {
        const { size } = sets[m]!;
        for (const outcome of sets[n]!) sets[m]!.add(outcome);
        if (sets[m]!.size > size) open.push(m);
      }
  }

  of(state: Int32Array): string {
    this.model.load(state, 0);
    const n = this.numbers.get(this.text());
    // Steps that the reductions leave out lead nowhere else: every state of theirs is one of all.
    if (n === undefined) return 'a state that is not reached without reductions';
    return [...this.sets[n]!].sort().join('\n');
  }
}

class Sampler {
  readonly conflicts = new Set<string>();
  /** Pairs of steps that were compared. */
  pairs = 0;
  private readonly model: MachineModel;
  private readonly ends: MachineModel;
  private readonly rcu: number;
  private readonly key: Int32Array;
  private readonly outcomes: Outcomes | null;

  constructor(
    protocol: string,
    litmus: string,
    private readonly random: (n: number) => number,
    exhaustive: boolean,
  ) {
    const options = { protocol: findProtocol(protocol), litmus: built(litmus) };
    this.model = new MachineModel({ ...options, reductions: ALL });
    this.ends = new MachineModel({ ...options, reductions: { persistent: false, symmetry: true } });
    this.rcu = this.model.threads.findIndex(({ name }) => name === 'rcu');
    this.key = new Int32Array(this.model.keyWords);
    this.outcomes = exhaustive ? new Outcomes(this.ends) : null;
  }

  private saved(): Int32Array {
    const words = new Int32Array(this.model.words);
    this.model.save(words, 0);
    return words;
  }
  private keyText(model: MachineModel): string {
    return this.key.slice(0, model.key(this.key)).join();
  }
  /** What the state is, or where it leads: every rule and end that can be reached, or those of some schedules. */
  private what(led: boolean): string {
    if (!led) return this.keyText(this.model);
    const state = this.saved();
    if (this.outcomes !== null) return this.outcomes.of(state);
    return Array.from({ length: SCHEDULES }, (_, k) => this.led(state, k)).join('\n');
  }
  /** Schedule 0: RCU last; 1: RCU first. */
  private led(state: Int32Array, k: number): string {
    const { ends, rcu } = this;
    const threads = ends.threads.map((_, t) => t);
    const others = threads.filter((t) => t !== rcu);
    const order = k === 0 ? [...others, rcu] : [rcu, ...others];
    ends.load(state, 0);
    for (;;) {
      const t = order.find((u) => ends.choices(u) > 0);
      if (t === undefined) return this.keyText(ends);
      if (ends.step(t, 0) === STEP.violated) return ends.violation().rule;
    }
  }
  private isOfRcu(t: number): boolean {
    return this.model.machine.peek(t) && OF_RCU.has(pending.kind);
  }

  private enabled(but: number): number[] {
    return this.model.threads.map((_, t) => t).filter((t) => t !== but && this.model.choices(t) > 0);
  }
  private holdsList(t: number): boolean {
    return this.model.machine.w.threadWord(t, THREAD.HELD0 + LOCK_KIND.tdp_mmu_pages_lock) !== 0;
  }
  /** t is about to take tdp_mmu_pages_lock: such a section is compared as a whole. */
  private beginsSection(t: number): boolean {
    return (
      this.model.machine.peek(t) &&
      pending.kind === OP.LOCK &&
      pending.a % LOCKS_PER_VM === LOCK_KIND.tdp_mmu_pages_lock
    );
  }

  /** The rule that the step, or the section, breaks; '' for none. */
  private act(t: number, whole: boolean): string {
    const { model } = this;
    do {
      if (model.step(t, 0) === STEP.violated) return model.violation().rule;
    } while (whole && this.holdsList(t));
    return '';
  }

  private place(t: number): string {
    const at = this.model.where(t)[0];
    return `${this.model.threads[t].name.replace(/\d/, '')} ${at?.function}@${at?.label}`;
  }

  /** One schedule from the beginning to an end. */
  schedule(): void {
    const { model, random } = this;
    model.reset();
    for (;;) {
      const t = model.forced();
      const here = this.saved();
      if (t >= 0)
        for (let k = 0; k < CONTINUATIONS; k++) {
          this.continueWithout(t);
          model.load(here, 0);
        }
      const able = this.enabled(-1);
      if (able.length === 0) return;
      // A thread stays for a while: what takes many steps alone is reached, too.
      if (model.step(able[random(able.length)], 0) === STEP.violated) return;
    }
  }

  private continueWithout(t: number): void {
    const { model, random } = this;
    const sections = this.beginsSection(t);
    const name = this.place(t);
    for (let n = 0; n < CONTINUATION; n++) {
      const others = this.enabled(t);
      if (others.length === 0) return;
      const u = others[random(others.length)];
      const what = `${name} and ${this.place(u)}`;
      const here = this.saved();
      if (model.choices(t) === 0) {
        if (t !== this.rcu) this.conflicts.add(`${name} can be kept from moving`);
        return;
      }
      this.pairs++;
      const led = this.isOfRcu(t) || this.isOfRcu(u);
      const uFirst = this.act(u, sections);
      const behind = this.saved();
      if (uFirst === '' && model.choices(t) === 0) {
        if (t === this.rcu) return;
        this.conflicts.add(`${what}: kept from moving`);
      } else {
        const broken = uFirst || this.act(t, sections);
        const after = broken === '' ? this.what(led) : '';
        model.load(here, 0);
        const tFirst = this.act(t, sections);
        if (tFirst === '' && model.choices(u) === 0) {
          if (u !== this.rcu) this.conflicts.add(`${what}: the other is kept`);
        } else {
          const also = tFirst || this.act(u, sections);
          if (broken !== also) this.conflicts.add(`${what}: ${broken || 'nothing'} or ${also || 'nothing'}`);
          else if (broken === '' && after !== this.what(led)) this.conflicts.add(`${what}: other states`);
        }
      }
      if (uFirst !== '') return;
      model.load(behind, 0);
    }
  }
}

describe('a forced step commutes with everything that the others can do before it', () => {
  it.each([
    ['reference', 'v5.15', 1, false],
    ['reference', 'v5.18', 1, false],
    ['reference', 'seed-draft', 1, false],
    ['reference', 'v6.6', 1, false],
    ['reference', 'v6.9', 2, false],
    ['reference', '7.2.13', 1, false],
    ['m-k-d', 'v5.15', 8, true],
    ['m-k-d', 'v5.18', 8, true],
    ['m-k-d', 'v6.9', 8, true],
    ['v-n', 'v6.9', 8, true],
    ['v-d', 'v5.18', 8, true],
    ['v-d', 'seed-draft', 8, true],
    ['v-d', 'v6.6', 8, true],
    ['v-d', '7.2.13', 8, true],
    // With a running guest.
    ['g-n', 'v5.10', 8, true],
    ['g-n', '7.2.13', 8, true],
    ['g-m', 'v6.6', 2, false],
    ['b4', 'v5.12', 2, false],
    ['b5', 'v5.12', 1, false],
    ['b20', 'v5.16', 2, false],
    ['b22', 'v5.18', 1, false],
  ] as const)('%s, %s', (litmus, protocol, schedules, exhaustive) => {
    const random = randomFrom(litmus.length * 31 + protocol.length);
    const sampler = new Sampler(protocol, litmus, random, exhaustive);
    for (let k = 0; k < schedules; k++) sampler.schedule();
    expect([...sampler.conflicts]).toEqual([]);
    expect(sampler.pairs).toBeGreaterThan(50);
  });
});
