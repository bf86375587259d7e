// kvm_flush_remote_tlbs_with_address() -- arch/x86/kvm/mmu/mmu.c, v5.0 to v6.3 (kvm_flush_remote_tlbs_range from v6.4)
// No CPU translates these gfns through what was in the VM's tables before, once this returns. Below a hypervisor that takes
// ranges (Hyper-V; the scenario's constant hypervisorFlushesRanges) one hypercall forgets the range, and nothing else; elsewhere
// everything is flushed.
// Context: any; may wait for vCPUs to leave the guest. Returns nothing.
// Left out: a hypercall that fails (then everything is flushed).
import { op } from '../../../../../../machine/op.js';
import { call, procedure, ret } from '../../../../../../machine/procedure.js';
import { fn } from '../../../../../functions.js';

export const kvm_flush_remote_tlbs_with_address = procedure(
  'kvm_flush_remote_tlbs_with_address',
  {
    file: 'arch/x86/kvm/mmu/mmu.c',
    since: 'v5.0',
    params: ['vm', 'gfn', 'pages'],
    leftOut: 'a hypercall that fails',
  },
  {
    takes_ranges: [
      null,
      (l) =>
        l.env.constants['hypervisorFlushesRanges'] === 1
          ? 'flush_range'
          : call(fn.kvm_flush_remote_tlbs, 'flushed', l.vm),
    ],
    flush_range: [(l) => op.flush_range(l.vm, l.gfn, l.pages), () => ret()],
    flushed: [null, () => ret()],
  },
);
