// kvm_flush_remote_tlbs() -- virt/kvm/kvm_main.c, v5.18
// No CPU translates through what was in the VM's tables before, once this returns: each vCPU has the flush request, and those
// that ran guest code have left it.
// Context: any; may wait for vCPUs to leave the guest. Returns nothing.
// Left out: the hypervisor's flush call that replaces this on Hyper-V, statistics.
import { VCPU, VCPU_STATE } from '../../../../aggregates/layout.js';
import type { World } from '../../../../aggregates/world.js';
import { E } from '../../../../events/catalogue.js';
import { MODE, REQ } from '../../../../events/constants.js';
import { op } from '../../../../machine/op.js';
import { call, procedure, ret } from '../../../../machine/procedure.js';
import { fn } from '../../../functions.js';

function vcpus_inside(w: World, vm: number): number {
  let n = 0;
  for (let v = 0; v < w.vcpus; v++) {
    const at = w.vcpu(v);
    if (w.s[at + VCPU.STATE] !== VCPU_STATE.live || w.s[at + VCPU.VM] !== vm) continue;
    if (w.s[at + VCPU.MODE] !== MODE.OUTSIDE_GUEST_MODE) n++;
  }
  return n;
}

export const kvm_flush_remote_tlbs = procedure(
  'kvm_flush_remote_tlbs',
  {
    file: 'virt/kvm/kvm_main.c',
    since: 'v5.18',
    params: ['vm'],
    leftOut: 'the flush call of Hyper-V, statistics',
  },
  {
    tell_begun: [
      (l) => op.tell_vm(E.RemoteFlushBegun, l.vm, vcpus_inside(l.w, l.vm)),
      (l) => call(fn.kvm_make_all_cpus_request, 'made', l.vm, REQ.TLB_FLUSH, 1),
    ],
    made: [null, () => 'tell_ended'],
    tell_ended: [(l) => op.tell_vm(E.RemoteFlushEnded, l.vm), () => ret()],
  },
);
