// The flat state of the coarse anchor: one byte a field, in words for copying, hashing and comparing. Names are the
// kernel's where root-lifetime-labels.pml abbreviates (its name stands beside each).

const SHARED_BYTES = 8;
const PER_ROOT_FIELDS = 8;
const THREAD_BYTES = 8;
export const THREAD_WORDS = THREAD_BYTES / 4;

const even4 = (bytes: number): number => (bytes + 3) & ~3;

/** What all threads see. */
export class Shared {
  readonly words: Int32Array;
  /** First word of the threads' part. */
  readonly threadsAt: number;
  private readonly bytes: Uint8Array;

  /** cnt */
  readonly refcount: Uint8Array;
  /** inv */
  readonly invalid: Uint8Array;
  /** onlist */
  readonly listed: Uint8Array;
  readonly zapped: Uint8Array;
  readonly freed: Uint8Array;
  readonly queued: Uint8Array;
  readonly used: Uint8Array;
  readonly role: Uint8Array;

  /** The rule that the present step broke; '' when none. No part of the state. */
  broken = '';
  brokenWhat = '';

  constructor(
    readonly roots: number,
    threads: number,
    readonly vcpus: number,
  ) {
    const shared = even4(SHARED_BYTES + PER_ROOT_FIELDS * roots);
    this.threadsAt = shared / 4;
    this.words = new Int32Array(this.threadsAt + threads * THREAD_WORDS);
    const bytes = new Uint8Array(this.words.buffer);
    this.bytes = bytes;
    let at = SHARED_BYTES;
    const perRoot = (): Uint8Array => {
      at += roots;
      return bytes.subarray(at - roots, at);
    };
    this.refcount = perRoot();
    this.invalid = perRoot();
    this.listed = perRoot();
    this.zapped = perRoot();
    this.freed = perRoot();
    this.queued = perRoot();
    this.used = perRoot();
    this.role = perRoot();
  }

  localsOf(thread: number): Locals {
    return new Locals(this.bytes, (this.threadsAt + thread * THREAD_WORDS) * 4);
  }

  /** Something that must hold. Only the first breach of a step is kept. */
  mustHold(condition: boolean, rule: string, what: string): void {
    if (condition || this.broken !== '') return;
    this.broken = rule;
    this.brokenWhat = what;
  }

  /** mmu_lock held for write. */
  get writer(): number {
    return this.bytes[0];
  }
  set writer(value: number) {
    this.bytes[0] = value;
  }
  /** mmu_lock held for read, so many times. */
  get readers(): number {
    return this.bytes[1];
  }
  set readers(value: number) {
    this.bytes[1] = value;
  }
  /** plock: tdp_mmu_pages_lock. */
  get pagesLock(): number {
    return this.bytes[2];
  }
  set pagesLock(value: number) {
    this.bytes[2] = value;
  }
  /** Items of the zap workqueue that no worker has taken. */
  get pending(): number {
    return this.bytes[3];
  }
  set pending(value: number) {
    this.bytes[3] = value;
  }
  get running(): number {
    return this.bytes[4];
  }
  set running(value: number) {
    this.bytes[4] = value;
  }
  /** donev: vCPUs that have gone. */
  get gone(): number {
    return this.bytes[5];
  }
  set gone(value: number) {
    this.bytes[5] = value;
  }
  get stop(): number {
    return this.bytes[6];
  }
  set stop(value: number) {
    this.bytes[6] = value;
  }
}

/** One thread's own bytes. Dead locals are 0, so that states which differ in nothing that is read are one state. */
export class Locals {
  constructor(
    private readonly bytes: Uint8Array,
    private readonly at: number,
  ) {}

  /** Where the thread stands: (function, label, caller's label) as a number. pc and f of the .pml. */
  get position(): number {
    return this.bytes[this.at];
  }
  set position(value: number) {
    this.bytes[this.at] = value;
  }
  /** Cursor of a walk over roots. */
  get i(): number {
    return this.bytes[this.at + 1];
  }
  set i(value: number) {
    this.bytes[this.at + 1] = value;
  }
  get root(): number {
    return this.bytes[this.at + 2];
  }
  set root(value: number) {
    this.bytes[this.at + 2] = value;
  }
  /** k: context resets behind this vCPU. */
  get resets(): number {
    return this.bytes[this.at + 3];
  }
  set resets(value: number) {
    this.bytes[this.at + 3] = value;
  }
  /** ro: role that the vCPU needs next. */
  get role(): number {
    return this.bytes[this.at + 4];
  }
  set role(value: number) {
    this.bytes[this.at + 4] = value;
  }
  /** Argument of the function that was called: a root or a role. */
  get arg(): number {
    return this.bytes[this.at + 5];
  }
  set arg(value: number) {
    this.bytes[this.at + 5] = value;
  }
  /** Root being made. */
  get slot(): number {
    return this.bytes[this.at + 6];
  }
  set slot(value: number) {
    this.bytes[this.at + 6] = value;
  }
}
