// A session's own rows -> signals of activity. They say what a trace can only suggest: that the guest has retired an instruction,
// why a context was reset, that a walk yielded without getting on, that the watchdog gave a vCPU up.
import { E } from '../../events/catalogue.js';
import { CPU_STATE, EXIT_NAMES, RESET } from '../../events/constants.js';
import { SUBJECT_RADIX } from '../../events/define.js';
import { Activity, type At } from './activity.js';
import { type ActivityReport, reportOf } from './report.js';

/** One stored row. */
export interface ActivityRow {
  readonly position: number;
  readonly thread: number;
  readonly type: number;
  readonly timeNs: number;
  readonly subject: number;
  readonly a: number;
  readonly b: number;
  readonly c: number;
}

const PAGE = 0x1000;
const CR0_BITS = CPU_STATE.CR0_WP | CPU_STATE.CR0_PG;

export class RowActivity {
  private readonly activity = new Activity();
  private readonly vmOfVcpu = new Map<number, number>();
  private readonly vmOfThread = new Map<number, number>();
  private readonly vms = new Set<number>();
  /** Instructions that each vCPU's guest has retired: its place, in the stead of an address. */
  private readonly retired = new Map<number, number>();

  /** @param nameOf name of a thread */
  constructor(private readonly nameOf: (thread: number) => string) {}

  take(row: ActivityRow): void {
    const { activity } = this;
    const { type, a, c } = row;
    const number = Math.floor(row.subject / SUBJECT_RADIX);
    activity.at(this.atOf(row, null));
    switch (type) {
      case E.VcpuCreated:
        this.vmOfVcpu.set(number, a);
        break;
      case E.VmCreated:
        this.vms.add(number);
        activity.vmBegins(this.atOf(row, number));
        break;
      case E.VcpuEntered:
        activity.entered(this.ofVcpu(row, number), number, this.ripOf(number));
        break;
      case E.VcpuExited:
        activity.exited(this.ofVcpu(row, number), number, EXIT_NAMES[a] ?? String(a), this.ripOf(number));
        break;
      case E.FaultBegun:
        activity.faulted(this.ofVcpu(row, number), number, a * PAGE, this.ripOf(number));
        break;
      case E.GuestRetired:
        this.retired.set(number, (this.retired.get(number) ?? 0) + Math.max(1, a));
        break;
      case E.Milestone:
      case E.RootLoaded:
        activity.runs(this.ofVcpu(row, number), number);
        break;
      case E.SmmEntered:
      case E.SmmLeft:
        activity.smm(this.ofVcpu(row, number), number, type === E.SmmEntered);
        break;
      case E.GuestStateChanged:
        this.registers(row, number);
        break;
      case E.ContextReset:
        this.reset(row, number);
        break;
      case E.RootAllocated:
        activity.born(this.atOf(row, this.vmOfThread.get(row.thread) ?? this.onlyVm()), a, 'session');
        break;
      case E.FastZapBegun:
        activity.zapped(this.atOf(row, number));
        break;
      case E.LockYielded:
        // 1 + gfns that the walk went on since it last yielded; 0: not told.
        activity.yielded(this.atOf(row, null), c !== 1);
        break;
      case E.ProgressLost:
        activity.gaveUp(this.ofVcpu(row, number), number, a);
        break;
      default:
    }
  }

  report(): ActivityReport {
    return reportOf(this.activity);
  }

  private atOf({ thread, position, timeNs }: ActivityRow, vm: number | null): At {
    return { pid: thread, tgid: vm, task: this.nameOf(thread), lineNumber: position, time: timeNs };
  }

  /** An event of the vCPU's own thread. */
  private ofVcpu(row: ActivityRow, vcpu: number): At {
    const vm = this.vmOfVcpu.get(vcpu) ?? 0;
    this.vmOfThread.set(row.thread, vm);
    const at = this.atOf(row, vm);
    this.activity.loads(at, vcpu);
    return at;
  }

  /** Before a thread has said which vCPU it runs. */
  private onlyVm(): number | null {
    const [only] = this.vms;
    return this.vms.size === 1 ? (only ?? null) : null;
  }

  private ripOf(vcpu: number): string {
    return `guest step ${this.retired.get(vcpu) ?? 0}`;
  }

  private registers(row: ActivityRow, vcpu: number): void {
    const changed = row.a ^ row.b;
    const v = this.activity.vcpus.of(row.thread);
    if (v === null || v.cause !== 'cr4' || v.index !== vcpu) return;
    if (changed & CR0_BITS) v.cause = 'cr0';
    else if (changed & CPU_STATE.EFER_NX) v.cause = 'efer';
  }

  private reset(row: ActivityRow, vcpu: number): void {
    const { activity } = this;
    const v = activity.vcpus.of(row.thread);
    const own = v !== null && v.index === vcpu;
    switch (row.a) {
      case RESET.FORCED:
        activity.occasion('forced');
        if (own) v.cause = 'forced';
        break;
      case RESET.CR_WRITE:
        activity.wrote(this.atOf(row, null), 'cr4');
        break;
      case RESET.SET_SREGS:
      case RESET.INIT:
        activity.reset(this.atOf(row, null), vcpu, 'ioctl');
        break;
      case RESET.CPUID:
        activity.reset(this.atOf(row, null), vcpu, 'cpuid');
        break;
      default:
    }
  }
}
