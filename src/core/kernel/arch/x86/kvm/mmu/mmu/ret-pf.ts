// What a fault handler returns: RET_PF, and with it what the log wants to say about it, in one number.
// A plain RET_PF is one, too (level 0, SPTE 0).

/** RET_PF with the level and SPTE that fixed it, or (RETRY) the RETRY reason in place of the level. */
export function pf_result(ret: number, levelOrWhy: number, spte: number): number {
  return ret + levelOrWhy * 8 + (spte >>> 0) * 256;
}

export const pf_ret = (result: number): number => result & 7;
export const pf_level = (result: number): number => (result >>> 3) & 31;
export const pf_why = pf_level;
export const pf_spte = (result: number): number => Math.floor(result / 256) | 0;

/** No RET_PF: goes to user space. */
export const EFAULT = -14;
