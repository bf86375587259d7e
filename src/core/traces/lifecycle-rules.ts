// What counting must know about a kernel before it reads its first line: how many references a root is born with, who
// zaps an invalid one, and where two other addresses lie inside a root's descriptor.

export interface LifecycleRules {
  /** 1: the vCPU's. 2: the TDP MMU's own one besides. */
  readonly referencesAtBirth: 1 | 2;
  /**
   * `worker`: the put of the last reference of a valid root marks it invalid, stores 1 and queues a work item, and an
   * invalidation takes one reference for its work item. `caller`: the invalidating task zaps, and an invalidation
   * moves no reference. `putter`: whoever puts the last reference zaps and frees the root there and then; no root is ever
   * invalid.
   */
  readonly zapBy: 'worker' | 'caller' | 'putter';
  /**
   * `get`: a lookup that finds a root takes the vCPU's reference in a step of its own, unprobed. `iterator`: the walk's
   * reference on the root that it stops at stays as the vCPU's; a second look under tdp_mmu_pages_lock may find one, too.
   */
  readonly lookup: 'get' | 'iterator';
  /** kvm_mmu_uninit_tdp_mmu shows its invalidation as an event of its own; else it is inlined there. */
  readonly uninitShowsInvalidation: boolean;
  /** kvm_mmu_zap_all is inlined into its callers, and kvm_tdp_mmu_zap_all is what can be probed. */
  readonly zapAllIsInlined: boolean;
  /**
   * What shows a put: the probe of the function that puts, with the count that it found; or only mmu_free_root_page, which puts
   * a vCPU's reference. Then walkers' references, invalidations and zaps are unprobed.
   */
  readonly putShownBy: 'kvm_tdp_mmu_put_root' | 'mmu_free_root_page';
  /** A new root is announced by the tracepoint kvm_mmu_get_page, as its children are. */
  readonly announcesRoots: boolean;
  /** Number of the bit `invalid` in the role word. */
  readonly invalidBit: 11 | 12;
  /** Offset of tdp_mmu_async_work in struct kvm_mmu_page. */
  readonly workOffset: number;
  /** Offset of rcu_head in struct kvm_mmu_page. */
  readonly rcuHeadOffset: number;
  /** Low 48 bits of the direct map's base: table page address - this = host physical address. */
  readonly directMapBase: number;
}

/** Debian's 6.1.192 with the fix taken out and the zap worker of v5.18..v6.3 put back (era c). */
const RULES_6_1_192_NOFIX: LifecycleRules = {
  referencesAtBirth: 1,
  zapBy: 'worker',
  lookup: 'get',
  uninitShowsInvalidation: false,
  zapAllIsInlined: false,
  putShownBy: 'kvm_tdp_mmu_put_root',
  announcesRoots: true,
  invalidBit: 11,
  workOffset: 80,
  rcuHeadOffset: 168,
  directMapBase: 0x8880_0000_0000,
};

/** Debian's 6.1.192 as shipped (era f). */
const RULES_6_1_192: LifecycleRules = {
  ...RULES_6_1_192_NOFIX,
  referencesAtBirth: 2,
  zapBy: 'caller',
};

/** Debian's 6.12.117 as shipped (era g). */
const RULES_6_12_117: LifecycleRules = { ...RULES_6_1_192, lookup: 'iterator', zapAllIsInlined: true };

/** Debian's 7.2.13 as shipped (era h): `access` has a fourth bit, so what stands above it moved up by one. */
const RULES_7_2_13: LifecycleRules = { ...RULES_6_12_117, uninitShowsInvalidation: true, invalidBit: 12 };

/** Debian 11's 5.10.262 (era a). Of its descriptor only what the probes print is known. */
const RULES_5_10_262: LifecycleRules = {
  ...RULES_6_1_192_NOFIX,
  zapBy: 'putter',
  putShownBy: 'mmu_free_root_page',
  announcesRoots: false,
};

const RULES: ReadonlyMap<string, LifecycleRules> = new Map([
  ['5.10.262', RULES_5_10_262],
  ['6.1.192-nofix', RULES_6_1_192_NOFIX],
  ['6.1.192', RULES_6_1_192],
  ['6.12.117', RULES_6_12_117],
  ['7.2.13', RULES_7_2_13],
]);

/** The kernels whose recordings can be counted, by the name of their recording's directory. */
export const RECORDED_KERNELS: readonly string[] = [...RULES.keys()];

/** The rules of a recording's kernel, or null if its recordings cannot be counted yet. */
export function lifecycleRulesOf(kernel: string): LifecycleRules | null {
  return RULES.get(kernel) ?? null;
}
