// What a check must know of a protocol. Taken from the protocol itself: its rules, its table of functions, and the release whose form
// of a function it has. Only what the model folds away (helpers, tracepoints, probe arguments) stands here, by era.
import { FUNCTION_NUMBERS } from '../../kernel/functions.js';
import { PROTOCOLS } from '../../protocols/registry.js';
import { type CheckedProtocol, checkedProtocol } from './checked-protocol.js';

/** Mode of mmu_lock: the spinlock of v5.10, held for write, for read. */
export type LockMode = 'S' | 'W' | 'R';

/** Which roots a walk goes through. `any`: nobody knows the walker. */
export type WalkScope = 'all' | 'valid' | 'any';

export interface Traits {
  readonly protocol: string;
  /** Letter of the era in the reference. */
  readonly era: string;
  readonly birth: 1 | 2;
  /**
   * What the put of the last reference of a valid root does: frees it at once; unlinks, zaps and frees it through RCU; makes it
   * invalid with one reference for a worker; or must never happen.
   */
  readonly lastPut: 'frees' | 'unlinks' | 'resurrects' | 'forbidden';
  /** Who zaps an invalidated root: nobody (it is emptied in place), its invalidator at once, a worker, its invalidator by walk. */
  readonly zapBy: 'none' | 'gift' | 'worker' | 'walk';
  /** What an invalidation does to the counts: a reference for every root, for each valid one, or none (the TDP MMU's own is handed on). */
  readonly invalidationTakes: 'all' | 'valid' | 'none';
  readonly lookupFunction: string;
  /** A lookup is an ordinary walk that keeps the reference at which it stops. */
  readonly lookupWalks: boolean;
  readonly lookupLock: LockMode;
  readonly dropLock: LockMode;
  /** Null: puts show no mode; both: the era has releases of either kind. */
  readonly putShowsMode: boolean | 'either';
  /** kvm_tdp_mmu_alloc_root returns an int. */
  readonly lookupShowsResult: boolean | 'either';
  readonly zapInvalidatedShowsMode: boolean;
  /** At the VM's end the invalid roots are zapped with mmu_lock held for write. */
  readonly uninitZapsExclusively: boolean;
  /** The levels of one zap, but for the last, which is the root's own. */
  readonly zapPasses: readonly (readonly number[])[];
  /** kvm_tdp_mmu_zap_all walks once for each address space, and zaps what belongs to it. */
  readonly zapAllByAddressSpace: boolean;
  readonly invalidateFunction: string | null;
  /** An empty mirror slot is freed at the end of each vCPU. */
  readonly freesMirrorSlot: boolean;
  /** Tables are freed by an RCU callback, and its probe is in every probe set for such a kernel. */
  readonly freesByRcu: boolean;
  readonly uninitInvalidates: boolean;
  readonly hasWorker: boolean;
  /** Its probe set may be v5.10's, which covers neither puts nor walks nor invalidations. */
  readonly sparseProbes: boolean;
  /** Which new tables kvm_mmu_get_page announces right after they are made (v5.15: twice, and at other places). */
  readonly announces: 'all' | 'children' | 'none';
  /** kvm_mmu_zap_all is in another C file than its caller: it cannot be inlined. */
  readonly zapAllIsCalled: boolean;
  /** tdp_mmu_zap_root is not inlined. */
  readonly zapRootIsCalled: boolean;
  /** kvm_mmu_uninit_tdp_mmu calls the invalidation; elsewhere its copy is inlined there. */
  readonly uninitCallsInvalidation: boolean;
  readonly validRootsMax: number;
  readonly scopeOf: (walker: string | null) => WalkScope;
  /** mmu_lock while this walker is on a root; null: nobody knows. */
  readonly modeOf: (walker: string | null) => 'W' | 'R' | null;
  /** Why this event cannot come from P, or null. */
  readonly lacks: (event: string) => string | null;
}

/** The model's name of something else there: v5.10 puts inline (kvm_mmu_put_root), from v6.6 on nothing is queued. */
const FOLDED: Readonly<Record<string, string>> = {
  kvm_tdp_mmu_put_root: 'bcdefgh',
  tdp_mmu_schedule_zap_root: 'cde',
  tdp_mmu_zap_root_work: 'cde',
};

/** Helpers that the model folds into their callers, and tracepoints: the eras that have them. */
const ERAS_OF: Readonly<Record<string, string>> = {
  alloc_tdp_mmu_page: 'ab',
  tdp_mmu_init_sp: 'cdefgh',
  tdp_mmu_free_sp_rcu_callback: 'bcdefgh',
  __kvm_tdp_mmu_zap_gfn_range: 'ab',
  __kvm_mmu_zap_all_fast_front_half: 'gh',
  kvm_enter_smm: 'a',
  kvm_smm_transition: 'bcdefgh',
  kvm_tdp_mmu_spte_changed: 'bcdefgh',
  kvm_mmu_split_huge_page: 'cdefgh',
  kvm_set_spte_hva: 'abcdefg',
};

const WALKS_ALL: ReadonlySet<string> = new Set([
  'kvm_tdp_mmu_unmap_gfn_range',
  'kvm_tdp_mmu_zap_all',
  'kvm_tdp_mmu_zap_invalidated_roots',
]);
const WALKS_VALID: ReadonlySet<string> = new Set([
  'kvm_tdp_mmu_try_split_huge_pages',
  'kvm_tdp_mmu_wrprot_slot',
  'kvm_tdp_mmu_clear_dirty_slot',
  'kvm_tdp_mmu_zap_collapsible_sptes',
  'kvm_tdp_mmu_recover_huge_pages',
  'kvm_tdp_mmu_alloc_root',
]);

export function traitsOf(protocol: CheckedProtocol): Traits {
  const { rules } = protocol;
  const { era } = rules;
  const names = new Set(protocol.procedures.map((p) => p.name));
  const since = new Map(protocol.procedures.map((p) => [p.name, p.since]));
  const fromEra = (letter: string): boolean => era >= letter;
  const lookupWalks = names.has('kvm_tdp_mmu_alloc_root');
  const zapBy = !names.has('kvm_tdp_mmu_zap_invalidated_roots')
    ? 'none'
    : since.get('kvm_tdp_mmu_zap_invalidated_roots') === 'v5.13'
      ? 'gift'
      : since.get('kvm_tdp_mmu_zap_invalidated_roots') === 'v5.18'
        ? 'worker'
        : 'walk';
  return {
    protocol: protocol.id,
    era,
    birth: rules.initialRefcount,
    lastPut: era === 'a' ? 'frees' : era === 'b' ? 'unlinks' : rules.resurrects ? 'resurrects' : 'forbidden',
    zapBy,
    invalidationTakes:
      zapBy === 'gift' ? 'all' : rules.initialRefcount === 1 && fromEra('c') ? 'valid' : 'none',
    lookupFunction: lookupWalks ? 'kvm_tdp_mmu_alloc_root' : 'kvm_tdp_mmu_get_vcpu_root_hpa',
    lookupWalks,
    lookupLock: era === 'a' ? 'S' : lookupWalks ? 'R' : 'W',
    dropLock: era === 'a' ? 'S' : lookupWalks ? 'R' : 'W',
    // v6.8 dropped the argument; era f is v6.6 .. v6.8.
    putShowsMode: fromEra('g') ? false : era === 'f' ? 'either' : true,
    lookupShowsResult: era === 'g' ? true : era === 'h' ? false : 'either',
    zapInvalidatedShowsMode: fromEra('h'),
    uninitZapsExclusively: fromEra('h'),
    zapPasses: fromEra('g') ? [[1, 2, 3], [3]] : [[3]],
    zapAllByAddressSpace: fromEra('c') && since.get('kvm_tdp_mmu_zap_all') === 'v5.18',
    invalidateFunction: names.has('kvm_tdp_mmu_invalidate_roots')
      ? 'kvm_tdp_mmu_invalidate_roots'
      : names.has('kvm_tdp_mmu_invalidate_all_roots')
        ? 'kvm_tdp_mmu_invalidate_all_roots'
        : null,
    freesMirrorSlot: fromEra('h'),
    freesByRcu: fromEra('c'),
    uninitInvalidates: fromEra('d'),
    hasWorker: zapBy === 'worker',
    sparseProbes: era === 'b',
    announces: fromEra('c') ? 'all' : era === 'a' ? 'children' : 'none',
    // Moved beside its caller in v6.6.
    zapAllIsCalled: !fromEra('f') || protocol.id === ZAP_ALL_STAYED || protocol.base === ZAP_ALL_STAYED,
    zapRootIsCalled: fromEra('g'),
    uninitCallsInvalidation: fromEra('h'),
    validRootsMax: rules.validRootsMax,
    scopeOf: (walker) => scopeOf(walker, era),
    modeOf: (walker) => modeOf(walker),
    lacks: (event) => lacks(event, era, names, protocol.id),
  };
}

function scopeOf(walker: string | null, era: string): WalkScope {
  if (walker === null) return 'any';
  // A get of an invalid root fails, whoever asks (B6).
  if (era === 'b') return 'valid';
  if (WALKS_ALL.has(walker)) return 'all';
  return WALKS_VALID.has(walker) ? 'valid' : 'any';
}

function modeOf(walker: string | null): 'W' | 'R' | null {
  if (walker === 'kvm_tdp_mmu_unmap_gfn_range' || walker === 'kvm_tdp_mmu_zap_all') return 'W';
  if (walker === null || walker === 'kvm_tdp_mmu_zap_invalidated_roots') return null;
  return WALKS_VALID.has(walker) ? 'R' : null;
}

function lacks(event: string, era: string, names: ReadonlySet<string>, protocol: string): string | null {
  // A tracepoint and a function may share a name; the probe of the function then has a suffix.
  const name = event.replace(/_(?:ret|entry)$/, '');
  const eras = ERAS_OF[name] ?? FOLDED[name];
  if (eras !== undefined) return eras.includes(era) ? null : `${protocol} has no ${name}`;
  if (FUNCTION_NUMBERS[name] === undefined || names.has(name)) return null;
  // kvm_page_fault, fast_page_fault and their like: tracepoints that outlive the functions they are called after.
  return TRACEPOINTS.has(name) ? null : `${protocol} has no ${name}`;
}

/** Some protocol has it, or a kernel of some era has. `_ret` and `_entry` stand behind the names of probes. */
export function isKnownFunction(event: string): boolean {
  const name = event.replace(/_(?:ret|entry)$/, '');
  return FUNCTION_NUMBERS[name] !== undefined || ERAS_OF[name] !== undefined || FOLDED[name] !== undefined;
}

const TRACEPOINTS: ReadonlySet<string> = new Set([
  'fast_page_fault',
  'kvm_mmu_zap_all_fast',
  'kvm_page_fault',
]);

/** Era f in a stable release, where kvm_mmu_zap_all was not moved. */
const ZAP_ALL_STAYED = '6.1.192';

/** The eight eras, oldest first. */
export const ERAS = ['v5.10', 'v5.15', 'v5.18', 'seed-draft', 'v6.4', 'v6.6', 'v6.9', 'v6.14'] as const;

/** An era's base and the kernel profiles that extend it. */
export function formsOf(era: string): readonly CheckedProtocol[] {
  return PROTOCOLS.filter(({ id, base }) => id === era || (base === era && /^\d/.test(id))).map((p) =>
    checkedProtocol(p),
  );
}
