// kvm_mmu_page_fault() -- arch/x86/kvm/mmu/mmu.c, v5.18
// An EPT violation (or NPF) of the guest. 1: enter the guest again, whether the fault was fixed, spurious or has to be retried;
// 0: the access needs an emulator in user space; -EFAULT: the host cannot back the page.
// Context: vCPU outside guest mode, SRCU read lock held.
// Left out: reserved-bit faults (MMIO SPTEs), nested page tables, in-kernel emulation.
import { VCPU } from '../../../../../../aggregates/layout.js';
import { RET_PF } from '../../../../../../events/constants.js';
import { call, procedure, ret } from '../../../../../../machine/procedure.js';
import { fn } from '../../../../../functions.js';

export const kvm_mmu_page_fault = procedure(
  'kvm_mmu_page_fault',
  {
    file: 'arch/x86/kvm/mmu/mmu.c',
    since: 'v5.18',
    params: ['vcpu', 'gfn', 'access'],
    leftOut: 'reserved-bit faults, nested page tables, in-kernel emulation',
  },
  {
    do_page_fault: [
      null,
      (l) => {
        // WARN_ON(!VALID_PAGE(root.hpa)) in C: the guest could not have run.
        if (l.w.vcpuWord(l.vcpu, VCPU.ROOT) === 0) return ret(1);
        return call(fn.direct_page_fault, 'done', l.vcpu, l.gfn, l.access);
      },
    ],
    done: [
      null,
      (_l, result) => {
        if (result < 0) return ret(result);
        return ret(result === RET_PF.EMULATE ? 0 : 1);
      },
    ],
  },
);
