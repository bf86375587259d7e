// What a fault handler returns: RET_PF, and beside it what the log wants to say about it. The second part travels in a
// register of its own, as the return value itself does: it is valid from `ret` to the `then` that the caller goes on with,
// which are one step. A plain RET_PF is a result, too (level 0, SPTE 0).

const DETAILED = 8;
const detail = { level: 0, spte: 0 };

/** RET_PF with the level and SPTE that fixed it, or (RETRY) the RETRY reason in place of the level. */
export function pf_result(ret: number, levelOrWhy: number, spte: number): number {
  detail.level = levelOrWhy;
  detail.spte = spte;
  return ret | DETAILED;
}

export const pf_ret = (result: number): number => result & 7;
export const pf_level = (result: number): number => (result & DETAILED ? detail.level : 0);
export const pf_why = pf_level;
export const pf_spte = (result: number): number => (result & DETAILED ? detail.spte : 0);

/** No RET_PF: goes to user space. */
export const EFAULT = -14;
