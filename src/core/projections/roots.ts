// The roots that exist in a world: role, count, who holds it, and what is about to happen to it.
import {
  MACHINE,
  PAGE,
  PAGE_KIND,
  RCU_STATE,
  ROOT_SLOTS,
  VCPU,
  VCPU_STATE,
  WORK,
} from '../aggregates/layout.js';
import type { World } from '../aggregates/world.js';
import { type Kept, kept, nameOf, type RoleView, roleView, slotName, type ViewContext } from './words.js';

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
  /** vCPU slots that name the root: `vcpu0 root.hpa`. */
  readonly namedBy: readonly string[];
  /** On tdp_mmu_roots. */
  readonly listed: boolean;
  readonly zapScheduled: boolean;
  readonly zapsUnderWay: number;
  readonly work: string;
  readonly waitsForRcu: boolean;
  readonly presentSptes: Kept<number>;
}

/** By birth. */
export function rootViews(context: ViewContext): RootView[] {
  const { world: w } = context;
  const named = slotsByAddress(w);
  const views: RootView[] = [];
  for (let address = 0; address < w.machineWord(MACHINE.PAGES_HIGH); address++) {
    if (w.pageWord(address, PAGE.KIND) === PAGE_KIND.root) views.push(viewAt(context, address, named));
  }
  return views.sort((x, y) => x.root - y.root);
}

/** The root at this page, as it is shown; whether the page is a root is for the caller to know. */
export function rootView(context: ViewContext, address: number): RootView {
  return viewAt(context, address, slotsByAddress(context.world));
}

/** Page of a root that exists, or -1. */
export function rootAddress(w: World, root: number): number {
  for (let address = 0; address < w.machineWord(MACHINE.PAGES_HIGH); address++) {
    if (isRoot(w, address, root)) return address;
  }
  return -1;
}

export function isRoot(w: World, address: number, root: number): boolean {
  return w.pageWord(address, PAGE.SERIAL) === root && w.pageWord(address, PAGE.KIND) === PAGE_KIND.root;
}

function viewAt(context: ViewContext, address: number, named: ReadonlyMap<number, string[]>): RootView {
  const { world: w } = context;
  const word = (field: number): number => w.pageWord(address, field);
  return {
    root: word(PAGE.SERIAL),
    vm: word(PAGE.VM),
    address,
    role: roleView(word(PAGE.ROLE)),
    refcount: word(PAGE.REFCOUNT),
    holders: {
      vcpu: word(PAGE.HOLD_VCPU),
      iterator: word(PAGE.HOLD_ITERATOR),
      tdpMmu: word(PAGE.HOLD_TDP_MMU),
      work: word(PAGE.HOLD_WORK),
    },
    namedBy: named.get(address) ?? [],
    listed: word(PAGE.LISTED) !== 0,
    zapScheduled: word(PAGE.SCHEDULED) !== 0,
    zapsUnderWay: word(PAGE.ZAPPING),
    work: nameOf(WORK, word(PAGE.WORK)),
    waitsForRcu: word(PAGE.RCU) !== RCU_STATE.none,
    presentSptes: kept(context, word(PAGE.PRESENT)),
  };
}

function slotsByAddress(w: World): Map<number, string[]> {
  const named = new Map<number, string[]>();
  for (let vcpu = 0; vcpu < w.vcpus; vcpu++) {
    if (w.vcpuWord(vcpu, VCPU.STATE) === VCPU_STATE.none) continue;
    ROOT_SLOTS.forEach((field, slot) => {
      const hpa = w.vcpuWord(vcpu, field);
      if (hpa === 0) return;
      const names = named.get(hpa - 1) ?? [];
      names.push(`vcpu${vcpu} ${slotName(slot)}`);
      named.set(hpa - 1, names);
    });
  }
  return named;
}
