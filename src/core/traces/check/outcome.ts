// What a function that a thread is in says to the thread's next event: mine; or it has returned, ask its caller; or it cannot be.
// And the put, which every part of a check has to do with.
import type { CoveredEvent } from './covered-event.js';
import type { Ledger } from './ledger.js';
import { type Refusal, refuse } from './rules.js';
import { hex, type Root, type Thread } from './state.js';
import type { LockMode } from './traits.js';

export const TAKEN = 'taken';
/** The function has returned before this event. */
export const LEAVE = 'leave';

export type Outcome = typeof TAKEN | typeof LEAVE | Refusal;

export const unexpected = (why: string): Refusal => refuse('call-order', why);

type PutEvent = Extract<CoveredEvent, { readonly kind: 'put' }>;

/** kvm_tdp_mmu_put_root of a root that its caller may put. */
export function putCalled(l: Ledger, t: Thread, root: Root, e: PutEvent, mode: LockMode | null): Outcome {
  if (e.root !== root.sp)
    return refuse(
      'put-by-holder',
      `the reference to give back is to root ${root.ordinal}, not to ${hex(e.root)}`,
    );
  if (mode === 'W') l.exclusive(root.vm);
  if (e.shared !== null && mode !== null && e.shared !== (mode === 'R'))
    return refuse(
      'lock-mode',
      `the put says that mmu_lock is held for ${e.shared ? 'read' : 'write'}; its caller holds it for ${mode === 'R' ? 'read' : 'write'}`,
    );
  const read = l.compare(root, e, t, mode);
  if (read !== null) return read;
  if (root.count === 0)
    return refuse('put-by-holder', `${l.describe(root)}: there is no reference left to put`);
  l.put(root, t, mode);
  return afterPut(l, t, root, mode);
}

function afterPut(l: Ledger, t: Thread, root: Root, mode: LockMode | null): Outcome {
  const { lastPut } = l.traits;
  if (lastPut === 'resurrects' && root.valid && root.work === 'none') {
    // Of several readers that put at once any may be the last.
    if (root.count === 0 || mode !== 'W')
      t.frames.push({
        kind: 'lastPut',
        root,
        sure: root.count === 0 && l.slack(root, t) === 0,
        done: false,
      });
    return TAKEN;
  }
  if (root.count !== 0) return TAKEN;
  if (lastPut === 'forbidden' && root.valid)
    return refuse(
      'last-put',
      `the last reference of root ${root.ordinal} is put while it is valid: KVM_BUG_ON`,
    );
  root.dead = true;
  return TAKEN;
}
