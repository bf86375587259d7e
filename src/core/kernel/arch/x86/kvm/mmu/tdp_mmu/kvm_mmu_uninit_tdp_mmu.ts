// kvm_mmu_uninit_tdp_mmu() -- arch/x86/kvm/mmu/tdp_mmu.c, v5.10
// Checks that no root is left. Nothing else: whatever was unlinked was freed on the spot.
// Context: VM destruction, no lock.
// Left out: the tdp_mmu_enabled test.
import { VM } from '../../../../../../aggregates/layout.js';
import { ASSERTION } from '../../../../../../events/constants.js';
import { op } from '../../../../../../machine/op.js';
import { procedure, ret } from '../../../../../../machine/procedure.js';

export const kvm_mmu_uninit_tdp_mmu = procedure(
  'kvm_mmu_uninit_tdp_mmu',
  {
    file: 'arch/x86/kvm/mmu/tdp_mmu.c',
    since: 'v5.10',
    params: ['vm'],
    leftOut: 'the tdp_mmu_enabled test',
  },
  {
    warn_tdp_mmu_roots: [
      (l) => op.read_vm(l.vm, VM.ROOTS),
      (_l, roots) => (roots !== 0 ? 'report_tdp_mmu_roots' : ret()),
    ],
    report_tdp_mmu_roots: [
      (l) => op.report(ASSERTION.WARN_ROOTS_LEFT, l.w.vmWord(l.vm, VM.ROOTS)),
      () => ret(),
    ],
  },
);
