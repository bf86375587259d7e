// kvm_tdp_mmu_zap_invalidated_roots() -- arch/x86/kvm/mmu/tdp_mmu.c, v5.13 (4c6654bd160d)
// The invalidating task itself zaps every invalid root and puts the reference that the invalidation took. The next invalid root
// is read BEFORE the zap: the reference that it was gifted keeps it.
// Context: slots_lock held; takes mmu_lock for read, and may yield it.
// Left out: nothing.
import { LOCK_KIND, PAGE } from '../../../../../../aggregates/layout.js';
import { role_is_invalid } from '../../../../../../aggregates/role.js';
import { E } from '../../../../../../events/catalogue.js';
import { HOLDER } from '../../../../../../events/root.events.js';
import { op } from '../../../../../../machine/op.js';
import { call, procedure, ret } from '../../../../../../machine/procedure.js';
import { fn } from '../../../../../functions.js';
import { GFN_END } from '../tdp_iter.js';

/** zap_gfn_range(): may yield, mmu_lock held for read. */
const YIELDS_SHARED = 3;

export const kvm_tdp_mmu_zap_invalidated_roots = procedure(
  'kvm_tdp_mmu_zap_invalidated_roots',
  {
    file: 'arch/x86/kvm/mmu/tdp_mmu.c',
    since: 'v5.13',
    params: ['vm'],
    locals: ['root', 'next', 'flush'],
    leftOut: 'nothing',
  },
  {
    read_lock: [(l) => op.read_lock(l.w.lockId(l.vm, LOCK_KIND.mmu_lock)), () => 'rcu_read_lock'],
    rcu_read_lock: [
      () => op.rcu_read_lock(),
      (l) => {
        l.root = -1;
        return 'list_first';
      },
    ],
    // next_invalidated_root(): the next one that is invalid and has references.
    list_first: [
      (l) => op.list_first(l.vm),
      (l, root) => {
        l.next = root;
        return root < 0 ? 'rcu_read_unlock' : 'is_invalid';
      },
    ],
    list_next: [
      (l) => op.list_next(l.next),
      (l, root) => {
        l.next = root;
        return root < 0 ? 'rcu_read_unlock' : 'is_invalid';
      },
    ],
    is_invalid: [
      (l) => op.read_role(l.next),
      (_l, role) => (role_is_invalid(role) ? 'has_references' : 'list_next'),
    ],
    has_references: [
      (l) => op.refcount_read(l.next),
      (_l, count) => (count !== 0 ? 'rcu_read_unlock' : 'list_next'),
    ],
    // The first invalid root is found here, or the one behind the root that is zapped now.
    rcu_read_unlock: [
      () => op.rcu_read_unlock(),
      (l) => {
        if (l.root >= 0) return 'tell_started';
        if (l.next < 0) return l.flush ? call(fn.kvm_flush_remote_tlbs, 'flushed', l.vm) : 'read_unlock';
        l.root = l.next;
        return 'look_further';
      },
    ],
    look_further: [() => op.rcu_read_lock(), () => 'list_next'],
    tell_started: [
      (l) => {
        const at = l.w.page(l.root);
        op.tell_root(E.RootZapStarted, l.w.s[at + PAGE.SERIAL], 1, l.w.s[at + PAGE.REFCOUNT], l.root);
      },
      (l) => call(fn.zap_gfn_range, 'zapped', l.vm, l.root, 0, GFN_END, YIELDS_SHARED, l.flush),
    ],
    zapped: [
      null,
      (l, flush) => {
        l.flush = flush;
        return 'tell_finished';
      },
    ],
    tell_finished: [
      (l) => {
        const at = l.w.page(l.root);
        op.tell_root(E.RootZapFinished, l.w.s[at + PAGE.SERIAL], 0, l.w.s[at + PAGE.REFCOUNT], l.root);
      },
      (l) => call(fn.kvm_tdp_mmu_put_root, 'put', l.vm, l.root, 1, HOLDER.tdpMmu),
    ],
    put: [
      null,
      (l) => {
        l.root = l.next;
        if (l.root >= 0) return 'look_further';
        return l.flush ? call(fn.kvm_flush_remote_tlbs, 'flushed', l.vm) : 'read_unlock';
      },
    ],
    flushed: [null, () => 'read_unlock'],
    read_unlock: [(l) => op.read_unlock(l.w.lockId(l.vm, LOCK_KIND.mmu_lock)), () => ret()],
  },
);
