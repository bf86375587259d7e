// What a litmus is: a scenario small enough to be explored, with what a search must know besides: which threads are alike,
// and what of the kernel is not in it. A litmus is also a scenario: a found schedule runs and is stored like any session.
//
// Convention: barrier GO separates what is only preparation from what is explored. `main` makes the VM and arrives at GO
// last; all other VMM threads await it first. A search begins where all of them are past it.
import type { Topology } from '../../aggregates/layout.js';
import { litmusScript, type LitmusScript } from '../../userspace/litmus-script.js';
import { type ScriptBuilder, script } from '../../userspace/script.js';
import { THREAD_ENTRY } from '../../userspace/threads.js';
import { NO_HANDLER } from '../recorded/layout.js';
import type { BuiltScenario, ParameterValues, Scenario, ScenarioGuest, ScenarioThread } from '../scenario.js';

/** Barrier behind which exploring begins. */
export const GO = 0;
/** Barrier at which threads arrive when they are done. */
export const DONE = 1;

export interface BuiltLitmus extends BuiltScenario {
  /** Groups of thread numbers that run the same script in the same role: a search may take one for the other. */
  readonly alike: readonly (readonly number[])[];
  /** By thread: the vCPU that it drives, -1 where none. */
  readonly vcpuOf: readonly number[];
}

export interface Litmus extends Scenario {
  /** What the search leaves out, in words: a litmus says nothing about it. */
  readonly leftOut: string;
  /** Protocols for which it has no meaning, with the reason. */
  readonly notFor?: (protocol: { readonly id: string; readonly era: string }) => string | null;
  build(params: ParameterValues): BuiltLitmus;
}

/** A thread of a litmus, as data. */
export interface LitmusThread {
  readonly name: string;
  readonly script: ScriptBuilder | LitmusScript | null;
  readonly entry: 'vmm' | 'litmus' | 'kworker' | 'rcu';
  readonly vcpu?: number;
  /** Threads with the same word are alike. */
  readonly alike?: string;
}

/** Makes the VM and its slots; each slot exists in both address spaces when `smm`. Then everybody goes. */
export function mainThread(options: {
  readonly vcpus: number;
  readonly slots?: number;
  readonly smm?: boolean;
  /** What main does behind GO. */
  readonly then?: (s: ScriptBuilder) => void;
}): LitmusThread {
  // Written before: a fault finds each page backed.
  const s = script().memset(0, (options.slots ?? 1) * SLOT_PAGES).createVm();
  for (let slot = 0; slot < (options.slots ?? 1); slot++) {
    for (const asId of options.smm === true ? [0, 1] : [0])
      s.setMemoryRegion({ asId, slot, baseGfn: slot * SLOT_PAGES, pages: SLOT_PAGES, hvaPage: slot * SLOT_PAGES });
  }
  for (let v = 0; v < options.vcpus; v++) s.createVcpu(v);
  s.arrive(GO);
  options.then?.(s);
  return { name: 'main', script: s, entry: 'vmm' };
}

/** Pages of a slot. With two entries a table, a slot is one lowest-level table. */
export const SLOT_PAGES = 2;

/** Closes everything: the last put destroys the VM. */
export function closeAll(s: ScriptBuilder, vcpus: number): void {
  for (let v = 0; v < vcpus; v++) s.closeVcpu(v);
  s.closeVm();
}

/** A vCPU's thread. All that drive a vCPU with the same body are alike. */
export function vcpuThread(vcpu: number, alike: string, body: (s: LitmusScript) => void): LitmusThread {
  const s = litmusScript().await(GO, 1);
  body(s);
  return { name: `vcpu${vcpu}`, script: s.arrive(DONE), entry: 'litmus', vcpu, alike };
}

/** A thread that calls kernel functions for the VM. */
export function callerThread(name: string, body: (s: LitmusScript) => void): LitmusThread {
  const s = litmusScript().await(GO, 1);
  body(s);
  return { name, script: s.arrive(DONE), entry: 'litmus' };
}

/** A thread of the VMM with ordinary calls. */
export function vmmCaller(name: string, body: (s: ScriptBuilder) => void): LitmusThread {
  const s = script().await(GO, 1);
  body(s);
  return { name, script: s.arrive(DONE), entry: 'vmm' };
}

export function worker(n: number): LitmusThread {
  return { name: `kworker${n}`, script: null, entry: 'kworker', alike: 'kworker' };
}
export const rcu: LitmusThread = { name: 'rcu', script: null, entry: 'rcu' };

/** Small on purpose: two entries a table, no translation caches unless a guest runs. */
const SMALL: Topology = {
  vms: 1,
  vcpus: 1,
  threads: 1,
  pages: 24,
  tableBits: 1,
  slots: 1,
  hostPages: 2,
  tlbEntries: 0,
  pscEntries: 0,
  outerEntries: 0,
  stackWords: 160,
  programWords: 0,
};

export function assembleLitmus(
  threads: readonly LitmusThread[],
  sizes: Partial<Topology>,
  guests: readonly ScenarioGuest[] = [],
): BuiltLitmus {
  const groups = new Map<string, number[]>();
  threads.forEach((thread, t) => {
    if (thread.alike === undefined) return;
    const group = groups.get(thread.alike);
    if (group === undefined) groups.set(thread.alike, [t]);
    else group.push(t);
  });
  const vcpus = sizes.vcpus ?? Math.max(1, ...threads.map((thread) => (thread.vcpu ?? -1) + 1));
  const none = { program: NO_HANDLER, smm: NO_HANDLER };
  return {
    topology: { ...SMALL, ...sizes, vcpus, threads: threads.length },
    threads: threads.map(scenarioThread),
    guests: Array.from({ length: vcpus }, (_, v) => guests[v] ?? none),
    constants: {},
    resetAfterExits: 0,
    alike: [...groups.values()].filter((group) => group.length > 1),
    vcpuOf: threads.map((thread) => thread.vcpu ?? -1),
  };
}

function scenarioThread(thread: LitmusThread): ScenarioThread {
  const daemon = thread.script === null;
  return {
    name: thread.name,
    kind: daemon ? 'daemon' : 'vmm',
    entry: THREAD_ENTRY[thread.entry],
    args: thread.entry === 'litmus' ? [0, thread.vcpu ?? 0] : [],
    script: thread.script?.build() ?? new Int32Array(0),
  };
}
