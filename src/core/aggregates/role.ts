// union kvm_mmu_page_role of a TDP root, in the v5.18..v6.x layout (include/linux: arch/x86/include/asm/kvm_host.h).
// "a" in a comment marks bits that belong to the word only up to v5.18.
import { CPU_STATE } from '../events/constants.js';

export const ROLE = {
  LEVEL_MASK: 0xf,
  DIRECT: 1 << 7,
  ACCESS_ALL: 7 << 8,
  INVALID: 1 << 11,
  EFER_NX: 1 << 12,
  CR0_WP: 1 << 13,
  GUEST_MODE: 1 << 17,
  SMM: 1 << 24,
} as const;

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

export function role_is_invalid(role: number): boolean {
  return (role & ROLE.INVALID) !== 0;
}

export function role_level(role: number): number {
  return role & ROLE.LEVEL_MASK;
}

/** Address space: 1 in SMM, else 0 (kvm_mmu_role_as_id). */
export function role_as_id(role: number): number {
  return role & ROLE.SMM ? 1 : 0;
}

/** `4-level SMM`, `5-level guest_mode`, ... with ` invalid` behind it. */
export function roleText(role: number): string {
  const kind = role & ROLE.SMM ? ' SMM' : role & ROLE.GUEST_MODE ? ' guest_mode' : '';
  return `${role_level(role)}-level${kind}${role_is_invalid(role) ? ' invalid' : ''}`;
}
