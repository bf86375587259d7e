// Decodes the kvm, kvmmmu and workqueue tracepoints and the kprobes of the recordings of 5.10 and from 6.1 on into a
// closed union. Names that are known and carry nothing for a root's life are `ignored`; names never heard of are
// `unknown`; a known name whose text lacks a field is `undecodable`. Nothing here keeps state.
import { type Address, FieldReader } from './event-fields.js';
import type { TraceLine } from './tracefs-reader.js';

export type KvmEvent =
  | { readonly type: 'mark'; readonly text: string }
  // Births and deaths of table pages.
  | {
      readonly type: 'tableInit';
      readonly sp: Address;
      readonly spt: Address;
      readonly role: number;
      readonly isRoot: boolean;
    }
  | { readonly type: 'rootFreed'; readonly root: Address }
  | { readonly type: 'pageAnnounced'; readonly level: number; readonly created: boolean }
  | { readonly type: 'tableFreed'; readonly rcuHead: Address; readonly spt: Address; readonly role: number }
  // The vCPU's reference.
  | { readonly type: 'mmuLoad'; readonly vcpu: Address }
  | { readonly type: 'lookup'; readonly vcpu: Address }
  | { readonly type: 'lookupReturned'; readonly hpa: Address }
  | { readonly type: 'resetContext'; readonly vcpu: Address }
  | { readonly type: 'unload'; readonly vcpu: Address }
  | { readonly type: 'freeObsolete'; readonly vcpu: Address }
  | { readonly type: 'freeRootPage'; readonly hpa: Address | null }
  // Any reference.
  | ({ readonly type: 'put'; readonly shared: boolean | null } & PrintedRoot)
  | { readonly type: 'nextRoot'; readonly previous: Address }
  | { readonly type: 'nextRootReturned'; readonly root: Address; readonly caller: string }
  // Invalidation and zap.
  | { readonly type: 'invalidateAll' }
  | { readonly type: 'zapInvalidated' }
  | { readonly type: 'zapInvalidatedReturned' }
  | ({ readonly type: 'zapPass'; readonly shared: boolean } & PrintedRoot)
  | ({ readonly type: 'zapScheduled' } & PrintedRoot)
  | { readonly type: 'workQueued'; readonly work: Address }
  | { readonly type: 'work'; readonly work: Address; readonly role: number; readonly refcount: number }
  | { readonly type: 'workReturned' }
  | { readonly type: 'fastZap' }
  | { readonly type: 'fastZapReturned' }
  | { readonly type: 'zapAll' }
  | { readonly type: 'zapAllRoots' }
  // The VM and its vCPUs.
  | { readonly type: 'mmuInit' }
  | { readonly type: 'mmuUninit' }
  | { readonly type: 'entry'; readonly vcpu: number }
  | { readonly type: 'exit'; readonly vcpu: number; readonly reason: string }
  | {
      readonly type: 'pageFault';
      readonly vcpu: number | null;
      readonly gpa: Address;
      readonly errorCode: number;
    }
  | { readonly type: 'smm'; readonly vcpu: number; readonly entering: boolean }
  // Everything else.
  | { readonly type: 'ignored' }
  | { readonly type: 'unknown' }
  | { readonly type: 'undecodable'; readonly field: string };

/** What a probe printed about a root. `refcount` was read before the function did anything. */
interface PrintedRoot {
  readonly root: Address;
  readonly role: number;
  readonly refcount: number;
}

export function decodeKvmEvent(line: TraceLine): KvmEvent {
  if (line.event === 'tracing_mark_write') return { type: 'mark', text: line.body };
  const decode = DECODERS.get(line.event);
  if (decode === undefined) return IGNORED_EVENTS.has(line.event) ? IGNORED : UNKNOWN;
  const fields = new FieldReader(line.body);
  const event = decode(fields);
  return fields.missing === null ? event : { type: 'undecodable', field: fields.missing };
}

const IGNORED: KvmEvent = { type: 'ignored' };
const UNKNOWN: KvmEvent = { type: 'unknown' };

/** Of the tracepoint kvm_mmu_get_page: `sp gen 0 gfn 0 l4 8-byte q0 direct wux nxe ad root 0 sync new`. */
const PAGE_LEVEL = / l(\d) /;
const VCPU = /\bvcpu (\d+)/;

const DECODERS = new Map<string, (f: FieldReader) => KvmEvent>(
  Object.entries<(f: FieldReader) => KvmEvent>({
    tdp_mmu_init_sp: (f) => ({
      type: 'tableInit',
      sp: f.address('sp'),
      spt: f.address('spt'),
      role: f.word('role'),
      isRoot: f.address('sptep') === 0,
    }),
    // 5.10: the caller says whose table it is.
    alloc_tdp_mmu_page_ret: (f) => ({
      type: 'tableInit',
      sp: f.address('sp'),
      spt: f.address('spt'),
      role: f.word('role'),
      isRoot: f.body.startsWith('(kvm_tdp_mmu_get_vcpu_root_hpa+'),
    }),
    kvm_tdp_mmu_free_root: (f) => ({ type: 'rootFreed', root: f.address('root') }),
    kvm_mmu_get_page: (f) => ({
      type: 'pageAnnounced',
      level: f.matchedInteger('level', PAGE_LEVEL),
      created: f.body.endsWith(' new'),
    }),
    tdp_mmu_free_sp_rcu_callback: (f) => ({
      type: 'tableFreed',
      rcuHead: f.address('head'),
      spt: f.address('spt'),
      role: f.word('role'),
    }),

    kvm_mmu_load: (f) => ({ type: 'mmuLoad', vcpu: f.address('vcpu') }),
    kvm_tdp_mmu_get_vcpu_root_hpa: (f) => ({ type: 'lookup', vcpu: f.address('vcpu') }),
    kvm_tdp_mmu_get_vcpu_root_hpa_ret: (f) => ({ type: 'lookupReturned', hpa: f.address('hpa') }),
    kvm_tdp_mmu_alloc_root: (f) => ({ type: 'lookup', vcpu: f.address('vcpu') }),
    kvm_tdp_mmu_alloc_root_ret: (f) => ({ type: 'lookupReturned', hpa: f.address('hpa') }),
    kvm_mmu_reset_context: (f) => ({ type: 'resetContext', vcpu: f.address('vcpu') }),
    kvm_mmu_unload: (f) => ({ type: 'unload', vcpu: f.address('vcpu') }),
    kvm_mmu_free_obsolete_roots: (f) => ({ type: 'freeObsolete', vcpu: f.address('vcpu') }),
    mmu_free_root_page: (f) => ({ type: 'freeRootPage', hpa: f.addressOrInvalid('hpa') }),

    // Without the argument `shared` from v6.8 on: the mode of mmu_lock is its caller's.
    kvm_tdp_mmu_put_root: (f) => ({
      type: 'put',
      shared: f.has('shared') ? f.integer('shared') !== 0 : null,
      ...printedRoot(f),
    }),
    tdp_mmu_next_root: (f) => ({ type: 'nextRoot', previous: f.address('prev') }),
    tdp_mmu_next_root_ret: (f) => ({
      type: 'nextRootReturned',
      root: f.address('root'),
      caller: f.matchedText('caller', /^\((\w+)\+0x/),
    }),

    kvm_tdp_mmu_invalidate_all_roots: () => ({ type: 'invalidateAll' }),
    kvm_tdp_mmu_invalidate_roots: () => ({ type: 'invalidateAll' }),
    kvm_tdp_mmu_zap_invalidated_roots: () => ({ type: 'zapInvalidated' }),
    kvm_tdp_mmu_zap_invalidated_roots_ret: () => ({ type: 'zapInvalidatedReturned' }),
    tdp_mmu_zap_root: (f) => ({ type: 'zapPass', shared: f.integer('shared') !== 0, ...printedRoot(f) }),
    // Where tdp_mmu_zap_root itself can be probed, its passes print no count.
    __tdp_mmu_zap_root: (f) =>
      f.has('refcount') ? { type: 'zapPass', shared: f.integer('shared') !== 0, ...printedRoot(f) } : IGNORED,
    tdp_mmu_schedule_zap_root: (f) => ({ type: 'zapScheduled', ...printedRoot(f) }),
    workqueue_queue_work: (f) => ({ type: 'workQueued', work: f.address('struct') }),
    tdp_mmu_zap_root_work: (f) => ({
      type: 'work',
      work: f.address('work'),
      role: f.word('role'),
      refcount: f.integer('refcount'),
    }),
    tdp_mmu_zap_root_work_ret: () => ({ type: 'workReturned' }),
    kvm_mmu_zap_all_fast_entry: () => ({ type: 'fastZap' }),
    __kvm_mmu_zap_all_fast_front_half: () => ({ type: 'fastZap' }),
    kvm_mmu_zap_all_fast_ret: () => ({ type: 'fastZapReturned' }),
    kvm_mmu_zap_all: () => ({ type: 'zapAll' }),
    kvm_tdp_mmu_zap_all: () => ({ type: 'zapAllRoots' }),

    kvm_mmu_init_tdp_mmu: () => ({ type: 'mmuInit' }),
    kvm_mmu_uninit_tdp_mmu: () => ({ type: 'mmuUninit' }),
    kvm_entry: (f) => ({ type: 'entry', vcpu: f.matchedInteger('vcpu', VCPU) }),
    kvm_exit: (f) => ({
      type: 'exit',
      vcpu: f.matchedInteger('vcpu', VCPU),
      reason: f.matchedText('reason', /\breason (\S+)/),
    }),
    kvm_page_fault: (f) => ({
      type: 'pageFault',
      // 5.10 names neither the vCPU nor the radix.
      vcpu: VCPU.test(f.body) ? f.matchedInteger('vcpu', VCPU) : null,
      gpa: f.matchedHex('address', /\baddress ((?:0x)?[0-9a-f]+)/),
      errorCode: f.matchedHex('error_code', /\berror_code ((?:0x)?[0-9a-f]+)/),
    }),
    kvm_smm_transition: smm,
    kvm_enter_smm: smm,
  }),
);

/** kvm_smm_transition; kvm_enter_smm before it, with the same text. */
function smm(f: FieldReader): KvmEvent {
  return {
    type: 'smm',
    vcpu: f.matchedInteger('vcpu', VCPU),
    entering: f.matchedText('direction', /: (entering|leaving) SMM/) === 'entering',
  };
}

function printedRoot(f: FieldReader): PrintedRoot {
  return { root: f.address('root'), role: f.word('role'), refcount: f.integer('refcount') };
}

/** Seen in these recordings, and of no consequence for a root's life. */
const IGNORED_EVENTS: ReadonlySet<string> = new Set([
  '__kvm_tdp_mmu_zap_gfn_range',
  '__kvm_tdp_mmu_zap_gfn_range_ret',
  'alloc_tdp_mmu_page',
  'check_mmio_spte',
  'fast_page_fault',
  'handle_mmio_page_fault',
  'kvm_age_hva',
  'kvm_emulate_insn',
  'kvm_hv_stimer_cleanup',
  'kvm_inj_virq',
  'kvm_mmio',
  'kvm_mmu_free_roots',
  'kvm_mmu_load_ret',
  'kvm_mmu_prepare_zap_page',
  'kvm_mmu_set_spte',
  'kvm_mmu_spte_requested',
  'kvm_mmu_zap_all_fast',
  'kvm_pio',
  'kvm_set_spte_hva',
  'kvm_tdp_mmu_spte_changed',
  'kvm_test_age_hva',
  'kvm_unmap_hva_range',
  'kvm_userspace_exit',
  'mark_mmio_spte',
  'vcpu_match_mmio',
  'workqueue_execute_end',
  'workqueue_execute_start',
]);
