// xen-shim-smep: a guest that flips CR4.SMEP all the time, on one or two vCPUs. CR4.SMEP is a role bit of the guest's own
// paging only, so each flip drops the root of the vCPU and wants the same one again.
import { CPU_STATE } from '../events/constants.js';
import { guestProgram } from '../guest/program.js';
import { ROUND_PORT, script } from '../userspace/script.js';
import { assemble, daemons, vmmThread } from './recorded/turns.js';
import type { Scenario, ScenarioGuest } from './scenario.js';

const CODE_GFN = 1;
const FIRST_GFN = 0x100;
/** Guest pages of one vCPU lie this far apart from the other's. */
const STRIDE = 0x200;
/** After so many cycles KVM_RUN comes back for a moment, as it does for a device now and then. */
const CYCLES_PER_ROUND = 20;
const READY = 1;
const DONE = 2;

/** What vCPU 1 does meanwhile. */
export const SECOND_VCPU = ['none', 'idle', 'busy'] as const;

/**
 * Guest time between flips, in percent of computeNs, by vCPU: no guest does the same each time. Two vCPUs with one and the
 * same period would settle into a fixed phase to each other at mmu_lock, and then either always or never be without a root at
 * once. The two cycles have no common divisor; their means are 100.
 */
const WORK_PERCENT = [
  [40, 170, 90, 130, 60, 110, 100],
  [120, 50, 150, 80, 30, 190, 100, 70, 140, 60, 110],
] as const;

function flips(v: number, pages: number, computeNs: number): ScenarioGuest {
  const program = guestProgram()
    .code(CODE_GFN)
    .loop(0, (b) =>
      b
        .loop(CYCLES_PER_ROUND, (r) => {
          for (const percent of WORK_PERCENT[v]!) {
            r.touch('write', FIRST_GFN + v * STRIDE, pages)
              .compute(Math.ceil((computeNs * percent) / 100))
              .writeCr(CPU_STATE.CR4_SMEP);
          }
        })
        .out(ROUND_PORT),
    )
    .build();
  return { program, smm: guestProgram().code(CODE_GFN).rsm().build() };
}

/** Pages in use at once: each tree has four, and those of two grace periods (20 ms) may wait for RCU. */
function pool(touched: number): number {
  const rebuildUs = 4 + 2.5 * touched;
  return 512 + 4 * Math.ceil(40_000 / rebuildUs);
}

/** How long a vCPU is without a root at a flip: it decides how often two busy vCPUs are without one at once. Assumed. */
const COSTS = { resetToReload: 500 } as const;

export const xenShimSmep: Scenario = {
  id: 'xen-shim-smep',
  title: 'a guest flips CR4.SMEP; a second vCPU is not there, idles or does the same',
  doc:
    'Woodhouse, Oct 2023: the Xen PV shim flips CR4.SMEP when it goes between the shim and its guest. Each flip resets the MMU ' +
    'context: the vCPU drops its root and looks the same one up at the next entry. An idle second vCPU ran once and keeps its ' +
    'reference; a busy one runs the same loop with another period. Left out: Xen, what the guest computes, wall-clock figures ' +
    '(none is published).',
  parameters: {
    second: {
      default: 0,
      min: 0,
      max: SECOND_VCPU.length - 1,
      unit: 'vCPU 1',
      doc: 'what the second vCPU does',
      words: SECOND_VCPU,
    },
    flips: { default: 10_000, min: 100, max: 1_000_000, unit: 'flips', doc: 'CR4 writes of vCPU 0' },
    pages: { default: 24, min: 1, max: 256, unit: 'pages', doc: 'pages touched between two flips (assumed)' },
    computeNs: {
      default: 3_000,
      min: 1,
      max: 1_000_000,
      unit: 'ns',
      doc: 'guest time between two flips (assumed)',
    },
  },
  costs: COSTS,
  build(p) {
    const second = SECOND_VCPU[p['second']!]!;
    const vcpus = second === 'none' ? [0] : [0, 1];
    const main = script().createVm().setMemoryRegion({ slot: 0, baseGfn: 0, pages: 0x1000, hvaPage: 0 });
    for (const v of vcpus) main.createVcpu(v).setCpuid2(v).setSregs(v, 0, true).setRegs(v);
    main.arrive(READY).await(DONE, vcpus.length);
    for (const v of vcpus) main.closeVcpu(v);
    main.closeVm();
    const rounds = Math.ceil(p['flips']! / (CYCLES_PER_ROUND * WORK_PERCENT[0].length));
    const scripts = vcpus.map((v) => {
      const s = script().await(READY, 1);
      if (v === 0) s.run(0, rounds);
      else if (second === 'idle') s.run(1, 1);
      else s.until(DONE, 1, (b) => b.run(1, 1));
      return vmmThread(`vcpu${v}`, s.arrive(DONE));
    });
    const guests = vcpus.map((v) => flips(v, p['pages']!, p['computeNs']!));
    return assemble([vmmThread('main', main), ...scripts, ...daemons()], guests, {
      hostPages: 0x1000,
      pages: pool(p['pages']!),
      tlbEntries: 256,
    });
  },
};
