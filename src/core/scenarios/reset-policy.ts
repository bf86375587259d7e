// The reset policies of the founding experiment, as the mail names them, and the only place that knows those names: the
// kernel sees a mask of exit reasons.
import { EXIT, FASTPATH_EXITS } from '../events/constants.js';

export const RESET_POLICIES = ['none', 'every-exit', 'except-ept', 'except-ept-dr'] as const;
export type ResetPolicy = (typeof RESET_POLICIES)[number];

/** Exit reasons after which kvm_mmu_reset_context is forced, as bits. Exits on the fastpath are never among them. */
export function resetAfterExits(policy: ResetPolicy): number {
  if (policy === 'none') return 0;
  let mask = 0;
  for (const reason of Object.values(EXIT)) {
    if (reason !== EXIT.NONE && !FASTPATH_EXITS.has(reason)) mask |= 1 << reason;
  }
  if (policy !== 'every-exit') mask &= ~(1 << EXIT.EPT_VIOLATION);
  if (policy === 'except-ept-dr') mask &= ~(1 << EXIT.DR_ACCESS);
  return mask;
}
