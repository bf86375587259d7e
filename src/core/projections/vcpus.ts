// The vCPUs of a world: what they want, what they hold, what is asked of them.
import { PAGE, PAGE_KIND, UNKNOWN_ROOT, VCPU, VCPU_STATE } from '../aggregates/layout.js';
import type { World } from '../aggregates/world.js';
import { CPU_STATE, MODE, REQ } from '../events/constants.js';
import { bitsOf, type Kept, kept, nameOf, type RoleView, roleView, type ViewContext } from './words.js';

/** What a root slot of a vCPU names. `root` is null when the page is no root (any more); address -1: unknown (imported traces). */
export interface SlotView {
  readonly address: number;
  readonly root: number | null;
}

export interface VcpuView {
  readonly vcpu: number;
  readonly vm: number;
  readonly index: number;
  readonly state: string;
  readonly cpuState: readonly string[];
  /** The role it wants next, null before kvm_init_mmu. */
  readonly role: RoleView | null;
  readonly root: SlotView | null;
  readonly prevRoots: readonly (SlotView | null)[];
  /** Of a VM with external page tables (TDX), from v6.14 on. */
  readonly mirrorRoot: SlotView | null;
  readonly mode: Kept<string>;
  readonly requests: Kept<readonly string[]>;
  readonly pendingSmi: Kept<number>;
}

export function vcpuViews(context: ViewContext): VcpuView[] {
  const { world: w } = context;
  const views: VcpuView[] = [];
  for (let vcpu = 0; vcpu < w.vcpus; vcpu++) {
    if (w.vcpuWord(vcpu, VCPU.STATE) !== VCPU_STATE.none) views.push(vcpuView(context, vcpu));
  }
  return views;
}

export function vcpuView(context: ViewContext, vcpu: number): VcpuView {
  const { world: w } = context;
  const word = (field: number): number => w.vcpuWord(vcpu, field);
  const slot = (k: number): SlotView | null => slotView(w, word(VCPU.ROOT + k));
  return {
    vcpu,
    vm: word(VCPU.VM),
    index: word(VCPU.INDEX),
    state: nameOf(VCPU_STATE, word(VCPU.STATE)),
    cpuState: bitsOf(CPU_STATE, word(VCPU.CPU_STATE)),
    role: word(VCPU.ROLE) === 0 ? null : roleView(word(VCPU.ROLE)),
    root: slot(0),
    prevRoots: [slot(1), slot(2), slot(3)],
    mirrorRoot: slotView(w, word(VCPU.MIRROR_ROOT)),
    mode: kept(context, nameOf(MODE, word(VCPU.MODE))),
    requests: kept(context, bitsOf(REQ, word(VCPU.REQUESTS))),
    pendingSmi: kept(context, word(VCPU.PENDING_SMI)),
  };
}

function slotView(w: World, hpa: number): SlotView | null {
  if (hpa === 0) return null;
  if (hpa === UNKNOWN_ROOT) return { address: -1, root: null };
  const address = hpa - 1;
  const isRoot = w.pageWord(address, PAGE.KIND) === PAGE_KIND.root;
  return { address, root: isRoot ? w.pageWord(address, PAGE.SERIAL) : null };
}
