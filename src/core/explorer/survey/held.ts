// A set of locks as a number.
import { LOCK_KIND, LOCK_NAMES } from '../../aggregates/layout.js';
import { LOCK_MODE } from '../../events/lock.events.js';

/** Bits of a set of locks: two for the mode of each kind of lock, then read sections, then what makes a VM nobody else's. */
export const HELD = {
  /** Of lock kind k: mode << (2 * k). */
  lockBits: 2,
  rcu: 1 << 10,
  srcu: 1 << 11,
  /** users_count is 0: the VM is being destroyed by who put the last reference. */
  noUsers: 1 << 12,
  /** No vCPU was ever created: there is no root. */
  noVcpus: 1 << 13,
} as const;

export type LockKind = (typeof LOCK_KIND)[keyof typeof LOCK_KIND];

/** LOCK_MODE, or 0. */
export const modeHeld = (set: number, kind: LockKind): number => (set >> (kind * HELD.lockBits)) & 3;

/** In words; mmu_lock of v5.10 is a spinlock and counts as held for write. */
export function heldNames(set: number): string[] {
  const out = LOCK_NAMES.flatMap((name, kind) => {
    const mode = modeHeld(set, kind as LockKind);
    if (mode === 0) return [];
    return [kind === LOCK_KIND.mmu_lock ? `${name}:${mode === LOCK_MODE.read ? 'R' : 'W'}` : name];
  });
  if ((set & HELD.rcu) !== 0) out.push('rcu');
  if ((set & HELD.srcu) !== 0) out.push('srcu');
  if ((set & HELD.noUsers) !== 0) out.push('(no users)');
  if ((set & HELD.noVcpus) !== 0) out.push('(no vCPU)');
  return out;
}
