// kvm_vcpu_ioctl_run(): kvm_vcpu_ioctl(KVM_RUN) -- virt/kvm/kvm_main.c, v5.18 (as of v6.3-rc)
// Runs the vCPU unless its VM is dead.
// Context: the vCPU's own thread. Returns the exit reason for user space (EXIT), or -errno.
// Left out: vcpu->mutex (a scenario runs a vCPU from one thread), signals, immediate_exit.
import { VCPU, VM } from '../../../../aggregates/layout.js';
import { op } from '../../../../machine/op.js';
import { call, procedure, ret } from '../../../../machine/procedure.js';
import { fn } from '../../../functions.js';

const EIO = 5;

export const kvm_vcpu_ioctl_run = procedure(
  'kvm_vcpu_ioctl_run',
  {
    file: 'virt/kvm/kvm_main.c',
    since: 'v5.18',
    params: ['vcpu'],
    leftOut: 'vcpu->mutex (a scenario runs a vCPU from one thread), signals, immediate_exit',
  },
  {
    vm_dead: [
      (l) => op.read_vm(l.w.vcpuWord(l.vcpu, VCPU.VM), VM.DEAD),
      (l, dead) => (dead !== 0 ? ret(-EIO) : call(fn.vcpu_run, 'done', l.vcpu)),
    ],
    done: [null, (_l, r) => ret(r)],
  },
);
