// A machine without user space: a VM with a root or two is folded in, and each thread runs a list of kernel calls.
import { EVOLVE } from '../../../src/core/aggregates/evolve.js';
import {
  Layout,
  LOCK_KIND,
  MACHINE,
  PAGE,
  STATUS,
  type Topology,
} from '../../../src/core/aggregates/layout.js';
import { tdp_root_role } from '../../../src/core/aggregates/role.js';
import { World } from '../../../src/core/aggregates/world.js';
import { decodeEvent, E, type EventName, type RootlineEvent } from '../../../src/core/events/catalogue.js';
import { CPU_STATE } from '../../../src/core/events/constants.js';
import { LOCK_MODE } from '../../../src/core/events/lock.events.js';
import { FUNCTION_NUMBERS, fn } from '../../../src/core/kernel/functions.js';
import { resolveCosts } from '../../../src/core/machine/costs.js';
import { nextFreePage } from '../../../src/core/machine/decide/roots.js';
import { LinkedProtocol } from '../../../src/core/machine/link.js';
import { Machine } from '../../../src/core/machine/machine.js';
import { op } from '../../../src/core/machine/op.js';
import { call, type Procedure, procedure, ret } from '../../../src/core/machine/procedure.js';
import { TimeModel } from '../../../src/core/machine/time.js';
import { v5_18 } from '../../../src/core/protocols/v5.18.js';

export const TOPOLOGY: Topology = {
  vms: 1,
  vcpus: 2,
  threads: 4,
  pages: 64,
  tableBits: 3,
  slots: 4,
  hostPages: 256,
  tlbEntries: 16,
  pscEntries: 0,
  outerEntries: 0,
  stackWords: 512,
  programWords: 8,
};

/** One thing that a thread does: a kernel call, or mmu_lock taken or released around some. */
export type Act =
  | readonly [callee: number, ...args: number[]]
  | 'read_lock'
  | 'write_lock'
  | 'rcu_lock'
  | 'rcu_unlock'
  | 'unlock';

const DRIVER = 1_000;
const RCU = fn.rcu_softirq;

export class Rig {
  readonly machine: Machine;
  readonly w: World;
  /** Answers of each thread's calls, in order. */
  readonly answers: number[][] = [];

  /** Threads 0.. do the acts; the last thread is RCU. Extra procedures replace those of v5.18 by name. */
  constructor(
    acts: readonly (readonly Act[])[],
    options: { topology?: Partial<Topology>; replace?: readonly Procedure[] } = {},
  ) {
    const { answers } = this;
    for (let t = 0; t < acts.length; t++) answers.push([]);
    const mmu_lock = (w: World): number => w.lockId(0, LOCK_KIND.mmu_lock);
    const driver = procedure(
      'test_driver',
      { file: 'test', since: 'test', params: ['id'], locals: ['pc', 'mode'], leftOut: '' },
      {
        next: [
          null,
          (l) => {
            const act = acts[l.id][l.pc++];
            if (act === undefined) return ret();
            if (typeof act === 'string') return act;
            return call(act[0], 'done', act[1], act[2], act[3], act[4], act[5], act[6]);
          },
        ],
        done: [
          null,
          (l, answer) => {
            answers[l.id].push(answer);
            return 'next';
          },
        ],
        read_lock: [
          (l) => op.read_lock(mmu_lock(l.w)),
          (l) => {
            l.mode = LOCK_MODE.read;
            return 'next';
          },
        ],
        write_lock: [
          (l) => op.write_lock(mmu_lock(l.w)),
          (l) => {
            l.mode = LOCK_MODE.write;
            return 'next';
          },
        ],
        rcu_lock: [() => op.rcu_read_lock(), () => 'next'],
        rcu_unlock: [() => op.rcu_read_unlock(), () => 'next'],
        unlock: [(l) => op.unlock(mmu_lock(l.w), l.mode), () => 'next'],
      },
    );
    const table = new Map(v5_18.procedures.map((p) => [p.name, p]));
    for (const p of options.replace ?? []) table.set(p.name, p);
    const linked = new LinkedProtocol(
      'test',
      { ...FUNCTION_NUMBERS, test_driver: DRIVER },
      [...table.values(), driver],
      {},
    );
    const threads = acts.map((_, id) => ({ name: `t${id}`, entry: DRIVER, args: [id] }));
    this.machine = new Machine({
      linked,
      layout: new Layout({ ...TOPOLOGY, ...options.topology }),
      threads: [...threads, { name: 'rcu', entry: RCU, args: [] }],
      context: {
        env: { scripts: [], resetAfterExits: 0, constants: {} },
        guest: { step: () => 0, staged: new Int32Array(0) },
        watchdogExits: 1_000_000,
        needbreak: null,
      },
      time: new TimeModel(resolveCosts({})),
      seed: 1,
      batchCapacity: 1 << 15,
    });
    this.w = this.machine.w;
    this.fold('VmCreated', 0, 1, 4).fold('WorkqueueCreated', 0);
  }

  /** Folds one event in, as if it had happened before. */
  fold(type: EventName, n = 0, a = 0, b = 0, c = 0): this {
    EVOLVE[E[type]](this.w, 0, n, a, b, c);
    return this;
  }

  /** A root of vCPU v in this CPU state; returns its page. */
  root(v: number, cpuState = 0): number {
    const { w } = this;
    const page = nextFreePage(w);
    const serial = w.machineWord(MACHINE.NEXT_ROOT);
    const role = tdp_root_role(cpuState, false);
    this.fold('VcpuCreated', v, 0, v, v)
      .fold('GuestStateChanged', v, cpuState, 0)
      .fold('RoleComputed', v, role, 0);
    this.fold('RootAllocated', serial, role, 1, page).fold('RootListed', serial, 0, 1, page);
    this.fold('RootLoaded', v, 0, role, page);
    return page;
  }
  smmRoot(v: number): number {
    return this.root(v, CPU_STATE.SMM);
  }

  slot(asId: number, id: number, baseGfn: number, pages: number, hvaPage: number, flags = 0): number {
    const slot = this.w.slotId(0, asId, id);
    this.fold('MemslotAdded', slot, baseGfn, pages, hvaPage).fold('MemslotFlagsChanged', slot, flags, 0);
    return slot;
  }

  /** Runs thread t to its end (or until it waits); returns how many steps it took. */
  run(t: number): number {
    let steps = 0;
    while (this.machine.status(t) === STATUS.runnable && this.machine.step(t)) steps++;
    return steps;
  }

  /** Runs thread t until it is about to do what this label names. */
  runTo(t: number, label: string): void {
    while (this.machine.where(t)[0]?.label !== label) {
      if (!this.machine.step(t)) throw new Error(`thread ${t} waits at ${this.machine.where(t)[0]?.label}`);
    }
  }

  /** Grace periods and callbacks until none is left. */
  runRcu(): void {
    this.run(this.machine.threads.length - 1);
  }

  get events(): RootlineEvent[] {
    return Array.from({ length: this.machine.batch.length }, (_, i) => decodeEvent(this.machine.batch, i));
  }
  names(): string[] {
    return this.events.map((e) => e.type);
  }
  count(type: EventName): number {
    return this.events.filter((e) => e.type === type).length;
  }

  /** [level, SPTE] where the walk of gfn from this root ends. */
  leaf(root: number, gfn: number): [level: number, spte: number] {
    let table = root;
    for (let level = this.w.pageWord(root, PAGE.LEVEL); ; level--) {
      const spte = this.w.spte(table, this.w.indexAt(gfn, level));
      if ((spte & 7) !== 1) return [level, spte];
      table = spte >>> 8;
    }
  }
}
