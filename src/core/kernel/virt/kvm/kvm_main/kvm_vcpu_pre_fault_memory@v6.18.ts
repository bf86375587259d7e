// kvm_vcpu_pre_fault_memory(), kvm_arch_vcpu_pre_fault_memory() and kvm_tdp_map_page() -- virt/kvm/kvm_main.c and mmu/mmu.c, v6.18
// ("Return -EAGAIN if userspace deletes/moves memslot during prefault")
// As in v6.11, but a fault in a slot that is being deleted or moved ends the call: the update waits for this call's SRCU section, so
// a retry would wait for itself. All other retries go on as before.
// Context: as in v6.11; -EAGAIN where the slot is on its way out.
// Left out: as in v6.11; the kernel looks at the slot inside the fault, this looks again behind it (under the same SRCU section).
import { VCPU } from '../../../../aggregates/layout.js';
import { CPU_STATE, RET_PF } from '../../../../events/constants.js';
import { op } from '../../../../machine/op.js';
import type { Procedure } from '../../../../machine/procedure.js';
import { kvm_vcpu_pre_fault_memory_v6_11 } from './kvm_vcpu_pre_fault_memory@v6.11.js';
import { slot_copy, slot_is_invalid } from './memslots.js';

const ENOENT = 2;
const EINTR = 4;
const EAGAIN = 11;
const { head, steps } = kvm_vcpu_pre_fault_memory_v6_11;

export const kvm_vcpu_pre_fault_memory_v6_18: Procedure = {
  ...kvm_vcpu_pre_fault_memory_v6_11,
  head: { ...head, since: 'v6.18' },
  steps: {
    ...steps,
    faulted: [
      null,
      (l, result) => {
        if (result === RET_PF.RETRY) return 'find_slot';
        if (result < 0 || result === RET_PF.EMULATE) {
          l.errno = result < 0 ? -result : ENOENT;
          return 'srcu_read_unlock';
        }
        l.mapped = l.mapped + 1;
        return 'next_page';
      },
    ],
    find_slot: [
      (l) => {
        const smm = l.w.vcpuWord(l.vcpu, VCPU.CPU_STATE) & CPU_STATE.SMM ? 1 : 0;
        op.find_slot(l.w.vcpuWord(l.vcpu, VCPU.VM), smm, l.gfn + l.mapped);
      },
      (l, slotId) => {
        const slot = slot_copy(l.w, slotId);
        if (slot >= 0 && slot_is_invalid(slot)) {
          l.errno = EAGAIN;
          return 'srcu_read_unlock';
        }
        const limit = l.env.constants['preFaultSignalAfter'] ?? 0;
        if (limit === 0) return 'check_vm_dead';
        l.retries = l.retries + 1;
        if (l.retries < limit) return 'check_vm_dead';
        l.errno = EINTR;
        return 'srcu_read_unlock';
      },
    ],
  },
};
