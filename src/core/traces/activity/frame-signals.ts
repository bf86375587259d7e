// Lines of a trace -> signals of activity. Works with tracepoints alone; probes tell more of the same.
import type { Frame, FrameEvent } from '../frames/frame.js';
import type { KvmEvent } from '../kvm-event.js';
import { KvmEventDecoder } from '../kvm-events.js';
import { Activity } from './activity.js';
import { type ActivityReport, reportOf } from './report.js';

/** Events that are decoded for it; of all others it is enough that they are there. */
const DECODED: ReadonlySet<string> = new Set([
  'kvm_entry',
  'kvm_exit',
  'kvm_page_fault',
  'kvm_smm_transition',
  'kvm_enter_smm',
  'kvm_mmu_get_page',
  'tdp_mmu_init_sp',
  'alloc_tdp_mmu_page_ret',
  'kvm_tdp_mmu_get_vcpu_root_hpa',
  'kvm_tdp_mmu_get_vcpu_root_hpa_ret',
  'kvm_tdp_mmu_alloc_root',
  'kvm_tdp_mmu_alloc_root_ret',
  'kvm_mmu_load',
  'kvm_mmu_reset_context',
  'kvm_mmu_unload',
  'kvm_mmu_zap_all_fast',
  'kvm_mmu_zap_all_fast_entry',
  'kvm_mmu_zap_all_fast_ret',
  '__kvm_mmu_zap_all_fast_front_half',
  'kvm_mmu_init_tdp_mmu',
]);
/** Left open they are something that does not come back. */
const ZAP = 'kvm_mmu_zap_all_fast';
const ZAP_ENTRY = 'kvm_mmu_zap_all_fast_entry';
const ZAP_RANGE = '__kvm_tdp_mmu_zap_gfn_range';

/** Exits of SVM that are a write. */
const REGISTER_OF: Readonly<Record<string, 'cr0' | 'cr4'>> = {
  cr0_sel_write: 'cr0',
  write_cr0: 'cr0',
  write_cr4: 'cr4',
};

/** ` rip 0x8059 ` or `rip=0x8059`, as printed. */
function ripOf(body: string): string | null {
  let at = body.indexOf('rip ');
  if (at < 0) at = body.indexOf('rip=');
  if (at < 0) return null;
  const from = at + 4;
  const end = body.indexOf(' ', from);
  return end < 0 ? body.slice(from) : body.slice(from, end);
}

export class FrameActivity {
  private readonly activity = new Activity();
  private readonly decoder = new KvmEventDecoder();
  private probed = false;
  private fiveLevels = false;
  private announced = false;
  /** The task whose fast zap its probe has counted: the tracepoint inside it says the same. */
  private zapOf = -1;
  private oldFaults = false;
  private sinceSpteChanged = false;

  /** @param known the line decoded, where somebody has done that already */
  take(frame: Frame, known: KvmEvent | null = null): void {
    const { activity } = this;
    if (frame.kind === 'lost' || frame.kind === 'malformed') activity.lost++;
    if (frame.kind !== 'event') return;
    activity.at(frame);
    if (frame.clock !== 'ns' && frame.clock !== 'relative') activity.timed = false;
    if (known === null || known.type === 'ignored') {
      if (this.byName(frame)) return;
      if (!DECODED.has(frame.event)) return;
    }
    this.signal(frame, known ?? this.decoder.decode(frame));
  }

  report(): ActivityReport {
    return reportOf(this.activity);
  }

  /** Lines whose text is not decoded elsewhere. */
  private byName(frame: FrameEvent): boolean {
    const { activity } = this;
    switch (frame.event) {
      case 'kvm_cr': {
        // `cr_write 4 = 0x10`, raw `rw=1 cr=4`.
        const [, printed, raw] = /cr_write (\d)|rw=1 cr=(\d)/.exec(frame.body) ?? [];
        const register = printed ?? raw;
        if (register === '0' || register === '4') activity.wrote(frame, register === '0' ? 'cr0' : 'cr4');
        return true;
      }
      case 'kvm_msr':
        if (/msr_write (?:0x)?c0000080|write=1 ecx=(?:0xc0000080|3221225600)/.test(frame.body))
          activity.wrote(frame, 'efer');
        return true;
      case 'kvm_userspace_exit':
        activity.left(frame);
        return true;
      case ZAP_RANGE:
        activity.opened(frame, ZAP_RANGE);
        return true;
      case `${ZAP_RANGE}_ret`:
        activity.closed(frame, ZAP_RANGE);
        return true;
      case 'kvm_tdp_mmu_spte_changed':
        this.sinceSpteChanged = true;
        return true;
      default:
        return false;
    }
  }

  private signal(frame: FrameEvent, event: KvmEvent): void {
    const { activity } = this;
    switch (event.type) {
      case 'entry':
        activity.entered(frame, event.vcpu, ripOf(frame.body));
        break;
      case 'exit':
        activity.exited(frame, event.vcpu, event.reason, ripOf(frame.body));
        this.register(frame, event.reason);
        break;
      case 'pageFault':
        if (event.vcpu === null) this.oldFaults = true;
        activity.faulted(frame, event.vcpu, event.gpa);
        break;
      case 'smm':
        activity.smm(frame, event.vcpu, event.entering);
        break;
      case 'spteChanged':
        this.sinceSpteChanged = true;
        break;
      case 'tableInit':
        this.probed = true;
        if (event.isRoot) activity.born(frame, event.role, 'probe');
        break;
      case 'pageAnnounced':
        this.announce(frame, event);
        break;
      case 'mmuLoad':
        activity.loads(frame, event.vcpu);
        break;
      case 'resetContext':
        activity.reset(frame, event.vcpu, 'ioctl');
        break;
      case 'unload':
        activity.reset(frame, event.vcpu, 'cpuid');
        break;
      case 'fastZap':
        // The front half has no return that a probe could show.
        if (frame.event === ZAP_ENTRY) activity.opened(frame, ZAP);
        if (this.announced) break;
        this.zapOf = frame.pid;
        activity.zapped(frame);
        break;
      case 'fastZapReturned':
        activity.closed(frame, ZAP);
        break;
      case 'fastZapAnnounced':
        this.announced = true;
        if (this.zapOf !== frame.pid) activity.zapped(frame);
        this.zapOf = -1;
        break;
      case 'mmuInit':
        activity.vmBegins(frame);
        break;
      default:
    }
  }

  /** kvm_cr says it too, where it is recorded; the exit always does. */
  private register(frame: FrameEvent, reason: string): void {
    let cr = REGISTER_OF[reason];
    if (reason === 'CR_ACCESS') {
      // The exit qualification: register, and 0 for a move to it.
      const low = Number.parseInt(/ info1? (?:0x)?([0-9a-f]+)/.exec(frame.body)?.[1]?.slice(-2) ?? '', 16);
      if (low === 0 || low === 4) cr = low === 0 ? 'cr0' : 'cr4';
    }
    if (cr !== undefined) this.activity.wrote(frame, cr);
  }

  /** v5.10 does not announce roots; a table carries its parent's level there, so that each root's first table does. */
  private announce(frame: FrameEvent, event: Extract<KvmEvent, { readonly type: 'pageAnnounced' }>): void {
    if (this.probed || !event.created || event.gfn !== 0) return;
    if (event.level === 5) this.fiveLevels = true;
    if (event.level !== (this.fiveLevels ? 5 : 4)) return;
    const old = this.oldFaults && !this.sinceSpteChanged;
    this.activity.born(frame, event.role, old ? 'first table' : 'kvm_mmu_get_page');
  }
}
