// The roots of one recording and their counted references. Identity is address + generation: a descriptor's address
// names a new root from the moment when a table is initialised there again.
import type { Address } from './event-fields.js';
import type { LifecycleRules } from './lifecycle-rules.js';
import type { RecordedRoot } from './recorded-event.js';

const ROLE_LEVEL = 0xf;
/** role.smm is a byte of its own. */
const ROLE_SMM_UNIT = 0x100_0000;

export interface LedgerRoot {
  readonly ordinal: number;
  readonly address: Address;
  readonly spt: Address;
  readonly smm: boolean;
  readonly level: number;
  count: number;
  valid: boolean;
  /** Its last reference was put while it was valid, and its worker's invalidation is still to come. */
  resurrected: boolean;
  freed: boolean;
}

export class RootLedger {
  readonly #roots: LedgerRoot[] = [];
  readonly #byAddress = new Map<Address, LedgerRoot>();
  readonly #byTable = new Map<Address, LedgerRoot>();

  constructor(readonly rules: LifecycleRules) {}

  /** tdp_mmu_init_sp without a parent. */
  born(address: Address, spt: Address, role: number): LedgerRoot {
    const root: LedgerRoot = {
      ordinal: this.#roots.length + 1,
      address,
      spt,
      smm: Math.floor(role / ROLE_SMM_UNIT) !== 0,
      level: role & ROLE_LEVEL,
      count: this.rules.referencesAtBirth,
      valid: true,
      resurrected: false,
      freed: false,
    };
    this.#roots.push(root);
    this.#byAddress.set(address, root);
    this.#byTable.set(spt, root);
    return root;
  }

  /** tdp_mmu_init_sp of a child: whatever root had this descriptor or this table page has it no more. */
  recycled(address: Address, spt: Address): void {
    this.#byAddress.delete(address);
    this.#byTable.delete(spt);
  }

  byAddress(address: Address): LedgerRoot | undefined {
    return this.#byAddress.get(address);
  }

  byHpa(hpa: Address): LedgerRoot | undefined {
    return this.#byTable.get(hpa + this.rules.directMapBase);
  }

  byWork(work: Address): LedgerRoot | undefined {
    return this.#byAddress.get(work - this.rules.workOffset);
  }

  byRcuHead(head: Address, spt: Address): LedgerRoot | undefined {
    const root = this.#byAddress.get(head - this.rules.rcuHeadOffset);
    return root?.spt === spt ? root : undefined;
  }

  /** The roots that kvm_tdp_mmu_invalidate_all_roots marks, in its order: new roots are linked at the list's head. */
  validNewestFirst(): LedgerRoot[] {
    return this.#roots.filter((root) => root.valid && root.count > 0).reverse();
  }

  summary(): RecordedRoot[] {
    return this.#roots.map(({ ordinal, smm, level, count, valid, freed }) => ({
      ordinal,
      smm,
      level,
      count,
      valid,
      freed,
    }));
  }
}

export function isInvalidRole(role: number, rules: LifecycleRules): boolean {
  // Not `role & bit`: the word is unsigned.
  return Math.floor(role / 2 ** rules.invalidBit) % 2 === 1;
}
