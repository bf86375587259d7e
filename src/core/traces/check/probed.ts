// A simulated run as the text that the probe set of its kernel would have printed: the procedures of a protocol, told on when they
// call and return, and their calls written in the words of the recordings. What a check says of such a run it says of the
// protocol itself: a run that its own protocol refuses is a mistake of the check or of the model.
import { PAGE, VCPU } from '../../aggregates/layout.js';
import type { World } from '../../aggregates/world.js';
import { FUNCTION_NUMBERS } from '../../kernel/functions.js';
import { control, type Procedure, type Step } from '../../machine/procedure.js';
import type { Protocol } from '../../protocols/protocol.js';
import type { FrameEvent } from '../frames/frame.js';

const NAME_OF = new Map(Object.entries(FUNCTION_NUMBERS).map(([name, number]) => [number, name]));
const DIRECT_MAP = 0x8880_0000_0000;
const HEADERS = 0x8881_0000_0000;
const HEADER_BYTES = 0xb8;
const WORK_AT = 80;
const SLOTS = [1, 2, 3, 0];
const MIRROR_SLOT = 4;

const hex = (low48: number): string => `0xffff${low48.toString(16).padStart(12, '0')}`;
const sp = (page: number): string => hex(HEADERS + page * HEADER_BYTES);
const spt = (page: number): string => hex(DIRECT_MAP + (page + 1) * 0x1000);
const hpa = (page: number): string => `0x${((page + 1) * 0x1000).toString(16)}`;
const kvm = (vm: number): string => hex(0xc900_0000_0000 + vm * 0x10_0000);
const vcpuAt = (vcpu: number): number => 0x8882_0000_0000 + vcpu * 0x4000;
const word = (n: number): string => `0x${(n >>> 0).toString(16)}`;
const INVALID = '0xffffffffffffffff';

const LOOKUP = /^kvm_tdp_mmu_(?:get_vcpu_root_hpa|alloc_root)$/;
const ALLOCATES = /^(?:tdp_mmu_alloc_sp|alloc_tdp_mmu_page)$/;

interface Call {
  readonly name: string;
  readonly args: readonly number[];
  /** Slots that kvm_mmu_free_roots has gone through; none: it met no root. */
  slots: number[];
  any: boolean;
}

type OnLine = (line: FrameEvent) => void;

/** Where a probe of this name stands: at the beginning of its function, or at its return. */
function placeOf(event: string): string {
  const name = event.replace(/_(?:ret|entry)$/, '');
  return event.endsWith('_ret') ? `${name}+0x1/0x100 [kvm] <- ${name}` : `${name}+0x0/0x100 [kvm]`;
}

/** The protocol with every procedure told on. Its digest stays what it is: the text of its steps has not changed. */
export function probedProtocol(protocol: Protocol, onLine: OnLine): Protocol {
  const probed = new Probed(protocol.rules.era, onLine);
  return { ...protocol, procedures: protocol.procedures.map((p) => probed.wrap(p)) };
}

class Probed {
  private lineNumber = 0;
  private readonly stacks = new Map<number, Call[]>();

  constructor(
    private readonly era: string,
    private readonly onLine: OnLine,
  ) {}

  wrap(p: Procedure): Procedure {
    const steps = Object.entries(p.steps).map(([label, [ask, then]]) => {
      const told: Step<string, string>[1] = (l, answer) => {
        const next = then(l, answer);
        const { w, t } = l as unknown as { readonly w: World; readonly t: number };
        if (LOOKUP.test(p.name) && ALLOCATES.test(label)) this.born(w, t, answer);
        if (next === '#call') {
          const { callee, a0, a1, a2, a3, a4, a5 } = control;
          this.called(w, t, p.name, NAME_OF.get(callee) ?? '', [a0, a1, a2, a3, a4, a5]);
        } else if (next === '#return') this.returned(w, t, p.name, control.value);
        return next;
      };
      told.toString = () => String(then);
      return [label, [ask, told]] as const;
    });
    return { ...p, steps: Object.fromEntries(steps) as Procedure['steps'] };
  }

  /** @param from who called, where not the function's own entry is printed */
  private print(thread: number, event: string, body: string, from = placeOf(event)): void {
    this.lineNumber++;
    const tracepoint = event.startsWith('kvm_smm') || event === 'kvm_enter_smm';
    this.onLine({
      kind: 'event',
      lineNumber: this.lineNumber,
      task: `thread${thread}`,
      pid: 1_000 + thread,
      tgid: null,
      cpu: thread,
      clock: 'ns',
      time: this.lineNumber * 1_000,
      event,
      body: tracepoint ? body : `(${from}) ${body}`,
    });
  }

  private root(w: World, page: number): string {
    return `root=${sp(page)} refcount=${w.pageWord(page, PAGE.REFCOUNT)} role=${word(w.pageWord(page, PAGE.ROLE))} spt=${spt(page)}`;
  }

  private born(w: World, t: number, page: number): void {
    const role = word(w.pageWord(page, PAGE.ROLE));
    const level = w.pageWord(page, PAGE.ROLE) & 0xf;
    if (this.era < 'c') {
      this.print(t, 'alloc_tdp_mmu_page', `gfn=0x0 level=${level}`);
      this.print(t, 'alloc_tdp_mmu_page_ret', `sp=${sp(page)} spt=${spt(page)} role=${role}`);
      return;
    }
    this.print(t, 'tdp_mmu_init_sp', `sp=${sp(page)} sptep=0x0 gfn=0x0 role=${role} spt=${spt(page)}`);
    this.print(t, 'kvm_mmu_get_page', `sp gen 0 gfn 0 l${level} 8-byte q0 direct wux nxe ad root 0 sync new`);
  }

  private called(w: World, t: number, caller: string, name: string, args: readonly number[]): void {
    const stack = this.stacks.get(t) ?? [];
    this.stacks.set(t, stack);
    const call: Call = { name, args, slots: [], any: false };
    const [a = 0, b = 0, c = 0, d = 0] = args;
    const { era } = this;
    const ofVcpu = (): string => `vcpu=${hex(vcpuAt(a))} kvm=${kvm(w.vcpuWord(a, VCPU.VM))}`;
    switch (name) {
      case 'kvm_mmu_load':
      case 'kvm_mmu_free_obsolete_roots':
      case 'kvm_mmu_reset_context':
        this.print(t, name, ofVcpu());
        break;
      case 'kvm_tdp_mmu_get_vcpu_root_hpa':
        this.print(t, name, `${ofVcpu()} role=${word(w.vcpuWord(a, VCPU.ROLE))}`);
        break;
      case 'kvm_tdp_mmu_alloc_root':
        this.print(
          t,
          name,
          `${ofVcpu()}${era === 'h' ? ' private=0' : ''} role=${word(w.vcpuWord(a, VCPU.ROLE))}`,
        );
        break;
      case 'kvm_mmu_unload':
        // Inlined into callers of the same file, but not in 5.10.
        if (era === 'a' || (caller !== 'kvm_mmu_reset_context' && caller !== 'kvm_arch_vcpu_destroy'))
          this.print(t, name, ofVcpu());
        break;
      case 'kvm_mmu_free_roots':
        this.freeRoots(w, t, a, b, 0);
        call.any = SLOTS.some((slot) => (b >> slot) % 2 === 1 && w.vcpuWord(a, VCPU.ROOT + slot) !== 0);
        break;
      case 'mmu_free_root_page': {
        const below = stack.at(-1);
        if (b < MIRROR_SLOT && below?.name === 'kvm_mmu_free_roots') this.emptySlots(w, t, below, b);
        const page = w.vcpuWord(a, VCPU.ROOT + b) - 1;
        this.print(t, name, `kvm=${kvm(w.vcpuWord(a, VCPU.VM))} hpa=${page < 0 ? INVALID : hpa(page)}`);
        break;
      }
      case 'kvm_tdp_mmu_put_root':
        if (era > 'a')
          this.print(t, name, `kvm=${kvm(a)} ${era < 'g' ? `shared=${c} ` : ''}${this.root(w, b)}`);
        break;
      case 'kvm_tdp_mmu_free_root':
        this.print(
          t,
          name,
          `kvm=${kvm(a)} root=${sp(b)} role=${word(w.pageWord(b, PAGE.ROLE))} root_count=${w.pageWord(b, PAGE.REFCOUNT)}`,
        );
        break;
      case 'tdp_mmu_next_root':
        if (era > 'a') this.print(t, name, `kvm=${kvm(a)} prev=${b < 0 ? '0x0' : sp(b)}`);
        break;
      case 'tdp_mmu_schedule_zap_root':
        this.print(t, name, `kvm=${kvm(a)} ${this.root(w, b)}`);
        break;
      case 'tdp_mmu_zap_root_work':
        this.print(
          t,
          name,
          `work=${hex(HEADERS + a * HEADER_BYTES + WORK_AT)} role=${word(w.pageWord(a, PAGE.ROLE))} refcount=${w.pageWord(a, PAGE.REFCOUNT)}`,
        );
        break;
      case 'tdp_mmu_zap_root':
        if (era >= 'g') this.print(t, name, `kvm=${kvm(a)} shared=${c} ${this.root(w, b)}`);
        break;
      case '__tdp_mmu_zap_root':
        this.print(t, name, `kvm=${kvm(a)} shared=${c} zap_level=${d} ${this.root(w, b)}`);
        break;
      case 'kvm_tdp_mmu_invalidate_all_roots':
        this.print(t, name, `kvm=${kvm(a)}`);
        break;
      case 'kvm_tdp_mmu_invalidate_roots':
        this.print(t, name, `kvm=${kvm(a)} root_types=${word(b)}`);
        break;
      case 'kvm_tdp_mmu_zap_invalidated_roots':
        this.print(t, name, `kvm=${kvm(a)}${era === 'h' ? ` shared=${b}` : ''}`);
        break;
      case 'kvm_mmu_zap_all_fast':
        this.print(
          t,
          era < 'g' ? 'kvm_mmu_zap_all_fast_entry' : '__kvm_mmu_zap_all_fast_front_half',
          `kvm=${kvm(a)}`,
        );
        this.print(t, 'kvm_mmu_zap_all_fast', 'kvm-mmu-valid-gen 0 used_pages 0');
        break;
      case 'kvm_mmu_zap_all':
        if (era < 'g') this.print(t, name, `kvm=${kvm(a)}`);
        break;
      case 'kvm_tdp_mmu_zap_all':
        this.print(t, name, `kvm=${kvm(a)}`);
        if (era === 'a') this.print(t, '__kvm_tdp_mmu_zap_gfn_range', 'start=0x0');
        break;
      case 'kvm_mmu_init_tdp_mmu':
      case 'kvm_mmu_uninit_tdp_mmu':
        this.print(t, name, `kvm=${kvm(a)}`);
        break;
      case 'enter_smm':
        if (era === 'a') this.print(t, 'kvm_enter_smm', `vcpu ${a}: entering SMM, smbase 0x30000`);
        break;
      case 'kvm_smm_changed':
        if (era > 'a' || b === 0) this.smm(t, a, b);
        break;
      default:
    }
    stack.push(call);
  }

  private smm(t: number, vcpu: number, entering: number): void {
    const name = this.era === 'a' ? 'kvm_enter_smm' : 'kvm_smm_transition';
    this.print(t, name, `vcpu ${vcpu}: ${entering === 1 ? 'entering' : 'leaving'} SMM, smbase 0x30000`);
  }

  private freeRoots(w: World, t: number, vcpu: number, mask: number, mmu: 0 | 1): void {
    const shown = mask === 15 ? (this.era < 'g' ? INVALID : '0xf') : word(mask);
    const at = hex(vcpuAt(vcpu) + (mmu === 0 ? 0x2a8 : 0x428));
    const of = this.era === 'a' ? `vcpu=${hex(vcpuAt(vcpu))}` : `kvm=${kvm(w.vcpuWord(vcpu, VCPU.VM))}`;
    this.print(t, 'kvm_mmu_free_roots', `${of} mmu=${at} roots_to_free=${shown}`);
  }

  /** The kernel goes through every slot that is asked for, the model through those that hold a root. */
  private emptySlots(w: World, t: number, call: Call, before: number): void {
    const [vcpu = 0, mask = 0] = call.args;
    for (const slot of SLOTS) {
      if (slot === before) break;
      if ((mask >> slot) % 2 === 1 && !call.slots.includes(slot)) {
        this.print(t, 'mmu_free_root_page', `kvm=${kvm(w.vcpuWord(vcpu, VCPU.VM))} hpa=${INVALID}`);
        call.slots.push(slot);
      }
    }
    call.slots.push(before);
  }

  private returned(w: World, t: number, name: string, value: number): void {
    const stack = this.stacks.get(t) ?? [];
    if (stack.at(-1)?.name !== name) return;
    const call = stack.pop() as Call;
    const caller = stack.at(-1)?.name ?? '';
    const [a = 0, b = 0] = call.args;
    const { era } = this;
    switch (name) {
      case 'kvm_mmu_load':
        this.print(t, 'kvm_mmu_load_ret', 'ret=0');
        break;
      case 'kvm_tdp_mmu_get_vcpu_root_hpa':
        this.print(t, `${name}_ret`, `hpa=${hpa(value)}`);
        break;
      case 'kvm_tdp_mmu_alloc_root':
        this.print(
          t,
          `${name}_ret`,
          `${era === 'g' ? 'ret=0 ' : ''}vcpu=${hex(vcpuAt(a))} hpa=${hpa(w.vcpuWord(a, VCPU.ROOT) - 1)}`,
        );
        break;
      case 'kvm_mmu_free_roots':
        if (call.any) this.emptySlots(w, t, call, -1);
        if (b === 15) this.freeRoots(w, t, a, b, 1);
        break;
      case 'tdp_mmu_next_root':
        if (era > 'a')
          this.print(
            t,
            `${name}_ret`,
            `root=${value < 0 ? '0x0' : sp(value)}`,
            `${caller}+0x1/0x2 [kvm] <- tdp_mmu_next_root`,
          );
        break;
      case 'tdp_mmu_schedule_zap_root':
        this.print(
          t,
          'workqueue_queue_work',
          `work struct=${hex(HEADERS + b * HEADER_BYTES + WORK_AT)} function=tdp_mmu_zap_root_work`,
        );
        break;
      case 'tdp_mmu_zap_root_work':
      case 'kvm_tdp_mmu_zap_invalidated_roots':
        this.print(t, `${name}_ret`, '');
        break;
      case 'kvm_mmu_zap_all_fast':
        if (era < 'g') this.print(t, 'kvm_mmu_zap_all_fast_ret', '');
        break;
      case 'kvm_tdp_mmu_zap_all':
        if (era === 'a') this.print(t, '__kvm_tdp_mmu_zap_gfn_range_ret', 'flush=0');
        break;
      default:
    }
  }
}
