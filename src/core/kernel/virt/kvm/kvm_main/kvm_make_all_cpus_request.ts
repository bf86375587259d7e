// kvm_make_all_cpus_request() -- virt/kvm/kvm_main.c, v5.18
// Sets a request for every vCPU of the VM and forces those in guest mode out. wait 1 (KVM_REQUEST_WAIT): returns only when each of
// those has left, so that none runs guest code under the old state.
// Context: any. Returns nothing.
// Left out: CPU masks, waking halted vCPUs.
import { VCPU, VCPU_STATE } from '../../../../aggregates/layout.js';
import type { World } from '../../../../aggregates/world.js';
import { MODE } from '../../../../events/constants.js';
import { op } from '../../../../machine/op.js';
import { procedure, ret } from '../../../../machine/procedure.js';

/** Next live vCPU of the VM after `v`, or -1. */
function next_vcpu(w: World, vm: number, v: number): number {
  for (let i = v + 1; i < w.vcpus; i++) {
    if (w.vcpuWord(i, VCPU.STATE) === VCPU_STATE.live && w.vcpuWord(i, VCPU.VM) === vm) return i;
  }
  return -1;
}

/** Next vCPU after `v` in the set of those to wait for, or -1. */
function next_waited(l: { readonly w: World; lo: number; hi: number }, v: number): number {
  for (let i = v + 1; i < l.w.vcpus; i++) {
    if (((i < 32 ? l.lo : l.hi) & (1 << (i & 31))) !== 0) return i;
  }
  return -1;
}

export const kvm_make_all_cpus_request = procedure(
  'kvm_make_all_cpus_request',
  {
    file: 'virt/kvm/kvm_main.c',
    since: 'v5.18',
    params: ['vm', 'request', 'wait'],
    // lo, hi: the vCPUs to wait for, as bits.
    locals: ['v', 'lo', 'hi'],
    leftOut: 'CPU masks, waking halted vCPUs',
  },
  {
    first_vcpu: [
      null,
      (l) => {
        l.v = next_vcpu(l.w, l.vm, -1);
        return l.v < 0 ? ret() : 'kvm_make_request';
      },
    ],
    kvm_make_request: [(l) => op.make_request(l.v, l.request), () => 'kvm_vcpu_exiting_guest_mode'],
    kvm_vcpu_exiting_guest_mode: [
      (l) => op.kick(l.v, l.request),
      (l) => {
        // One that somebody else has kicked and that is still on its way out is waited for, too.
        if (l.wait && l.w.vcpuWord(l.v, VCPU.MODE) !== MODE.OUTSIDE_GUEST_MODE) {
          if (l.v < 32) l.lo |= 1 << l.v;
          else l.hi |= 1 << (l.v & 31);
        }
        l.v = next_vcpu(l.w, l.vm, l.v);
        if (l.v >= 0) return 'kvm_make_request';
        l.v = next_waited(l, -1);
        return l.v < 0 ? ret() : 'wait_outside';
      },
    ],
    wait_outside: [
      (l) => op.wait_outside(l.v),
      (l) => {
        l.v = next_waited(l, l.v);
        return l.v < 0 ? ret() : 'wait_outside';
      },
    ],
  },
);
