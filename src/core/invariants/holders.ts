// Who holds a root: the ledger that the world keeps by class of holder, and what is wrong with it.
import {
  PAGE,
  ROOT_SLOTS,
  root_slot_name,
  VCPU,
  VCPU_STATE,
  VM,
  VM_STATE,
  WORK,
} from '../aggregates/layout.js';
import { role_is_invalid, roleText } from '../aggregates/role.js';
import type { World } from '../aggregates/world.js';
import type { InvariantRules } from './rules.js';

export interface RootHolders {
  /** Number of the root by birth. */
  readonly root: number;
  readonly role: string;
  readonly refcount: number;
  readonly vcpu: number;
  readonly iterator: number;
  readonly tdpMmu: number;
  readonly work: number;
  /** vCPU slots that name the root: `vcpu0 root.hpa`, `vcpu1 prev_roots[2]`. */
  readonly slots: readonly string[];
  /** Whose reference was given back once too often, null if none was. */
  readonly surplusPut: string | null;
  /** Who holds a reference without being there to hold it, null if nobody does. */
  readonly missingPut: string | null;
}

/** References by class of holder, added up; a class below 0 (a put too many) counts as 0. */
export function holdersOf(w: World, page: number): number {
  const at = w.page(page);
  const { s } = w;
  const vcpu = s[at + PAGE.HOLD_VCPU];
  const iterator = s[at + PAGE.HOLD_ITERATOR];
  const tdpMmu = s[at + PAGE.HOLD_TDP_MMU];
  const work = s[at + PAGE.HOLD_WORK];
  return Math.max(vcpu, 0) + Math.max(iterator, 0) + Math.max(tdpMmu, 0) + Math.max(work, 0);
}

/** vCPU slots that name the root at this page. */
export function slotsNaming(w: World, page: number): string[] {
  const out: string[] = [];
  for (let v = 0; v < w.vcpus; v++) {
    if (w.vcpuWord(v, VCPU.STATE) === VCPU_STATE.none) continue;
    ROOT_SLOTS.forEach((field, slot) => {
      if (w.vcpuWord(v, field) === page + 1) out.push(`vcpu${v} ${root_slot_name(slot)}`);
    });
  }
  return out;
}

/** `r1 (4-level): refcount 2: vcpu 1 (vcpu0 root.hpa), tdpMmu 1; missing put: of the TDP MMU itself`. */
export function holdersText(h: RootHolders): string {
  const slots = h.slots.length === 0 ? '' : ` (${h.slots.join(', ')})`;
  const classes = [
    h.vcpu === 0 && h.slots.length === 0 ? '' : `vCPUs ${h.vcpu}${slots}`,
    h.iterator === 0 ? '' : `iterators ${h.iterator}`,
    h.tdpMmu === 0 ? '' : `the TDP MMU ${h.tdpMmu}`,
    h.work === 0 ? '' : `work items ${h.work}`,
  ].filter((text) => text !== '');
  const held = classes.length === 0 ? 'nobody holds it' : `held by ${classes.join(', ')}`;
  const missing = h.missingPut === null ? '' : `; missing put: ${OWNER_TEXT[h.missingPut]}`;
  const surplus = h.surplusPut === null ? '' : `; surplus put (or missing get): ${OWNER_TEXT[h.surplusPut]}`;
  return `r${h.root} (${h.role}) has refcount ${h.refcount}, ${held}${missing}${surplus}`;
}

const OWNER_TEXT: { readonly [owner: string]: string } = {
  vcpu: "a vCPU's",
  iterator: "an iterator's",
  tdpMmu: "the TDP MMU's own",
  work: "a work item's",
};

export function describeLedger(
  w: World,
  page: number,
  { initialRefcount, invalidationGives }: Pick<InvariantRules, 'initialRefcount' | 'invalidationGives'>,
): RootHolders {
  const word = (field: number): number => w.pageWord(page, field);
  const held = {
    vcpu: word(PAGE.HOLD_VCPU),
    iterator: word(PAGE.HOLD_ITERATOR),
    tdpMmu: word(PAGE.HOLD_TDP_MMU),
    work: word(PAGE.HOLD_WORK),
  };
  const slots = slotsNaming(w, page);
  const surplus = Object.entries(held).find(([, n]) => n < 0)?.[0];
  const more = slots.length > held.vcpu ? 'vcpu' : undefined;
  const valid = !role_is_invalid(word(PAGE.ROLE));
  const hasOwn = initialRefcount === 2;
  const own = hasOwn && valid && held.tdpMmu < 1 && word(PAGE.LISTED) === 1 ? 'tdpMmu' : undefined;
  /** References of the TDP MMU that the protocol knows of, of a root that is valid or waits for its zap. */
  const known = hasOwn || (invalidationGives && !valid) ? 1 : 0;
  const over = w.vmWord(word(PAGE.VM), VM.STATE) === VM_STATE.destroyed;
  const missing =
    !over && held.tdpMmu > known
      ? 'tdpMmu'
      : held.vcpu > slots.length
        ? 'vcpu'
        : held.work > 0 && (over || word(PAGE.WORK) === WORK.idle)
          ? 'work'
          : over && held.iterator > 0
            ? 'iterator'
            : over && held.tdpMmu > 0
              ? 'tdpMmu'
              : null;
  return {
    root: word(PAGE.SERIAL),
    role: roleText(word(PAGE.ROLE)),
    refcount: word(PAGE.REFCOUNT),
    ...held,
    slots,
    surplusPut: surplus ?? more ?? own ?? null,
    missingPut: missing,
  };
}
