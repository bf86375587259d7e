// What a litmus is: a scenario small enough to be explored, with what a search must know besides: which threads are alike,
// and what of the kernel is not in it. A litmus is also a scenario: a found schedule runs and is stored like any session.
//
// Convention: barrier GO separates what is only preparation from what is explored. `main` makes the VM, waits for whoever
// prepares something, and arrives at GO last; all other VMM threads await it. A search begins where all are past it.
import type { Topology } from '../../aggregates/layout.js';
import { type LitmusScript, litmusScript } from '../../userspace/litmus-script.js';
import { type Region, type ScriptBuilder, script } from '../../userspace/script.js';
import { THREAD_ENTRY } from '../../userspace/threads.js';
import { NO_HANDLER } from '../recorded/layout.js';
import type { BuiltScenario, ParameterValues, Scenario, ScenarioGuest, ScenarioThread } from '../scenario.js';

/** Barrier behind which exploring begins. */
export const GO = 0;
/** Barrier at which threads arrive when they are done. */
export const DONE = 1;
/** The VM is there; and what is prepared is. */
export const MADE = 2;
export const PREPARED = 3;

export interface BuiltLitmus extends BuiltScenario {
  /** Groups of thread numbers that run the same script in the same role: a search may take one for the other. */
  readonly alike: readonly (readonly number[])[];
  /** By thread: the vCPU that it drives, -1 where none. */
  readonly vcpuOf: readonly number[];
  /** Invariants that this litmus does not ask about: a search goes on behind their findings. */
  readonly ignores?: readonly string[];
}

export interface Litmus extends Scenario {
  /** What the search leaves out, in words: a litmus says nothing about it. */
  readonly leftOut: string;
  /** Why it has no meaning for this protocol; null: it has. */
  readonly notFor?: (protocol: { readonly id: string; readonly era: string }) => string | null;
  build(params: ParameterValues): BuiltLitmus;
}

/** A thread of a litmus, as data. */
export interface LitmusThread {
  readonly name: string;
  readonly script: ScriptBuilder | LitmusScript | null;
  readonly entry: 'vmm' | 'litmus' | 'shadow' | 'kworker' | 'rcu';
  readonly vcpu?: number;
  /** Threads with the same word are alike. */
  readonly alike?: string;
}

export interface MainOptions {
  readonly vcpus: number;
  readonly slots?: number;
  /** Pages of each slot; SLOT_PAGES where nothing is said. */
  readonly pages?: number;
  /** Slots exist in both address spaces. */
  readonly smm?: boolean;
  /** These memslots instead. */
  readonly regions?: readonly Region[];
  /** What main does to the vCPUs before anybody prepares anything. */
  readonly made?: (s: ScriptBuilder) => void;
  /** What main does between what the others prepare and GO. */
  readonly before?: (s: ScriptBuilder) => void;
  /** There is no VM before GO. */
  readonly withoutVm?: boolean;
  /** Threads that prepare something before GO. */
  readonly preparing?: number;
  /** What main does behind GO. */
  readonly after?: (s: ScriptBuilder) => void;
}

/** Pages of a slot. With two entries a table, a slot is one lowest-level table. */
export const SLOT_PAGES = 2;

/** Makes the VM, its slots and vCPUs, and lets everybody go. */
export function mainThread(options: MainOptions): LitmusThread {
  const slots = options.slots ?? 1;
  // Written before: a fault finds each page backed.
  const pages = options.pages ?? SLOT_PAGES;
  const s = script().memset(0, slots * pages);
  if (options.withoutVm === true) {
    s.arrive(GO);
    options.after?.(s);
    return { name: 'main', script: s, entry: 'vmm' };
  }
  s.createVm();
  for (const region of options.regions ?? []) s.setMemoryRegion(region);
  for (let slot = 0; options.regions === undefined && slot < slots; slot++) {
    const at = slot * pages;
    for (const asId of options.smm === true ? [0, 1] : [0])
      s.setMemoryRegion({ asId, slot, baseGfn: at, pages, hvaPage: at });
  }
  for (let v = 0; v < options.vcpus; v++) s.createVcpu(v);
  options.made?.(s);
  s.arrive(MADE);
  if ((options.preparing ?? 0) > 0) s.await(PREPARED, options.preparing ?? 0);
  options.before?.(s);
  s.arrive(GO);
  options.after?.(s);
  return { name: 'main', script: s, entry: 'vmm' };
}

/** Closes everything: the last put destroys the VM. */
export function closeAll(s: ScriptBuilder, vcpus: number): void {
  for (let v = 0; v < vcpus; v++) s.closeVcpu(v);
  s.closeVm();
}

export type LitmusCalls = (s: LitmusScript) => void;

/** A vCPU's thread: what it does behind GO, and before. All that have the same word `alike` have the same of both. */
export function vcpuThread(
  vcpu: number,
  alike: string,
  body: LitmusCalls,
  prepare?: LitmusCalls,
): LitmusThread {
  const s = litmusScript();
  if (prepare !== undefined) {
    s.await(MADE, 1);
    prepare(s);
    s.arrive(PREPARED);
  }
  s.await(GO, 1);
  body(s);
  return { name: `vcpu${vcpu}`, script: s.arrive(DONE), entry: 'litmus', vcpu, alike };
}

/** The thread of a vCPU that runs a nested guest: functions of the shadow MMU. */
export function nestedThread(vcpu: number, body: LitmusCalls): LitmusThread {
  const s = litmusScript().await(GO, 1);
  body(s);
  return { name: `vcpu${vcpu}`, script: s.arrive(DONE), entry: 'shadow', vcpu };
}

/** A thread that calls kernel functions for the VM. */
export function callerThread(name: string, body: LitmusCalls): LitmusThread {
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

export function worker(n = 0): LitmusThread {
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
  hostPages: SLOT_PAGES,
  tlbEntries: 0,
  pscEntries: 0,
  outerEntries: 0,
  stackWords: 192,
  programWords: 0,
};
/** What a guest needs: a translation and a paging-structure entry or two, and where it is in its program. */
export const WITH_GUEST: Partial<Topology> = {
  tlbEntries: 2,
  pscEntries: 2,
  programWords: 24,
  stackWords: 232,
};

export function assembleLitmus(
  threads: readonly LitmusThread[],
  sizes: Partial<Topology> = {},
  guests: readonly ScenarioGuest[] = [],
): BuiltLitmus {
  const groups = new Map<string, number[]>();
  threads.forEach((thread, t) => {
    if (thread.alike !== undefined) groups.set(thread.alike, [...(groups.get(thread.alike) ?? []), t]);
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
  return {
    name: thread.name,
    kind: thread.script === null ? 'daemon' : 'vmm',
    entry: THREAD_ENTRY[thread.entry],
    args: thread.entry === 'litmus' || thread.entry === 'shadow' ? [0, thread.vcpu ?? 0] : [],
    script: thread.script?.build() ?? new Int32Array(0),
  };
}
