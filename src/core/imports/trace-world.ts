// One line of a trace after the other -> events of the catalogue. This file knows vCPUs and VMs; roots are in root-events.ts.
import { VM, VM_STATE } from '../aggregates/layout.js';
import { make_leaf_spte, SPTE } from '../aggregates/spte.js';
import { E } from '../events/catalogue.js';
import { ACCESS, EXIT, RESET } from '../events/constants.js';
import type { FrameCall, FrameEvent } from '../traces/frames/frame.js';
import type { KvmEvent } from '../traces/kvm-event.js';
import { Cast } from './cast.js';
import type { TraceLayout } from './layouts.js';
import { RootEvents } from './root-events.js';
import { GFN_RADIX } from './table-events.js';
import { OBSERVED, type TraceRows } from './trace-rows.js';
import type { Task, Vcpu, Vm } from './who.js';

/** Names of exits, VMX's and SVM's, by what the model tells apart. Any other is NONE. */
const EXITS: ReadonlyMap<string, number> = new Map<string, number>([
  ['npf', EXIT.EPT_VIOLATION],
  ['io', EXIT.IO_INSTRUCTION],
  ['rsm', EXIT.RSM],
  ['cpuid', EXIT.CPUID],
  ['hlt', EXIT.HLT],
  ['msr', EXIT.MSR_WRITE],
  ['interrupt', EXIT.EXTERNAL_INTERRUPT],
  ['vintr', EXIT.INTERRUPT_WINDOW],
  ['wbinvd', EXIT.WBINVD],
  ['avic_incomplete_ipi', EXIT.APIC_ACCESS],
  ['avic_unaccelerated_access', EXIT.APIC_ACCESS],
  ['npf_mmio', EXIT.EPT_MISCONFIG],
  ...Object.entries(EXIT),
]);

const CR_EXIT = /^(?:(?:read|write)_cr\d|cr\d_sel_write|cr_access)/i;
const DR_EXIT = /^(?:(?:read|write)_dr\d)/;

const codes = new Map<string, number>();
/** Names that are remembered. */
const NAMES_MAX = 4_096;

export function exitCode(reason: string): number {
  const known = codes.get(reason);
  if (known !== undefined) return known;
  const code =
    EXITS.get(reason) ??
    (CR_EXIT.test(reason) ? EXIT.CR_ACCESS : DR_EXIT.test(reason) ? EXIT.DR_ACCESS : EXIT.NONE);
  if (codes.size < NAMES_MAX) codes.set(reason, code);
  return code;
}

const PRESENT_FAULT = 0x1;
const WRITE_FAULT = 0x2;
const FETCH_FAULT = 0x10;
const PAGE_BYTES = 4_096;
/** Low 31 bits: what `&` can look at. */
const LOW = 2 ** 31;
const PFN_RADIX = 2 ** 22;
const SPTE_WRITABLE = 0x2;
const SPTE_PRESENT = 0x1;

/** Where a root is made, by caller of the function that makes tables. */
const ROOT_MAKERS: ReadonlySet<string> = new Set(['kvm_tdp_mmu_get_vcpu_root_hpa', 'kvm_tdp_mmu_alloc_root']);
const TABLE_MAKERS: ReadonlySet<string> = new Set(['tdp_mmu_init_sp', 'alloc_tdp_mmu_page']);

export class TraceWorld {
  readonly cast: Cast;
  readonly roots: RootEvents;
  private readonly resetCause = new Map<Vcpu, number>();
  /** function_graph: the task of each CPU, and who called what it is in. */
  private readonly onCpu = new Map<number, { task: string; pid: number; readonly stack: string[] }>();
  rootCalls = 0;

  constructor(
    private readonly rows: TraceRows,
    private readonly layout: TraceLayout,
  ) {
    this.cast = new Cast(rows);
    this.roots = new RootEvents(rows, this.cast, layout);
  }

  /** @param next of a call of tdp_mmu_next_root: the root that it returned and its caller; null: the return is not in the text */
  take(
    frame: FrameEvent,
    event: KvmEvent,
    next: { readonly root: number; readonly caller: string } | null,
  ): void {
    const { rows, cast, roots } = this;
    if (event.type === 'ignored' || event.type === 'mark') {
      if (
        frame.event === 'kvm_userspace_exit' ||
        frame.event === 'kvm_mmio' ||
        frame.event === 'kvm_emulate_insn'
      )
        cast.task(frame).faultMmio = true;
      return;
    }
    const seenIn = frame.event;
    const task = cast.task(frame);
    rows.at(task.thread, frame.time, frame.lineNumber);
    switch (event.type) {
      case 'entry':
        this.entry(cast.vcpuOf(event.vcpu, task, seenIn), task, seenIn);
        break;
      case 'exit':
        this.exit(
          event.vcpu === null ? task.vcpu : cast.vcpuOf(event.vcpu, task, seenIn),
          event.reason,
          seenIn,
        );
        break;
      case 'pageFault':
        this.fault(event, task, seenIn);
        break;
      case 'spteSet':
        this.fixed(event.gfn, event.level, event.spte, task, seenIn);
        break;
      case 'smm':
        this.smm(cast.vcpuOf(event.vcpu, task, seenIn), event.entering, seenIn);
        break;
      case 'resetContext': {
        const vcpu = cast.vcpuAt(event.vcpu, event.kvm, task, seenIn);
        task.dropping = vcpu;
        this.reset(vcpu, seenIn);
        break;
      }
      case 'unload':
      case 'freeObsolete':
        task.dropping = cast.vcpuAt(event.vcpu, event.kvm, task, seenIn);
        break;
      case 'mmuLoad':
        this.runs(cast.vcpuAt(event.vcpu, event.kvm, task, seenIn), task);
        break;
      case 'lookup': {
        const vcpu = cast.vcpuAt(event.vcpu, event.kvm, task, seenIn);
        task.lookingFor = vcpu;
        roots.clear(task);
        this.runs(vcpu, task);
        task.inLookup = true;
        task.born = null;
        task.walked = null;
        break;
      }
      case 'lookupReturned':
        roots.lookupReturned(event.hpa, task, seenIn);
        break;
      case 'tableInit':
        roots.tableInit(event, task, seenIn);
        break;
      case 'pageAnnounced':
        roots.announced(event, task, seenIn);
        break;
      case 'rootFreed':
        roots.rootFreed(event.root, seenIn);
        break;
      case 'tableFreed':
        rows.at(cast.rcuThread(), frame.time, frame.lineNumber);
        roots.tableFreed(event, seenIn);
        break;
      case 'freeRootPage':
        roots.dropped(event.hpa, task, seenIn);
        break;
      case 'put':
        roots.put(event, task, cast.vmOf(event.kvm, task), frame.lineNumber, seenIn);
        break;
      case 'nextRoot':
        roots.walkedTo(next?.root ?? null, next?.caller ?? '', task, cast.vmOf(event.kvm, task), seenIn);
        break;
      case 'nextRootReturned':
        task.walker = null;
        break;
      case 'invalidateAll':
        roots.invalidateAll(cast.vmOf(event.kvm, task), seenIn);
        break;
      case 'zapInvalidated':
        cast.vmOf(event.kvm, task);
        task.inZapInvalidated = true;
        break;
      case 'zapInvalidatedReturned':
        roots.endZap(task, seenIn);
        task.inZapInvalidated = false;
        this.zapped(task, seenIn);
        break;
      case 'zapPass':
        roots.zapPass(event, task, cast.vmOf(event.kvm, task), seenIn);
        break;
      case 'zapScheduled':
        roots.zapScheduled(event, task, cast.vmOf(event.kvm, task), seenIn);
        break;
      case 'workQueued':
        roots.workQueued(event.work, task, seenIn);
        break;
      case 'work':
        roots.workStarted(event.work, task, seenIn);
        break;
      case 'workReturned':
        roots.workFinished(task, seenIn);
        break;
      case 'fastZap':
        this.fastZap(cast.vmOf(event.kvm, task), task, seenIn, OBSERVED);
        break;
      case 'fastZapAnnounced':
        if (task.fastZap === null) {
          this.fastZap(cast.vmOf(null, task), task, seenIn, OBSERVED);
          task.fastZap = null;
        }
        break;
      case 'fastZapReturned':
        this.fastZapEnds(task, seenIn, OBSERVED);
        break;
      case 'zapAll':
        this.destroying(cast.vmOf(event.kvm, task), seenIn);
        break;
      case 'zapAllRoots':
        if (this.layout.rules.zapAllIsInlined) this.destroying(cast.vmOf(event.kvm, task), seenIn);
        break;
      case 'mmuInit':
        cast.created(event.kvm, task, seenIn);
        break;
      case 'mmuUninit':
        this.uninit(cast.vmOf(event.kvm, task), task, seenIn);
        break;
      case 'spteChanged':
      case 'pageZapped':
      case 'hvaUnmapped':
      case 'fastFault':
      case 'unknown':
      case 'undecodable':
        break;
    }
  }

  /** A line of the function tracers: a name and nothing of its arguments. */
  call(frame: FrameCall): void {
    const { cast, rows } = this;
    const cpu = this.onCpu.get(frame.cpu) ?? { task: '', pid: 0, stack: [] };
    this.onCpu.set(frame.cpu, cpu);
    let { parent } = frame;
    if (frame.task === '' && frame.parent === null) {
      // function_graph: who runs on the CPU is told once, who called by what is open.
      cpu.stack.length = Math.min(cpu.stack.length, frame.depth);
      parent = cpu.stack.findLast((name) => name !== '') ?? null;
      if (frame.phase === 'enter') {
        while (cpu.stack.length < frame.depth) cpu.stack.push('');
        if (cpu.stack.length < CALLS_MAX) cpu.stack.push(frame.function);
      }
    }
    if (frame.phase === 'exit') return;
    const who = frame.task === '' ? { pid: cpu.pid, task: cpu.task, tgid: null } : frame;
    if (TABLE_MAKERS.has(frame.function) && parent !== null && ROOT_MAKERS.has(parent)) {
      const task = cast.task(who);
      rows.at(task.thread, frame.time, frame.lineNumber);
      this.roots.called(task, frame.function);
      this.rootCalls++;
    }
  }

  switched(cpu: number, task: string, pid: number): void {
    this.onCpu.set(cpu, { task, pid, stack: [] });
  }

  /** Events were lost: what is counted is unknown from here on. */
  gap(lost: number, cpu: number, lineNumber: number, time: number, why: string): void {
    const { rows, cast } = this;
    rows.at(cast.rcuThread(), time, lineNumber);
    rows.emit(E.TraceGap!, rows.site(why, OBSERVED), 'machine', 0, lost, cpu, 0);
    this.roots.roots.forget();
    for (const vcpu of cast.liveVcpus()) vcpu.root = null;
  }

  // ---- vCPUs -------------------------------------------------------------------------------------------------------------

  private runs(vcpu: Vcpu | null, task: Task): void {
    if (vcpu !== null) task.vcpu = vcpu;
  }

  private entry(vcpu: Vcpu | null, task: Task, seenIn: string): void {
    if (vcpu === null) return;
    const { rows } = this;
    if (task.fault >= 0) {
      // Nothing was installed and nothing went to user space: the fault comes again.
      if (!task.faultMmio) {
        const site = rows.site(seenIn, 'inferred: nothing was installed for the fault');
        rows.emit(E.FaultRetried!, site, 'vcpu', vcpu.number, task.fault, 0, 0);
      }
      task.fault = -1;
    }
    task.faultMmio = false;
    if (task.born !== null) this.roots.entered(task, seenIn);
    const { root } = vcpu;
    vcpu.inGuest = task;
    const site = rows.site(seenIn, OBSERVED);
    rows.emit(E.VcpuEntered!, site, 'vcpu', vcpu.number, root?.role ?? 0, 0, root?.page ?? -1);
  }

  private exit(vcpu: Vcpu | null, reason: string, seenIn: string): void {
    if (vcpu === null) return;
    const { rows } = this;
    vcpu.inGuest = null;
    const code = exitCode(reason);
    if (code === EXIT.CR_ACCESS) this.resetCause.set(vcpu, RESET.CR_WRITE);
    else this.resetCause.delete(vcpu);
    rows.emit(E.VcpuExited!, rows.site(seenIn, OBSERVED), 'vcpu', vcpu.number, code, 0, 0);
  }

  private fault(event: Extract<KvmEvent, { type: 'pageFault' }>, task: Task, seenIn: string): void {
    const { rows, cast } = this;
    const vcpu = event.vcpu === null ? task.vcpu : cast.vcpuOf(event.vcpu, task, seenIn);
    if (vcpu === null) return;
    const gfn = Math.floor(event.gpa / PAGE_BYTES) % GFN_RADIX;
    const bits = event.errorCode % LOW;
    let access: number = ACCESS.READ;
    if ((bits & FETCH_FAULT) !== 0) access = ACCESS.EXEC;
    else if ((bits & WRITE_FAULT) !== 0) access = ACCESS.WRITE;
    if ((bits & PRESENT_FAULT) !== 0) access |= ACCESS.PRESENT;
    task.fault = gfn;
    task.faultMmio = false;
    const site = rows.site(seenIn, OBSERVED);
    rows.emit(E.FaultBegun!, site, 'vcpu', vcpu.number, gfn, access, vcpu.smm ? 1 : 0);
  }

  private fixed(gfn: number, level: number, spte: number, task: Task, seenIn: string): void {
    const { vcpu } = task;
    if (vcpu === null || task.fault < 0) return;
    task.fault = -1;
    const low = spte % LOW;
    const pfn = Math.floor(spte / PAGE_BYTES) % PFN_RADIX;
    // An MMIO entry is no present leaf.
    const word =
      (low & SPTE_PRESENT) === 0 ? 0 : make_leaf_spte(pfn, (low & SPTE_WRITABLE) === 0 ? 0 : SPTE.WRITABLE);
    const { rows } = this;
    rows.emit(E.FaultFixed!, rows.site(seenIn, OBSERVED), 'vcpu', vcpu.number, gfn % GFN_RADIX, level, word);
  }

  private smm(vcpu: Vcpu | null, entering: boolean, seenIn: string): void {
    if (vcpu === null) return;
    const { rows } = this;
    vcpu.smm = entering;
    this.resetCause.set(vcpu, entering ? RESET.SMM_ENTER : RESET.SMM_LEAVE);
    const type = entering ? E.SmmEntered! : E.SmmLeft!;
    rows.emit(type, rows.site(seenIn, OBSERVED), 'vcpu', vcpu.number, 0, 0, 0);
  }

  /** Why a context is reset no line says: it follows from what the vCPU did before. */
  private reset(vcpu: Vcpu | null, seenIn: string): void {
    if (vcpu === null) return;
    const cause = this.resetCause.get(vcpu) ?? RESET.SET_SREGS;
    if (cause === RESET.SMM_ENTER) this.resetCause.set(vcpu, RESET.SMM_ENTER_CPU_STATE);
    const { rows } = this;
    const site = rows.site(seenIn, 'observed; inferred: its cause');
    rows.emit(E.ContextReset!, site, 'vcpu', vcpu.number, cause, 0, 0);
  }

  // ---- VMs ---------------------------------------------------------------------------------------------------------------

  private fastZap(vm: Vm | null, task: Task, seenIn: string, how: string): void {
    if (vm === null) return;
    task.fastZap = vm;
    const { rows } = this;
    const gen = rows.world.vmWord(vm.number, VM.VALID_GEN);
    rows.emit(E.FastZapBegun!, rows.site(seenIn, how), 'vm', vm.number, gen, 0, 0);
  }

  private fastZapEnds(task: Task, seenIn: string, how: string): void {
    const vm = task.fastZap;
    task.fastZap = null;
    if (vm === null) return;
    const { rows } = this;
    const gen = rows.world.vmWord(vm.number, VM.VALID_GEN);
    rows.emit(E.FastZapEnded!, rows.site(seenIn, how), 'vm', vm.number, gen, 0, 0);
  }

  private destroying(vm: Vm | null, seenIn: string): void {
    if (vm === null || vm.state !== VM_STATE.live) return;
    const { rows } = this;
    vm.state = VM_STATE.destroying;
    const site = rows.site(seenIn, OBSERVED);
    rows.emit(E.VmDestroyBegun!, site, 'vm', vm.number, 0, 0, 0);
    rows.emit(E.ZapAllBegun!, site, 'vm', vm.number, 0, 0, 0);
  }

  private uninit(vm: Vm | null, task: Task, seenIn: string): void {
    if (vm === null) return;
    const { rules } = this.layout;
    if (rules.zapBy !== 'caller') {
      this.cast.destroyed(vm, OBSERVED, seenIn);
      return;
    }
    task.uninit = vm;
    if (!rules.uninitShowsInvalidation) this.roots.invalidateAll(vm, seenIn);
  }

  /** kvm_tdp_mmu_zap_invalidated_roots is through: the end of a fast zap, or of the VM. */
  private zapped(task: Task, seenIn: string): void {
    const vm = task.uninit;
    if (vm !== null) {
      task.uninit = null;
      this.cast.destroyed(vm, 'inferred: its last roots are zapped', seenIn);
    } else if (seenIn !== '' && this.layout.rules.zapAllIsInlined)
      this.fastZapEnds(task, seenIn, 'inferred: its roots are zapped');
  }
}

/** Depth of calls that is followed. */
const CALLS_MAX = 64;
