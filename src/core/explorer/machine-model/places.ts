// Who takes whose place: threads that run the same script are ordered by where they stand, and what drives a vCPU takes it
// along. Two that cannot be told apart without names keep their places: that merges less, never too much.
import { FRAME, PAGE, STACK, VCPU } from '../../aggregates/layout.js';
import type { World } from '../../aggregates/world.js';
import type { BuiltLitmus } from '../../scenarios/litmus/litmus.js';
import { LOCAL, type LocalKinds } from './locals.js';

export class Places {
  /** By place: thread, vCPU; and back. */
  readonly threadAt: Int32Array;
  readonly threadName: Int32Array;
  readonly vcpuAt: Int32Array;
  readonly vcpuName: Int32Array;
  private readonly signature: Int32Array;
  private readonly s: Int32Array;

  constructor(
    private readonly w: World,
    private readonly litmus: BuiltLitmus,
    private readonly kinds: LocalKinds,
    /** Words that are no names. */
    private readonly threadRaw: readonly number[],
    private readonly vcpuRaw: readonly number[],
  ) {
    this.s = w.s;
    this.threadAt = Int32Array.from({ length: w.threads }, (_, t) => t);
    this.threadName = this.threadAt.slice();
    this.vcpuAt = Int32Array.from({ length: w.vcpus }, (_, v) => v);
    this.vcpuName = this.vcpuAt.slice();
    this.signature = new Int32Array(w.threads);
  }

  /** Orders threads that are alike by where they stand; what drives a vCPU takes it along. */
  arrange(): void {
    const { litmus, threadAt, threadName, vcpuAt, vcpuName } = this;
    if (litmus.alike.length === 0) return;
    const ordered = this.visitsInOrder();
    for (const group of litmus.alike) {
      const drives = (litmus.vcpuOf[group[0]] ?? -1) >= 0;
      const fixed = drives && ordered;
      // Places of the group, its members by signature.
      const members = fixed ? [...group] : this.sorted(group);
      for (let k = 0; k < group.length; k++) {
        threadAt[group[k]] = members[k];
        threadName[members[k]] = group[k];
        if (!drives) continue;
        const place = litmus.vcpuOf[group[k]] as number;
        const vcpu = litmus.vcpuOf[members[k]] as number;
        vcpuAt[place] = vcpu;
        vcpuName[vcpu] = place;
      }
    }
  }

  private visitsInOrder(): boolean {
    const { s, w, kinds } = this;
    const { stackWords } = w.layout.topology;
    for (let t = 0; t < w.threads; t++) {
      for (let fo = s[w.layout.stack + t * stackWords + STACK.FRAME]; fo !== 0; fo = s[fo + FRAME.BELOW])
        if (kinds.inOrder[s[fo + FRAME.STEP]] !== 0) return true;
    }
    return false;
  }

  private sorted(group: readonly number[]): number[] {
    const { signature } = this;
    for (const t of group) signature[t] = this.sign(t);
    const out = [...group];
    // Insertion sort: groups are two or three threads.
    for (let k = 1; k < out.length; k++) {
      const t = out[k];
      let j = k - 1;
      for (; j >= 0 && signature[out[j]] > signature[t]; j--) out[j + 1] = out[j];
      out[j + 1] = t;
    }
    return out;
  }

  /** A number that does not depend on names. */
  private sign(t: number): number {
    const { s, w, kinds } = this;
    let h = 17;
    const stack = w.layout.stack + t * w.layout.topology.stackWords;
    for (let fo = s[stack + STACK.FRAME]; fo !== 0; fo = s[fo + FRAME.BELOW]) {
      const step = s[fo + FRAME.STEP];
      h = Math.imul(h ^ step, 0x01000193);
      const locals = kinds.byStep[step];
      for (let k = 0; k < locals.length; k++)
        if (locals[k] === LOCAL.word) h = Math.imul(h ^ s[fo + FRAME.LOCALS + k], 0x01000193);
        else if (locals[k] === LOCAL.page) h = Math.imul(h ^ this.look(s[fo + FRAME.LOCALS + k]), 0x01000193);
    }
    const at = w.thread(t);
    for (const field of this.threadRaw) h = Math.imul(h ^ s[at + field], 0x01000193);
    const v = this.litmus.vcpuOf[t] ?? -1;
    if (v >= 0) {
      for (const field of this.vcpuRaw) h = Math.imul(h ^ s[w.vcpu(v) + field], 0x01000193);
      h = Math.imul(h ^ this.look(s[w.vcpu(v) + VCPU.ROOT] - 1), 0x01000193);
    }
    return h ^ (h >>> 15);
  }

  /** What a page looks like to somebody who does not know its name. */
  private look(p: number): number {
    if (p < 0) return p;
    const at = this.w.page(p);
    const { s } = this;
    return (
      s[at + PAGE.KIND] + s[at + PAGE.ROLE] * 4 + s[at + PAGE.REFCOUNT] * 131 + s[at + PAGE.PRESENT] * 8191
    );
  }
}
