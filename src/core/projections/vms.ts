// The VMs of a world, with their memslots.
import { ADDRESS_SPACES, SLOT, SLOT_FLAG, SLOT_STATE, VM, VM_STATE } from '../aggregates/layout.js';
import type { World } from '../aggregates/world.js';
import { bitsOf, type Kept, kept, nameOf, type ViewContext } from './words.js';

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
  /** Roots on tdp_mmu_roots. */
  readonly roots: number;
  readonly workqueue: { readonly exists: boolean; readonly pending: number; readonly running: number };
  readonly memslots: readonly MemslotView[];
  readonly tdpMmuPages: Kept<number>;
  readonly mmuInvalidateSeq: Kept<number>;
  readonly mmuInvalidateInProgress: Kept<number>;
}

export function vmViews(context: ViewContext): VmView[] {
  const { world: w } = context;
  const views: VmView[] = [];
  for (let vm = 0; vm < w.vms; vm++) {
    if (w.vmWord(vm, VM.STATE) !== VM_STATE.none) views.push(vmView(context, vm));
  }
  return views;
}

export function vmView(context: ViewContext, vm: number): VmView {
  const { world: w } = context;
  const word = (field: number): number => w.vmWord(vm, field);
  return {
    vm,
    state: nameOf(VM_STATE, word(VM.STATE)),
    usersCount: word(VM.USERS_COUNT),
    createdVcpus: word(VM.CREATED_VCPUS),
    bugged: word(VM.BUGGED) !== 0,
    mmuValidGen: word(VM.VALID_GEN),
    roots: word(VM.ROOTS),
    workqueue: { exists: word(VM.WQ) !== 0, pending: word(VM.WQ_PENDING), running: word(VM.WQ_RUNNING) },
    memslots: memslotViews(w, vm),
    tdpMmuPages: kept(context, word(VM.TDP_MMU_PAGES)),
    mmuInvalidateSeq: kept(context, word(VM.INVALIDATE_SEQ)),
    mmuInvalidateInProgress: kept(context, word(VM.IN_PROGRESS)),
  };
}

export function memslotViews(w: World, vm: number): MemslotView[] {
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
