// The kernel's own reports (lockdep, WARN_ON, KVM_BUG_ON, refcount_t). They are facts of the run, not invariants of ours:
// listed apart. Some invariants also look at them, where the kernel asserts what they state.
import { ASSERTION, ASSERTION_NAMES } from '../events/constants.js';

/** What ends the kernel, or the thread, at once. */
const CRASHES: ReadonlySet<number> = new Set([ASSERTION.GPF_NULL_WORKQUEUE, ASSERTION.NULL_ROOT_SHADOW_PAGE]);

export function isCrash(assertion: string): boolean {
  return [...CRASHES].some((code) => ASSERTION_NAMES[code] === assertion);
}

export function assertionNames(code: number): string {
  return ASSERTION_NAMES[code] ?? `assertion ${code}`;
}
