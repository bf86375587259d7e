// What the others may do before a thread has moved: from where each is in its script (abilities.ts), without those that have ended
// and those that wait for that very thread.
import { FRAME, STACK } from '../../aggregates/layout.js';
import type { World } from '../../aggregates/world.js';
import { OP } from '../../machine/op.js';
import { type BuiltLitmus, DONE } from '../../scenarios/litmus/litmus.js';
import { INSTRUCTION_WORDS } from '../../userspace/script.js';
import { type Abilities, type AbilitiesFrom, arrivals } from './abilities.js';
import { OP_WORDS } from './enabled.js';

export class Others {
  /** What thread u may still do, in the state that was looked at last. */
  readonly now: Abilities[];
  private readonly threads: number;
  /** By t * threads + u: before t has moved, u can do nothing. */
  private readonly idle: Uint8Array;
  private readonly arrivesOnce: boolean;

  constructor(
    private readonly w: World,
    private readonly ops: Int32Array,
    private readonly litmus: BuiltLitmus,
    private readonly from: AbilitiesFrom,
  ) {
    this.now = from.map(([whole]) => whole);
    this.threads = from.length;
    this.idle = new Uint8Array(this.threads * this.threads);
    this.arrivesOnce = litmus.threads.every((thread) => arrivals(thread.script) <= 1);
  }

  /** Once a state, before anything is asked. */
  look(): void {
    const { w, ops, from, now, idle, threads } = this;
    const { s, layout } = w;
    const { stackWords } = layout.topology;
    for (let u = 0; u < threads; u++) {
      const rest = from[u];
      const ended = ops[u * OP_WORDS] === 0;
      // The bottom frame's first local is where it is in its script; the call that runs is the one before.
      const pc = s[layout.stack + u * stackWords + STACK.FIRST_FRAME + FRAME.LOCALS];
      if (rest.length > 1 && !ended)
        now[u] = rest[Math.max(0, Math.min(rest.length - 1, Math.floor(pc / INSTRUCTION_WORDS) - 1))];
      for (let t = 0; t < threads; t++)
        idle[t * threads + u] = u === t || ended || this.waitsFor(u, t) ? 1 : 0;
    }
  }

  /** u may do something before t has moved. */
  mayMove(t: number, u: number): boolean {
    return this.idle[t * this.threads + u] === 0;
  }

  any(t: number, ability: keyof Abilities): boolean {
    const { now, threads } = this;
    for (let u = 0; u < threads; u++) if (this.mayMove(t, u) && now[u][ability]) return true;
    return false;
  }

  /** Somebody else may take a request of this vCPU. */
  takeRequests(t: number, vcpu: number): boolean {
    const { now, threads, litmus } = this;
    for (let u = 0; u < threads; u++) {
      if (!this.mayMove(t, u)) continue;
      if (now[u].takesRequests && (litmus.vcpuOf[u] === vcpu || litmus.vcpuOf[u] === -1)) return true;
    }
    return false;
  }

  /** u waits at a barrier that is not reached before t has moved: t has not arrived, and all others that may come do not suffice. */
  private waitsFor(u: number, t: number): boolean {
    const { w, ops, litmus } = this;
    if (ops[u * OP_WORDS] !== OP.BARRIER_WAIT + 1 || litmus.threads[t].kind !== 'vmm') return false;
    const barrier = ops[u * OP_WORDS + 1];
    if (barrier !== DONE) return false;
    let open = 0;
    for (let v = 0; v < this.threads; v++)
      if (v !== t && v !== u && litmus.threads[v].kind === 'vmm' && ops[v * OP_WORDS] !== 0) open++;
    return this.arrivesOnce && w.s[w.layout.barrier + barrier] + open < ops[u * OP_WORDS + 2];
  }
}
