// reset1: context resets by KVM_SET_SREGS and by the guest's own writes of control registers.
import { CPU_STATE } from '../../events/constants.js';
import { guestProgram } from '../../guest/program.js';
import type { Scenario } from '../scenario.js';
import {
  close,
  createVcpu,
  FLIP,
  hostPages,
  NO_HANDLER,
  open,
  ownPages,
  RECORDED_MEMORY,
  round,
} from './layout.js';
import { assemble, Turns } from './turns.js';

/** KVM_SET_SREGS calls in order: bits that flip; null: CR3 only. */
const CHANGES: readonly (number | null)[] = [
  CPU_STATE.CR0_WP,
  CPU_STATE.CR4_PSE,
  CPU_STATE.EFER_NX,
  null,
  0,
  CPU_STATE.CR4_SMEP,
  CPU_STATE.CR0_WP,
  CPU_STATE.CR4_PSE,
];

export const reset1: Scenario = {
  id: 'reset1',
  title: 'KVM_SET_SREGS, KVM_SET_CPUID2, and the guest toggles CR0.WP and CR4.PSE',
  doc: 'As recorded, one vCPU, 8 pages: 2 rounds after each of eight KVM_SET_SREGS (one changes CR3 only, one nothing), KVM_SET_CPUID2 unchanged and changed (refused: the vCPU has run), 4 rounds that toggle CR0.WP, 4 that toggle CR4.PSE.',
  parameters: {},
  build() {
    const t = new Turns();
    const main = t.main();
    open(main, RECORDED_MEMORY);
    createVcpu(main, 0);
    t.vcpu(0).run(0, 2);
    for (const flips of CHANGES) {
      t.main().setSregs(0, flips ?? 0, flips === null);
      t.vcpu(0).run(0, 2);
    }
    t.main().setCpuid2(0);
    t.vcpu(0).run(0, 1);
    t.main().setCpuid2(0, true);
    t.vcpu(0).run(0, 1).run(0, 4).run(0, 4);
    close(t.main(), 1);
    const pages = { baseGfn: ownPages(0), count: 8 };
    const program = guestProgram()
      .loop(2 + 2 * CHANGES.length + 2, (b) => round(b, pages))
      .loop(4, (b) => round(b, { ...pages, flip: FLIP.CR0_WP }))
      .loop(4, (b) => round(b, { ...pages, flip: FLIP.CR4_PSE }))
      .build();
    return assemble(t.threads(), [{ program, smm: NO_HANDLER }], { hostPages: hostPages(RECORDED_MEMORY) });
  },
};
