// Figures of a run by name; all come from events.
import { EXIT, EXIT_NAMES } from '../events/constants.js';
import { ACCOUNT_NAMES } from '../machine/time.js';
import { COUNTED_TYPES } from './counted-types.js';
import type { Recorder } from './recorder.js';

/** @param accounts ns booked per account */
export function countsOf(r: Recorder, accounts: ArrayLike<number>): Record<string, number> {
  const n = r.countByType;
  const out: Record<string, number> = {};
  for (const [name, type] of Object.entries(COUNTED_TYPES)) out[name] = n[type]!;
  out['eptViolations'] = r.exitsByReason[EXIT.EPT_VIOLATION]!;
  EXIT_NAMES.forEach((name, reason) => {
    if (r.exitsByReason[reason] > 0) out[`exit.${name}`] = r.exitsByReason[reason];
  });
  ACCOUNT_NAMES.forEach((name, i) => {
    out[`${name}Ns`] = accounts[i]!;
  });
  return out;
}
