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
 * When what nothing leads to is freed cannot be seen, but it is in the key: around steps of a grace period the ends that a
 * fixed schedule leads to are compared instead. And RCU waits where a grace period would be needless (Forced.canStep).
 */
const OF_RCU: ReadonlySet<number> = new Set([
  OP.RCU_READ_LOCK,
  OP.RCU_READ_UNLOCK,
  OP.CALL_RCU,
  OP.RCU_GP_START,
  OP.RCU_GP_END,
  OP.RCU_INVOKE,
]);

/** A sequence of its own: the test is the same every time. */
function randomFrom(seed: number): (n: number) => number {
  let x = seed;
  return (n) => {
    x = (Math.imul(x, 1_664_525) + 1_013_904_223) | 0;
    return (x >>> 8) % n;
  };
}

class Sampler {
  readonly conflicts = new Set<string>();
  /** Pairs of steps that were compared. */
  pairs = 0;
  private readonly model: MachineModel;
  private readonly ends: MachineModel;
  private readonly rcu: number;
  private readonly key: Int32Array;

  constructor(
    protocol: string,
    litmus: string,
    private readonly random: (n: number) => number,
  ) {
    const options = { protocol: findProtocol(protocol), litmus: built(litmus) };
    this.model = new MachineModel({ ...options, reductions: ALL });
    this.ends = new MachineModel({ ...options, reductions: { persistent: false, symmetry: true } });
    this.rcu = this.model.threads.findIndex(({ name }) => name === 'rcu');
    this.key = new Int32Array(this.model.keyWords);
  }

  private saved(): Int32Array {
    const words = new Int32Array(this.model.words);
    this.model.save(words, 0);
    return words;
  }
  private keyText(model: MachineModel): string {
    return this.key.slice(0, model.key(this.key)).join();
  }
  /** What the state is, or where it leads when the lowest thread that can always goes on. */
  private what(led: boolean): string {
    if (!led) return this.keyText(this.model);
    const { ends } = this;
    ends.load(this.saved(), 0);
    for (;;) {
      const t = ends.threads.findIndex((_, k) => ends.choices(k) > 0);
      if (t < 0) return this.keyText(ends);
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
    ['reference', 'v5.15', 1],
    ['reference', 'v5.18', 1],
    ['reference', 'seed-draft', 1],
    ['reference', 'v6.6', 1],
    ['reference', 'v6.9', 2],
    ['reference', '7.2.13', 1],
    ['m-k-d', 'v5.18', 8],
    ['m-k-d', 'v6.9', 8],
    ['v-n', 'v6.9', 8],
  ] as const)('%s, %s', (litmus, protocol, schedules) => {
    const sampler = new Sampler(protocol, litmus, randomFrom(litmus.length * 31 + protocol.length));
    for (let k = 0; k < schedules; k++) sampler.schedule();
    expect([...sampler.conflicts]).toEqual([]);
    expect(sampler.pairs).toBeGreaterThan(500);
  });
});
