// tdp_mmu_zap_root() -- arch/x86/kvm/mmu/tdp_mmu.c, v6.9 (8ca983631f3c)
// Four passes: level 1 (every leaf on its own), 2, 3, then the root's own entries. Each step between two yields is small now:
// a vCPU that waits for a new root waits for one SPTE and not for the leafs of a GiB.
// Context: mmu_lock held, read (shared) or write; the caller holds a reference, because the passes may yield.
// Left out: CONFIG_KVM_PROVE_MMU, with which only levels 3 and root are passed.
import { PAGE } from '../../../../../../aggregates/layout.js';
import { op } from '../../../../../../machine/op.js';
import { call, procedure } from '../../../../../../machine/procedure.js';
import { fn } from '../../../../../functions.js';
import { PG_LEVEL_1G, PG_LEVEL_2M, PG_LEVEL_4K } from '../tdp_iter.js';
import { zap_root_begin, zap_root_end } from './tdp_mmu_zap_root.js';

export const tdp_mmu_zap_root_v6_9 = procedure(
  'tdp_mmu_zap_root',
  {
    file: 'arch/x86/kvm/mmu/tdp_mmu.c',
    since: 'v6.9',
    params: ['vm', 'root', 'shared'],
    locals: ['removed'],
    leftOut: 'CONFIG_KVM_PROVE_MMU, with which only levels 3 and root are passed',
  },
  {
    ...zap_root_begin,
    rcu_read_lock: [
      () => op.rcu_read_lock(),
      (l) => call(fn.__tdp_mmu_zap_root, 'zapped_4k', l.vm, l.root, l.shared, PG_LEVEL_4K),
    ],
    zapped_4k: [
      null,
      (l, removed) => {
        l.removed = removed;
        return call(fn.__tdp_mmu_zap_root, 'zapped_2m', l.vm, l.root, l.shared, PG_LEVEL_2M);
      },
    ],
    zapped_2m: [
      null,
      (l, removed) => {
        l.removed += removed;
        return call(fn.__tdp_mmu_zap_root, 'zapped_1g', l.vm, l.root, l.shared, PG_LEVEL_1G);
      },
    ],
    zapped_1g: [
      null,
      (l, removed) => {
        l.removed += removed;
        const level = l.w.pageWord(l.root, PAGE.LEVEL);
        return call(fn.__tdp_mmu_zap_root, 'zapped_root_level', l.vm, l.root, l.shared, level);
      },
    ],
    zapped_root_level: [
      null,
      (l, removed) => {
        l.removed += removed;
        return 'rcu_read_unlock';
      },
    ],
    ...zap_root_end,
  },
);
