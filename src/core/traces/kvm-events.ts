// The event of a frame -> KvmEvent, from every text that it has: tracefs, trace-cmd report with and without its plugin and
// raw, perf script, and the fields of a trace.dat. Names that are known and carry nothing for a root's life are `ignored`;
// names never heard of are `unknown`; a known name whose text lacks a field is `undecodable`.
import { FieldReader } from './event-fields.js';
import { exitReasonByName, exitReasonByNumber } from './exit-reasons.js';
import type { FrameEvent } from './frames/frame.js';
import type { KvmEvent } from './kvm-event.js';

export type { KvmEvent, KvmEventType } from './kvm-event.js';

/** What decoding needs of a frame. */
export type DecodedFrame = Pick<FrameEvent, 'event' | 'body'>;

/** From v6.9 on a vCPU's root is looked up by an ordinary walk. */
export const LOOKUP_FUNCTION = 'kvm_tdp_mmu_alloc_root';
/** Before that by a function that allocates as well. */
const GET_ROOT_FUNCTION = 'kvm_tdp_mmu_get_vcpu_root_hpa';

/**
 * @param inLookup the task is between the call and the return of the function that looks a vCPU's root up: where a tool prints
 *   addresses in place of callers' names, this says who called
 */
export function decodeKvmEvent(frame: DecodedFrame, inLookup = false): KvmEvent {
  if (frame.event === 'tracing_mark_write') return { type: 'mark', text: frame.body };
  let decode = DECODERS.get(frame.event);
  if (decode === undefined) decode = byOtherName(frame.event);
  if (decode === undefined) return UNKNOWN;
  if (decode === null) return IGNORED;
  const fields = FIELDS.reset(frame.body);
  const event = decode(fields, inLookup);
  return fields.missing === null ? event : { type: 'undecodable', field: fields.missing };
}

/** Decodes one stream of frames: knows which tasks are looking a root up. */
export class KvmEventDecoder {
  readonly #looking = new Set<number>();

  decode(frame: DecodedFrame & Pick<FrameEvent, 'pid'>): KvmEvent {
    const event = decodeKvmEvent(frame, this.#looking.size > 0 && this.#looking.has(frame.pid));
    if (event.type === 'lookup') {
      if (this.#looking.size < TASKS_MAX) this.#looking.add(frame.pid);
    } else if (event.type === 'lookupReturned') this.#looking.delete(frame.pid);
    return event;
  }
}

/** Tasks whose lookup never returns in the text are remembered up to so many. */
const TASKS_MAX = 65_536;

const FIELDS = new FieldReader();
const IGNORED: KvmEvent = { type: 'ignored' };
const UNKNOWN: KvmEvent = { type: 'unknown' };

type Decode = (f: FieldReader, inLookup: boolean) => KvmEvent;

/** perf's `NAME__return`, and the names that tracefs gives to probes without one: `p_NAME_0`, `r_NAME_0`. */
const OTHER_NAME = /^(?:(p|r)_(\w+?)_(?:0|0x0)|(\w+)__return)$/;

function byOtherName(name: string): Decode | null | undefined {
  const usual = usualName(name);
  return usual === name ? undefined : DECODERS.get(usual);
}

/** The name that the probe sets give to the event of an unnamed probe; any other name as it is. */
export function usualName(name: string): string {
  const found = OTHER_NAME.exec(name);
  if (found === null) return name;
  const [, kind, symbol, returned] = found;
  return kind === 'p' ? (symbol ?? '') : `${symbol ?? returned}_ret`;
}

/** It is an event that somebody has heard of, whether it matters for roots or not. */
export const isKnownEvent = (name: string): boolean => DECODERS.has(name) || name === 'tracing_mark_write';

/** The text of a probe, not of the tracepoint of the same name. */
const isProbe = (f: FieldReader): boolean => f.body.startsWith('(') || f.body.startsWith('__probe_');
/** trace-cmd's raw forms and trace.dat say vcpu_id=. */
const vcpuOf = (f: FieldReader): number =>
  f.hasAfter('vcpu') ? f.integerAfter('vcpu') : f.number('vcpu_id');
const vm = (f: FieldReader): { readonly kvm: number | null } => ({ kvm: f.optionalAddress('kvm') });
const vcpu = (f: FieldReader): { readonly vcpu: number; readonly kvm: number | null } => ({
  vcpu: f.address('vcpu'),
  ...vm(f),
});
const printedRoot = (f: FieldReader) => ({
  ...vm(f),
  root: f.address('root'),
  refcount: f.integer('refcount'),
  role: f.number('role'),
});

const LEVEL_MASK = 0xf;
/** ` l4 8-byte`. */
const LEVEL_COLUMNS = 11;
const CALLER = /^\((\w+)\+0x/;
const ADDRESS_CALLER = /^(?:\([0-9a-f]+ <- [0-9a-f]+\)|__probe_func=)/;

function lookup(f: FieldReader): KvmEvent {
  const it = vcpu(f);
  return {
    type: 'lookup',
    ...it,
    role: f.has('role') ? f.number('role') : f.has('role_page') ? f.number('role_page') : null,
  };
}

/**
 * `sp gen 0 gfn 0 l4 8-byte ... new`; the plugin's `new sp gfn 0 4 q0 ...`, or `1 q0 ...` without a gfn for a page that is
 * zapped; raw `gfn=0 role=14212 created=1`.
 */
function page(f: FieldReader): { level: number; gfn: number | null; role: number | null } {
  if (f.has('role')) {
    const gfn = f.number('gfn');
    const role = f.number('role');
    return { level: role & LEVEL_MASK, gfn, role };
  }
  const gfn = f.hasAfter('gfn') ? f.hexAfter('gfn') : null;
  const { body } = f;
  const at = body.indexOf(' q');
  // tracefs: ` l4 8-byte q0`; the plugin: ` 4 q0`.
  const l = body.lastIndexOf(' l', at);
  const digit = l >= 0 && at - l <= LEVEL_COLUMNS ? body.charCodeAt(l + 2) : body.charCodeAt(at - 1);
  const level = digit - 48;
  return { level: at > 0 && level >= 1 && level <= 5 ? level : f.integer('level'), gfn, role: null };
}

function created(f: FieldReader): boolean {
  return (
    f.body.endsWith(' new') || f.body.startsWith('new ') || (f.has('created') && f.number('created') !== 0)
  );
}

function caller(f: FieldReader, inLookup: boolean): string {
  const name = CALLER.exec(f.body)?.[1];
  if (name !== undefined) return name;
  if (!ADDRESS_CALLER.test(f.body)) return f.matchedText('caller', CALLER);
  return inLookup ? LOOKUP_FUNCTION : '';
}

/** kvm_smm_transition; kvm_enter_smm before it, with the same text. */
function smm(f: FieldReader): KvmEvent {
  if (f.has('entering'))
    return { type: 'smm', vcpu: f.number('vcpu_id'), entering: f.number('entering') !== 0 };
  return {
    type: 'smm',
    vcpu: f.integerAfter('vcpu'),
    entering: f.matchedText('direction', /: (entering|leaving) SMM/) === 'entering',
  };
}

function exit(f: FieldReader): KvmEvent {
  if (f.has('exit_reason')) {
    const reason = f.number('exit_reason');
    const isa = f.number('isa');
    return { type: 'exit', reason: exitReasonByNumber(isa, reason), vcpu: f.number('vcpu_id') };
  }
  const of = f.hasAfter('vcpu') ? f.integerAfter('vcpu') : null;
  return { type: 'exit', vcpu: of, reason: exitReasonByName(f.wordAfter('reason')) };
}

function pageFault(f: FieldReader): KvmEvent {
  if (f.has('fault_address')) {
    const of = f.has('vcpu_id') ? f.number('vcpu_id') : null;
    return { type: 'pageFault', vcpu: of, gpa: f.word('fault_address'), errorCode: f.word('error_code') };
  }
  // 5.10 names neither the vCPU nor the radix.
  const of = f.hasAfter('vcpu') ? f.integerAfter('vcpu') : null;
  return { type: 'pageFault', vcpu: of, gpa: f.hexAfter('address'), errorCode: f.hexAfter('error_code') };
}

function spteChanged(f: FieldReader): KvmEvent {
  return f.has('old_spte')
    ? {
        type: 'spteChanged',
        gfn: f.word('gfn'),
        before: f.word('old_spte'),
        after: f.word('new_spte'),
        level: f.number('level'),
        asId: f.number('as_id'),
      }
    : {
        type: 'spteChanged',
        asId: f.integerAfter('id'),
        gfn: f.hexAfter('gfn'),
        level: f.integerAfter('level'),
        before: f.hexAfter('old_spte'),
        after: f.hexAfter('new_spte'),
      };
}

function spteSet(f: FieldReader): KvmEvent {
  return f.has('spte')
    ? { type: 'spteSet', gfn: f.word('gfn'), spte: f.word('spte'), level: f.number('level') }
    : { type: 'spteSet', gfn: f.hexAfter('gfn'), spte: f.hexAfter('spte'), level: f.integerAfter('level') };
}

function hvaUnmapped(f: FieldReader): KvmEvent {
  return f.has('start')
    ? { type: 'hvaUnmapped', start: f.word('start'), end: f.word('end') }
    : { type: 'hvaUnmapped', start: f.hexAfter('range:'), end: f.hexAfter('--') };
}

/** null: known, and of no consequence for a root's life. */
const DECODERS = new Map<string, Decode | null>(
  Object.entries<Decode>({
    tdp_mmu_init_sp: (f) => {
      const sp = f.address('sp');
      const sptep = f.address('sptep');
      const gfn = f.has('gfn') ? f.word('gfn') : null;
      const isRoot = sptep === 0;
      return { type: 'tableInit', sp, sptep, gfn, isRoot, role: f.number('role'), spt: f.address('spt') };
    },
    // 5.10: the caller says whose table it is.
    alloc_tdp_mmu_page_ret: (f, inLookup) => ({
      type: 'tableInit',
      gfn: null,
      sptep: null,
      isRoot: f.body.startsWith(`(${GET_ROOT_FUNCTION}+`) || (inLookup && ADDRESS_CALLER.test(f.body)),
      sp: f.address('sp'),
      spt: f.address('spt'),
      role: f.number('role'),
    }),
    kvm_tdp_mmu_free_root: (f) => ({ type: 'rootFreed', ...vm(f), root: f.address('root') }),
    kvm_mmu_get_page: (f) => {
      const { level, gfn, role } = page(f);
      return { type: 'pageAnnounced', level, role, gfn: gfn ?? f.hexAfter('gfn'), created: created(f) };
    },
    kvm_mmu_prepare_zap_page: (f) => {
      const { level, gfn } = page(f);
      return { type: 'pageZapped', level, gfn };
    },
    tdp_mmu_free_sp_rcu_callback: (f) => ({
      type: 'tableFreed',
      rcuHead: f.address('head'),
      spt: f.address('spt'),
      role: f.number('role'),
    }),

    kvm_mmu_load: (f) => ({ type: 'mmuLoad', ...vcpu(f) }),
    kvm_tdp_mmu_get_vcpu_root_hpa: lookup,
    kvm_tdp_mmu_get_vcpu_root_hpa_ret: (f) => ({ type: 'lookupReturned', hpa: f.address('hpa') }),
    kvm_tdp_mmu_alloc_root: lookup,
    kvm_tdp_mmu_alloc_root_ret: (f) => ({ type: 'lookupReturned', hpa: f.address('hpa') }),
    kvm_mmu_reset_context: (f) => ({ type: 'resetContext', ...vcpu(f) }),
    kvm_mmu_unload: (f) => ({ type: 'unload', ...vcpu(f) }),
    kvm_mmu_free_obsolete_roots: (f) => ({ type: 'freeObsolete', ...vcpu(f) }),
    mmu_free_root_page: (f) => ({ type: 'freeRootPage', ...vm(f), hpa: f.addressOrInvalid('hpa') }),

    // Without the argument `shared` from v6.8 on: the mode of mmu_lock is its caller's.
    kvm_tdp_mmu_put_root: (f) => ({
      type: 'put',
      shared: f.has('shared') ? f.integer('shared') !== 0 : null,
      ...printedRoot(f),
    }),
    tdp_mmu_next_root: (f) => ({ type: 'nextRoot', ...vm(f), previous: f.address('prev') }),
    tdp_mmu_next_root_ret: (f, inLookup) => ({
      type: 'nextRootReturned',
      root: f.address('root'),
      caller: caller(f, inLookup),
    }),

    kvm_tdp_mmu_invalidate_all_roots: (f) => ({ type: 'invalidateAll', ...vm(f) }),
    kvm_tdp_mmu_invalidate_roots: (f) => ({ type: 'invalidateAll', ...vm(f) }),
    kvm_tdp_mmu_zap_invalidated_roots: (f) => ({ type: 'zapInvalidated', ...vm(f) }),
    kvm_tdp_mmu_zap_invalidated_roots_ret: () => ({ type: 'zapInvalidatedReturned' }),
    tdp_mmu_zap_root: (f) => ({ type: 'zapPass', shared: f.integer('shared') !== 0, ...printedRoot(f) }),
    // Where tdp_mmu_zap_root itself can be probed, its passes print no count.
    __tdp_mmu_zap_root: (f) =>
      f.has('refcount') ? { type: 'zapPass', shared: f.integer('shared') !== 0, ...printedRoot(f) } : IGNORED,
    tdp_mmu_schedule_zap_root: (f) => ({ type: 'zapScheduled', ...printedRoot(f) }),
    workqueue_queue_work: (f) => ({
      type: 'workQueued',
      work: f.has('struct') ? f.address('struct') : f.address('work'),
    }),
    tdp_mmu_zap_root_work: (f) => ({
      type: 'work',
      work: f.address('work'),
      role: f.number('role'),
      refcount: f.integer('refcount'),
    }),
    tdp_mmu_zap_root_work_ret: () => ({ type: 'workReturned' }),
    kvm_mmu_zap_all_fast_entry: (f) => ({ type: 'fastZap', ...vm(f) }),
    __kvm_mmu_zap_all_fast_front_half: (f) => ({ type: 'fastZap', ...vm(f) }),
    kvm_mmu_zap_all_fast_ret: () => ({ type: 'fastZapReturned' }),
    kvm_mmu_zap_all_fast: (f) => (isProbe(f) ? { type: 'fastZap', ...vm(f) } : { type: 'fastZapAnnounced' }),
    kvm_mmu_zap_all: (f) => ({ type: 'zapAll', ...vm(f) }),
    kvm_tdp_mmu_zap_all: (f) => ({ type: 'zapAllRoots', ...vm(f) }),

    kvm_tdp_mmu_spte_changed: spteChanged,
    kvm_mmu_set_spte: spteSet,
    fast_page_fault: (f) =>
      f.has('vcpu_id')
        ? { type: 'fastFault', vcpu: f.number('vcpu_id'), address: f.word('cr2_or_gpa') }
        : { type: 'fastFault', vcpu: f.integerAfter('vcpu'), address: f.hexAfter('gva') },
    kvm_unmap_hva_range: hvaUnmapped,

    kvm_mmu_init_tdp_mmu: (f) => ({ type: 'mmuInit', ...vm(f) }),
    kvm_mmu_uninit_tdp_mmu: (f) => ({ type: 'mmuUninit', ...vm(f) }),
    kvm_entry: (f) => ({ type: 'entry', vcpu: vcpuOf(f) }),
    kvm_exit: exit,
    kvm_page_fault: pageFault,
    kvm_smm_transition: smm,
    kvm_enter_smm: smm,
  }),
);

/** Seen in the recordings, and of no consequence for a root's life. */
const IGNORED_EVENTS: readonly string[] = [
  '__kvm_tdp_mmu_zap_gfn_range',
  '__kvm_tdp_mmu_zap_gfn_range_ret',
  'alloc_tdp_mmu_page',
  'check_mmio_spte',
  'handle_mmio_page_fault',
  'kvm_age_hva',
  'kvm_apicv_inhibit_changed',
  'kvm_cpuid',
  'kvm_cr',
  'kvm_emulate_insn',
  'kvm_fpu',
  'kvm_halt_poll_ns',
  'kvm_hv_stimer_cleanup',
  'kvm_inj_virq',
  'kvm_mmio',
  'kvm_mmu_free_roots',
  'kvm_mmu_load_ret',
  'kvm_mmu_spte_requested',
  'kvm_msr',
  'kvm_pio',
  'kvm_set_spte_hva',
  'kvm_test_age_hva',
  'kvm_track_tsc',
  'kvm_update_master_clock',
  'kvm_userspace_exit',
  'kvm_vcpu_wakeup',
  'kvm_write_tsc_offset',
  'mark_mmio_spte',
  'vcpu_match_mmio',
  'workqueue_execute_end',
  'workqueue_execute_start',
];
/** Tracepoints of kvm and kvmmmu that no recording has. */
const OTHER_TRACEPOINTS =
  'ack_irq apic apic_accept_irq apic_ipi async_pf_completed async_pf_doublefault async_pf_not_present async_pf_ready async_pf_repeated_fault avic_doorbell avic_ga_log avic_incomplete_ipi avic_kick_vcpu_slowpath avic_unaccelerated_access dirty_ring_exit dirty_ring_push dirty_ring_reset eoi hv_flush_tlb hv_flush_tlb_ex hv_hypercall hv_hypercall_done hv_send_ipi hv_synic_set_irq hv_timer_state hypercall inj_exception invlpga ioapic_delayed_eoi_inj ioapic_set_irq mmu_paging_element mmu_pagetable_walk mmu_set_accessed_bit mmu_set_dirty_bit mmu_split_huge_page mmu_sync_page mmu_unsync_page mmu_walker_error msi_set_irq nested_intercepts nested_intr_vmexit nested_vmenter nested_vmenter_failed nested_vmexit nested_vmexit_inject nested_vmrun pi_irte_update pic_set_irq ple_window_update pml_full pv_eoi pv_tlb_flush pvclock_update rmp_fault set_irq skinit try_async_get_page vmgexit_enter vmgexit_exit vmgexit_msr_protocol_enter vmgexit_msr_protocol_exit wait_lapic_expire xen_hypercall';
for (const name of [...IGNORED_EVENTS, ...OTHER_TRACEPOINTS.split(' ').map((name) => `kvm_${name}`)])
  if (!DECODERS.has(name)) DECODERS.set(name, null);

export const KNOWN_NAMES: readonly string[] = [...DECODERS.keys()];
