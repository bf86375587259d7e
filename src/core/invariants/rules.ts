// What invariants must know of a protocol: plain data, so that a user's own protocol can state other rules.

export const ERAS = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'] as const;
export type Era = (typeof ERAS)[number];

export interface InvariantRules {
  readonly era: Era;
  /** References at birth. 1: the vCPU's. 2: and the TDP MMU's own, kept while the root is valid. */
  readonly initialRefcount: 1 | 2;
  /** Who invalidates a root takes a reference on it that is booked to the TDP MMU, until the zap has put it. */
  readonly invalidationGives: boolean;
  /** The last put of a valid root marks it invalid and stores 1 again, for a zap worker. */
  readonly resurrects: boolean;
  /** A root may also be invalidated by the put that takes its count to 0, whatever the mode of mmu_lock. */
  readonly invalidatesInPut: boolean;
  /** Roots may be invalidated without mmu_lock once nobody else uses the VM. */
  readonly invalidatesAtDestruction: boolean;
  /** LOCK_MODE in which a vCPU's root is looked up, created and given back. */
  readonly vcpuRootMode: 1 | 2;
  /** Unit of the range that an MMU notifier invalidates: pages of the process, or gfns. */
  readonly notifierRange: 'hva' | 'gfn';
  /** Most valid roots of one VM; where there are mirror roots, both kinds together. */
  readonly validRootsMax: number;
  /** A VM may have roots that mirror external page tables. */
  readonly mirrorRoots: boolean;
}

/** What a protocol states of itself; everything else follows from the era. */
export interface ProtocolFacts {
  readonly era: string;
  readonly initialRefcount?: 1 | 2;
  readonly resurrects?: boolean;
  readonly validRootsMax?: number;
  /** Unit of the MMU notifier's range: gfns from v6.8 on, which lies inside era f. */
  readonly notifierRange?: 'hva' | 'gfn';
}

/** The rules of the reference for an era, with what the protocol says of itself laid over them. */
export function invariantRules(protocol: ProtocolFacts): InvariantRules {
  const era = ERAS.find((known) => known === protocol.era);
  if (era === undefined)
    throw new RangeError(`unknown era "${protocol.era}"; expected one of: ${ERAS.join(', ')}`);
  const from = (first: Era): boolean => era >= first;
  const resurrects = protocol.resurrects ?? era === 'c';
  return {
    era,
    initialRefcount: protocol.initialRefcount ?? (from('d') ? 2 : 1),
    invalidationGives: era === 'b',
    resurrects,
    invalidatesInPut: resurrects,
    invalidatesAtDestruction: from('b'),
    vcpuRootMode: from('g') ? 1 : 2,
    notifierRange: protocol.notifierRange ?? (from('g') ? 'gfn' : 'hva'),
    mirrorRoots: from('h'),
    validRootsMax: protocol.validRootsMax ?? (era === 'h' ? 12 : from('c') ? 6 : 24),
  };
}
