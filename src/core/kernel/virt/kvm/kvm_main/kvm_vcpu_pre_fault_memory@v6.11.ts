// kvm_vcpu_pre_fault_memory(), kvm_arch_vcpu_pre_fault_memory() and kvm_tdp_map_page() -- virt/kvm/kvm_main.c and mmu/mmu.c, v6.11
// KVM_PRE_FAULT_MEMORY: maps pages as read faults of the guest would, page by page. A fault that has to be retried is retried at once
// and for ever: nobody takes the vCPU's requests here, but for what kvm_mmu_reload() does (B17). That is called once a page, ahead of
// its retries: so from v6.15 on a root that was invalidated before is given up, and one that is invalidated behind that call still
// makes every retry stale, until a signal ends the call (litmus b17-middle; in the kernel's own words, in the patch that brought
// v6.18's form: prefaulting would have to take the request and reload ahead of each mapping).
// Context: the vCPU's own thread, not in KVM_RUN; holds SRCU. Returns the pages that are mapped, or -errno when the first is not:
// -ENOENT (no memory there), -EFAULT, -EIO (the VM is dead), -EINTR.
// Left out: signals, but for one that comes after so many retries of one page (constant preFaultSignalAfter; 0: none);
// private memory; large pages (each call goes on by one page).
import { VCPU } from '../../../../aggregates/layout.js';
import { ACCESS, REQ, RET_PF } from '../../../../events/constants.js';
import { op } from '../../../../machine/op.js';
import { call, procedure, ret } from '../../../../machine/procedure.js';
import { fn } from '../../../functions.js';

const ENOENT = 2;
const EINTR = 4;
const EIO = 5;

export const kvm_vcpu_pre_fault_memory_v6_11 = procedure(
  'kvm_vcpu_pre_fault_memory',
  {
    file: 'virt/kvm/kvm_main.c',
    since: 'v6.11',
    params: ['vcpu', 'gfn', 'pages'],
    locals: ['mapped', 'retries', 'errno'],
    leftOut: 'signals (but see constant preFaultSignalAfter), private memory, large pages',
  },
  {
    srcu_read_lock: [(l) => op.srcu_read_lock(l.w.vcpuWord(l.vcpu, VCPU.VM)), () => 'next_page'],
    next_page: [
      null,
      (l) => {
        if (l.mapped >= l.pages) return 'srcu_read_unlock';
        l.retries = 0;
        return call(fn.kvm_mmu_reload, 'check_vm_dead', l.vcpu);
      },
    ],
    check_vm_dead: [
      (l) => op.check_request(l.vcpu, REQ.VM_DEAD),
      (l, taken) => {
        if (taken) {
          l.errno = EIO;
          return 'srcu_read_unlock';
        }
        return call(fn.direct_page_fault, 'faulted', l.vcpu, l.gfn + l.mapped, ACCESS.READ);
      },
    ],
    faulted: [
      null,
      (l, result) => {
        if (result === RET_PF.RETRY) {
          const limit = l.env.constants.preFaultSignalAfter ?? 0;
          // Not counted where nobody asks: the next retry is then the same state.
          if (limit === 0 || ++l.retries < limit) return 'check_vm_dead';
          l.errno = EINTR;
          return 'srcu_read_unlock';
        }
        if (result < 0 || result === RET_PF.EMULATE) {
          l.errno = result < 0 ? -result : ENOENT;
          return 'srcu_read_unlock';
        }
        l.mapped++;
        return 'next_page';
      },
    ],
    srcu_read_unlock: [
      (l) => op.srcu_read_unlock(l.w.vcpuWord(l.vcpu, VCPU.VM)),
      (l) => ret(l.mapped > 0 || l.errno === 0 ? l.mapped : -l.errno),
    ],
  },
);
