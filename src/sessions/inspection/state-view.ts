// The state of a session in words: VMs, vCPUs, the roots of each TDP MMU with role, references and holders. What the
// recording level did not keep is "notRecorded", never shown as empty or zero.
import {
  ADDRESS_SPACES,
  PAGE,
  PAGE_KIND,
  RCU_STATE,
  SLOT,
  SLOT_FLAG,
  SLOT_STATE,
  VCPU,
  VCPU_STATE,
  VM,
  VM_STATE,
  WORK,
} from '../../core/aggregates/layout.js';
import { ROLE, role_as_id, role_is_invalid, role_level, roleText } from '../../core/aggregates/role.js';
import type { World } from '../../core/aggregates/world.js';
import { CPU_STATE, MODE, REQ } from '../../core/events/constants.js';

export const NOT_RECORDED = 'notRecorded';
type Kept<T> = T | typeof NOT_RECORDED;

export interface RoleView {
  readonly word: number;
  readonly text: string;
  readonly level: number;
  readonly smm: boolean;
  readonly guestMode: boolean;
  readonly direct: boolean;
  readonly invalid: boolean;
  readonly asId: number;
}

export interface RootView {
  /** Number by birth; never used again. */
  readonly root: number;
  readonly vm: number;
  /** Page that holds the root's table; used again after the root was freed. */
  readonly address: number;
  readonly role: RoleView;
  readonly refcount: number;
  readonly holders: {
    readonly vcpu: number;
    readonly iterator: number;
    readonly tdpMmu: number;
    readonly work: number;
  };
  /** vCPU slots that name the root. */
  readonly namedBy: readonly string[];
  readonly listed: boolean;
  readonly zapScheduled: boolean;
  readonly zapsUnderWay: number;
  readonly work: string;
  readonly waitsForRcu: boolean;
  readonly presentSptes: Kept<number>;
}

export interface MemslotView {
  readonly slot: number;
  readonly asId: number;
  readonly state: string;
  readonly baseGfn: number;
  readonly pages: number;
  readonly hvaPage: number;
  readonly flags: readonly string[];
}

export interface VmView {
  readonly vm: number;
  readonly state: string;
  readonly usersCount: number;
  readonly createdVcpus: number;
  readonly bugged: boolean;
  readonly mmuValidGen: number;
  readonly roots: number;
  readonly workqueue: { readonly exists: boolean; readonly pending: number; readonly running: number };
  readonly memslots: readonly MemslotView[];
  readonly tdpMmuPages: Kept<number>;
  readonly mmuInvalidateSeq: Kept<number>;
  readonly mmuInvalidateInProgress: Kept<number>;
}

export interface VcpuView {
  readonly vcpu: number;
  readonly vm: number;
  readonly index: number;
  readonly state: string;
  readonly cpuState: readonly string[];
  readonly role: RoleView | null;
  readonly root: SlotView | null;
  readonly prevRoots: readonly (SlotView | null)[];
  readonly mode: Kept<string>;
  readonly requests: Kept<readonly string[]>;
  readonly pendingSmi: Kept<number>;
}

/** What a root slot of a vCPU names. `root` is null when the page is no root (any more). */
export interface SlotView {
  readonly address: number;
  readonly root: number | null;
}

export interface StateView {
  readonly position: number;
  readonly ordinal: number;
  readonly timeNs: number;
  readonly recording: 'full' | 'lifecycle';
  readonly vms: readonly VmView[];
  readonly vcpus: readonly VcpuView[];
  readonly roots: readonly RootView[];
}

type Names = { readonly [name: string]: number };
const nameOf = (names: Names, value: number): string =>
  Object.keys(names).find((n) => names[n] === value) ?? String(value);
const bitsOf = (names: Names, word: number): string[] =>
  Object.keys(names).filter((n) => (word & names[n]!) !== 0);

/** What every view of one world needs to know. */
export interface ViewContext {
  readonly world: World;
  readonly full: boolean;
}

const kept = <T>({ full }: ViewContext, value: T): Kept<T> => (full ? value : NOT_RECORDED);

export function vmViews(context: ViewContext): VmView[] {
  const { world: w } = context;
  const views: VmView[] = [];
  for (let n = 0; n < w.vms; n++) {
    const word = (field: number): number => w.vmWord(n, field);
    if (word(VM.STATE) === VM_STATE.none) continue;
    views.push({
      vm: n,
      state: nameOf(VM_STATE, word(VM.STATE)),
      usersCount: word(VM.USERS_COUNT),
      createdVcpus: word(VM.CREATED_VCPUS),
      bugged: word(VM.BUGGED) !== 0,
      mmuValidGen: word(VM.VALID_GEN),
      roots: word(VM.ROOTS),
      workqueue: { exists: word(VM.WQ) !== 0, pending: word(VM.WQ_PENDING), running: word(VM.WQ_RUNNING) },
      memslots: memslotViews(w, n),
      tdpMmuPages: kept(context, word(VM.TDP_MMU_PAGES)),
      mmuInvalidateSeq: kept(context, word(VM.INVALIDATE_SEQ)),
      mmuInvalidateInProgress: kept(context, word(VM.IN_PROGRESS)),
    });
  }
  return views;
}

function memslotViews(w: World, vm: number): MemslotView[] {
  const views: MemslotView[] = [];
  for (let asId = 0; asId < ADDRESS_SPACES; asId++) {
    for (let slot = 0; slot < w.slotsPerAddressSpace; slot++) {
      const id = w.slotId(vm, asId, slot);
      const word = (field: number): number => w.slotWord(id, field);
      if (word(SLOT.STATE) === SLOT_STATE.none) continue;
      views.push({
        slot,
        asId,
        state: nameOf(SLOT_STATE, word(SLOT.STATE)),
        baseGfn: word(SLOT.BASE_GFN),
        pages: word(SLOT.PAGES),
        hvaPage: word(SLOT.HVA_PAGE),
        flags: bitsOf(SLOT_FLAG, word(SLOT.FLAGS)),
      });
    }
  }
  return views;
}

export function vcpuViews(context: ViewContext): VcpuView[] {
  const { world: w } = context;
  const views: VcpuView[] = [];
  for (let n = 0; n < w.vcpus; n++) {
    const word = (field: number): number => w.vcpuWord(n, field);
    if (word(VCPU.STATE) === VCPU_STATE.none) continue;
    const slot = (k: number): SlotView | null => slotView(w, word(VCPU.ROOT + k));
    views.push({
      vcpu: n,
      vm: word(VCPU.VM),
      index: word(VCPU.INDEX),
      state: nameOf(VCPU_STATE, word(VCPU.STATE)),
      cpuState: bitsOf(CPU_STATE, word(VCPU.CPU_STATE)),
      role: word(VCPU.ROLE) === 0 ? null : roleView(word(VCPU.ROLE)),
      root: slot(0),
      prevRoots: [slot(1), slot(2), slot(3)],
      mode: kept(context, nameOf(MODE, word(VCPU.MODE))),
      requests: kept(context, bitsOf(REQ, word(VCPU.REQUESTS))),
      pendingSmi: kept(context, word(VCPU.PENDING_SMI)),
    });
  }
  return views;
}

function slotView(w: World, hpa: number): SlotView | null {
  if (hpa === 0) return null;
  const address = hpa - 1;
  const isRoot = w.pageWord(address, PAGE.KIND) === PAGE_KIND.root;
  return { address, root: isRoot ? w.pageWord(address, PAGE.SERIAL) : null };
}

function roleView(word: number): RoleView {
  return {
    word,
    text: roleText(word),
    level: role_level(word),
    smm: (word & ROLE.SMM) !== 0,
    guestMode: (word & ROLE.GUEST_MODE) !== 0,
    direct: (word & ROLE.DIRECT) !== 0,
    invalid: role_is_invalid(word),
    asId: role_as_id(word),
  };
}

/** By birth. */
export function rootViews(context: ViewContext): RootView[] {
  const { world: w } = context;
  const named = slotsByAddress(w);
  const views: RootView[] = [];
  for (let p = 0; p < w.layout.topology.pages; p++) {
    if (w.pageWord(p, PAGE.KIND) !== PAGE_KIND.root) continue;
    const word = (field: number): number => w.pageWord(p, field);
    views.push({
      root: word(PAGE.SERIAL),
      vm: word(PAGE.VM),
      address: p,
      role: roleView(word(PAGE.ROLE)),
      refcount: word(PAGE.REFCOUNT),
      holders: {
        vcpu: word(PAGE.HOLD_VCPU),
        iterator: word(PAGE.HOLD_ITERATOR),
        tdpMmu: word(PAGE.HOLD_TDP_MMU),
        work: word(PAGE.HOLD_WORK),
      },
      namedBy: named.get(p) ?? [],
      listed: word(PAGE.LISTED) !== 0,
      zapScheduled: word(PAGE.SCHEDULED) !== 0,
      zapsUnderWay: word(PAGE.ZAPPING),
      work: nameOf(WORK, word(PAGE.WORK)),
      waitsForRcu: word(PAGE.RCU) !== RCU_STATE.none,
      presentSptes: kept(context, word(PAGE.PRESENT)),
    });
  }
  return views.sort((x, y) => x.root - y.root);
}

function slotsByAddress(w: World): Map<number, string[]> {
  const named = new Map<number, string[]>();
  for (let n = 0; n < w.vcpus; n++) {
    if (w.vcpuWord(n, VCPU.STATE) === VCPU_STATE.none) continue;
    for (let k = 0; k < 4; k++) {
      const hpa = w.vcpuWord(n, VCPU.ROOT + k);
      if (hpa === 0) continue;
      const text = `vcpu${n} ${k === 0 ? 'root.hpa' : `prev_roots[${k - 1}]`}`;
      named.set(hpa - 1, [...(named.get(hpa - 1) ?? []), text]);
    }
  }
  return named;
}
