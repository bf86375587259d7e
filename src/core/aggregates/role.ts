// union kvm_mmu_page_role of a TDP root (arch/x86/include/asm/kvm_host.h), in the layout of v5.10..v6.x and in that of 7.2, where
// `access` has a fourth bit and `invalid`, `efer_nx` and `cr0_wp` moved up by one. A word says itself which it is: bit 14 is
// smep_andnot_wp in the old layout, 0 for a TDP root, and cr0_wp in the new one, constant 1. So nobody has to be told.
import { CPU_STATE } from '../events/constants.js';

export const ROLE = {
  LEVEL_MASK: 0xf,
  DIRECT: 1 << 7,
  ACCESS_ALL: 7 << 8,
  INVALID: 1 << 11,
  EFER_NX: 1 << 12,
  CR0_WP: 1 << 13,
  GUEST_MODE: 1 << 17,
  /** v6.14: the root that mirrors the external (TDX) page tables. */
  MIRROR: 1 << 19,
  SMM: 1 << 24,
} as const;

/** What differs from ROLE in 7.2. */
export const ROLE_7_2 = {
  ACCESS_ALL: 15 << 8,
  INVALID: 1 << 12,
  EFER_NX: 1 << 13,
  CR0_WP: 1 << 14,
} as const;
const LAYOUT_7_2_SHIFT = 14;

/** enum kvm_tdp_mmu_root_types (v6.14). */
export const ROOT_TYPE = { INVALID: 1, DIRECT: 2, MIRROR: 4, VALID: 6, ALL: 7 } as const;

/** The role word of the root that a vCPU in this CPU state wants (kvm_calc_tdp_mmu_root_page_role). */
export function tdp_root_role(cpuState: number, roleBitsFromGuest: boolean): number {
  let word = (cpuState & CPU_STATE.LEVEL_5 ? 5 : 4) | ROLE.DIRECT | ROLE.ACCESS_ALL;
  // Up to v5.18 EFER.NX and CR0.WP of the guest are part of the word; from v5.19 both are constant 1.
  if (!roleBitsFromGuest || cpuState & CPU_STATE.EFER_NX) word |= ROLE.EFER_NX;
  if (!roleBitsFromGuest || cpuState & CPU_STATE.CR0_WP) word |= ROLE.CR0_WP;
  if (cpuState & CPU_STATE.GUEST_MODE) word |= ROLE.GUEST_MODE;
  if (cpuState & CPU_STATE.SMM) word |= ROLE.SMM;
  return word;
}

/** The role word of 7.2 for the same. EFER.NX and CR0.WP are constant 1 by then. */
export function tdp_root_role_7_2(cpuState: number): number {
  const moved = ROLE.ACCESS_ALL | ROLE.EFER_NX | ROLE.CR0_WP;
  return (tdp_root_role(cpuState, false) & ~moved) | ROLE_7_2.ACCESS_ALL | ROLE_7_2.EFER_NX | ROLE_7_2.CR0_WP;
}

/** A root of the shadow MMU, for a nested guest: not direct. level 3: PAE paging. */
export function shadow_root_role(level: number): number {
  return level | ROLE.ACCESS_ALL | ROLE.GUEST_MODE;
}

/** Direct: of the TDP MMU. */
export function role_is_direct(role: number): boolean {
  return (role & ROLE.DIRECT) !== 0;
}

const PAE_LEVEL = 3;

/** The root of PAE paging is a page of four entries that is no shadow page. */
export function role_has_sp(role: number): boolean {
  return (role & ROLE.LEVEL_MASK) !== PAE_LEVEL;
}

/** Number of the bit `invalid` in this word. */
function invalid_bit(role: number): number {
  return 11 + ((role >>> LAYOUT_7_2_SHIFT) & 1);
}

export function role_is_invalid(role: number): boolean {
  return ((role >>> invalid_bit(role)) & 1) !== 0;
}

/** The word with `invalid` set. */
export function role_made_invalid(role: number): number {
  return role | (1 << invalid_bit(role));
}

export function role_is_mirror(role: number): boolean {
  return (role & ROLE.MIRROR) !== 0;
}

export function role_level(role: number): number {
  return role & ROLE.LEVEL_MASK;
}

/** Address space: 1 in SMM, else 0 (kvm_mmu_role_as_id). */
export function role_as_id(role: number): number {
  return role & ROLE.SMM ? 1 : 0;
}

/** tdp_mmu_root_match(): a root of the types asked for (ROOT_TYPE bits). */
export function root_matches(role: number, types: number): boolean {
  if (role_is_invalid(role) && (types & ROOT_TYPE.INVALID) === 0) return false;
  return (types & (role_is_mirror(role) ? ROOT_TYPE.MIRROR : ROOT_TYPE.DIRECT)) !== 0;
}

/** `4-level SMM`, `5-level guest_mode`, ... with ` mirror` and ` invalid` behind it. */
export function roleText(role: number): string {
  const kind = role & ROLE.SMM ? ' SMM' : role & ROLE.GUEST_MODE ? ' guest_mode' : '';
  const mirror = role_is_mirror(role) ? ' mirror' : '';
  return `${role_level(role)}-level${kind}${mirror}${role_is_invalid(role) ? ' invalid' : ''}`;
}
