// The kernel's own reports (lockdep, WARN_ON, KVM_BUG_ON, refcount_t). They are facts of the run, not invariants of ours:
// listed apart. Some invariants also look at them, where the kernel asserts what they state.
import { ASSERTION_NAMES } from '../events/constants.js';

export function assertionNames(code: number): string {
  return ASSERTION_NAMES[code] ?? `assertion ${code}`;
}
