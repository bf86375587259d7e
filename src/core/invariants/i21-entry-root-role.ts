// I21.
import { VCPU } from '../aggregates/layout.js';
import { ROLE } from '../aggregates/role.js';
import { CPU_STATE } from '../events/constants.js';
import type { Handler, Invariant } from './invariant.js';

const COMPARED = ROLE.LEVEL_MASK | ROLE.SMM | ROLE.GUEST_MODE;

export const i21EntryRootRole: Invariant = {
  number: 21,
  name: 'ENTRY_ROOT_ROLE',
  kind: 'transition',
  statement: 'At guest entry the root has the level, the SMM bit and the guest_mode bit that the vCPU wants.',
  eras: 'abcdefgh',
  exercise: 'entered a guest',
  details: ['', "the root's role is not the vCPU's", "the root's SMM bit is not the CPU's"],
  seen: 'the role word of the root',
  create(_w, _rules, probe) {
    const check: Handler = (w, e, i) => {
      const v = e.subject[i] >> 4;
      const role = e.a[i];
      probe.checks++;
      if (((role ^ w.vcpuWord(v, VCPU.ROLE)) & COMPARED) !== 0) probe.report(w, e, i, 1, role, e.c[i]);
      else if (((role & ROLE.SMM) !== 0) !== ((w.vcpuWord(v, VCPU.CPU_STATE) & CPU_STATE.SMM) !== 0)) {
        probe.report(w, e, i, 2, role, e.c[i]);
      }
    };
    return { before: { VcpuEntered: check } };
  },
};
