// tdp_mmu_zap_leafs() -- arch/x86/kvm/mmu/tdp_mmu.c, v6.9 (fcdffe97f80e)
// As before, but only what is zapped in a VALID root asks for a flush: nobody enters the guest with an invalid one any more, and
// who loads another root flushes then.
// Context: mmu_lock held for write. Returns whether the caller must flush before it releases mmu_lock.
// Left out: nothing.
import { role_is_invalid } from '../../../../../../aggregates/role.js';
import { op } from '../../../../../../machine/op.js';
import { procedure, ret } from '../../../../../../machine/procedure.js';
import { TDP_ITER } from '../tdp_iter.js';
import { zap_leafs_walk } from './tdp_mmu_zap_leafs.js';

export const tdp_mmu_zap_leafs_v6_9 = procedure(
  'tdp_mmu_zap_leafs',
  {
    file: 'arch/x86/kvm/mmu/tdp_mmu.c',
    since: 'v6.9',
    params: ['vm', 'root', 'start', 'end', 'canYield', 'flush'],
    locals: [...TDP_ITER],
    leftOut: 'nothing',
  },
  {
    ...zap_leafs_walk,
    zapped: [
      (l) => op.read_role(l.root),
      (l, role) => {
        if (!role_is_invalid(role)) l.flush = 1;
        l.index++;
        return 'next_present';
      },
    ],
    rcu_read_unlock: [() => op.rcu_read_unlock(), (l) => ret(l.flush)],
  },
);
