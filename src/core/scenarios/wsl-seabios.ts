// wsl-seabios: the report behind the founding mail. One vCPU boots Flatcar Linux through SeaBIOS and grub, below KVM, which
// runs below Hyper-V. SeaBIOS calls its 32-bit functions through SMM: two SMIs a BIOS call, four root switches.
import { EXIT } from '../events/constants.js';
import { guestProgram, packExit } from '../guest/program.js';
import { script } from '../userspace/script.js';
import { PORT, phasePages, windowPages } from './boot-guest.js';
import { bootSlots, GFN, HOST_PAGES_BELOW_MAIN } from './boot-memory.js';
import { BOOT_PHASES, phaseSchedule } from './boot-phases.js';
import { assemble, daemons, vmmThread } from './recorded/turns.js';
import type { ParameterValues, Scenario, ScenarioGuest } from './scenario.js';

/** The kernel's part of the boot is the founding experiment's, from the phase `kernel` on. */
const KERNEL_PHASES = [3, 4, 5] as const;
const KERNEL_US = KERNEL_PHASES.reduce((us, k) => us + BOOT_PHASES[k].computeUs, 0);
const SMI = packExit(EXIT.IO_INSTRUCTION, 2, PORT.smi);

/**
 * What a nested exit costs, and what L0 does: figures of the nested machine in place of bare metal's. The one fitted figure
 * is outerRootShadowed; the others are published or assumed (machine/costs.ts, scenarios/experiments/wsl-seabios.ts).
 */
export const WSL_COSTS = {
  exit_EPT_VIOLATION: 6_300,
  exit_IO_INSTRUCTION: 15_000,
  exit_RSM: 94_000,
  exitOther: 6_300,
  faultFixed: 4_200,
  outerShadowFill: 2_000,
  outerRootShadowed: 9_500_000,
} as const;

function loaderPages(p: ParameterValues): number {
  return p['loaderPages']! + p['window']!;
}

function mainPages(p: ParameterValues): number {
  const kernel = KERNEL_PHASES.reduce((n, k) => n + phasePages(k, 100) + windowPages(k, 100), 0);
  return GFN.data - GFN.main + loaderPages(p) + kernel;
}

function guest(p: ParameterValues): ScenarioGuest {
  const b = guestProgram();
  b.code(GFN.resetVector).compute(1_000).touch('exec', BOOT_PHASES[0].codeGfn);
  let base: number = GFN.data;
  b.code(BOOT_PHASES[1].codeGfn)
    .phase({
      exits: Array.from({ length: 2 * p['biosCalls']! }, () => SMI),
      window: p['window']!,
      base,
      pages: p['loaderPages']!,
      computeUs: p['loaderMs']! * 1_000,
    })
    .milestone('decompression');
  base += loaderPages(p);
  for (const k of KERNEL_PHASES) {
    const phase = BOOT_PHASES[k];
    const window = windowPages(k, 100);
    const pages = phasePages(k, 100);
    const computeUs = Math.round((phase.computeUs * p['kernelMs']! * 1_000) / KERNEL_US);
    b.code(phase.codeGfn)
      .phase({ exits: phaseSchedule(k, p['exitsPercent']!), window, base, pages, computeUs })
      .milestone(phase.name);
    base += pages + window;
  }
  b.out(PORT.end);
  // call32_smm: the registers in the save state change places; the 32-bit function itself runs outside SMM.
  const smm = guestProgram()
    .code(GFN.smmCode)
    .touch('write', GFN.smmSaveState)
    .touch('write', GFN.smmCode + 1, 4)
    .compute(5_000)
    .rsm();
  return { program: b.build(), smm: smm.build() };
}

export const wslSeabios: Scenario = {
  id: 'wsl-seabios',
  title: 'Linux boots through SeaBIOS and grub below two hypervisors',
  doc:
    'The report of 5 April 2023: one vCPU, SeaBIOS, grub and decompression with an SMI pair a BIOS call, then the ' +
    "kernel's boot as in `boot`. An outer hypervisor shadows the roots of the inner one: a root that it does not know " +
    'costs it outerRootShadowed, each entry outerShadowFill. outer 0 takes it away. The power-off at the end is guest ' +
    "time. Left out: the shadow MMU (tdp_mmu=0), huge pages, a second vCPU, what the outer hypervisor's own load does.",
  parameters: {
    biosCalls: {
      default: 2_500,
      min: 1,
      max: 20_000,
      unit: 'calls',
      doc: 'BIOS calls of grub, two SMIs each (10,000 roots = 2,500 calls)',
    },
    window: {
      default: 100,
      min: 1,
      max: 400,
      unit: 'pages',
      doc: 'pages touched between two SMIs (assumed)',
    },
    loaderPages: {
      default: 16_000,
      min: 0,
      max: 60_000,
      unit: 'pages',
      doc: 'guest memory that grub and decompression go through (assumed)',
    },
    loaderMs: { default: 5_000, min: 1, max: 60_000, unit: 'ms', doc: 'guest time to the kernel (fitted)' },
    kernelMs: {
      default: 12_250,
      min: 1,
      max: 60_000,
      unit: 'ms',
      doc: 'guest time from the kernel to the end of the shutdown (fitted)',
    },
    exitsPercent: {
      default: 100,
      min: 1,
      max: 400,
      unit: '%',
      doc: "exits of the kernel's boot, as in `boot`",
    },
    outer: { default: 1, min: 0, max: 1, unit: 'flag', doc: 'an outer hypervisor shadows the roots' },
  },
  costs: WSL_COSTS,
  build(p) {
    const pages = mainPages(p);
    const main = script().createVm();
    for (const slot of bootSlots(pages)) main.setMemoryRegion(slot);
    main.createVcpu(0).setCpuid2(0).setSregs(0, 0, true).setRegs(0);
    main.run(0, 1, { smiOnPort: true }).closeVcpu(0).closeVm();
    const built = assemble([vmmThread('main', main), ...daemons()], [guest(p)], {
      slots: 5,
      pages: 4_096,
      hostPages: HOST_PAGES_BELOW_MAIN + pages,
      tlbEntries: 512,
      pscEntries: 32,
      outerEntries: p['outer'] === 1 ? 4_096 : 0,
    });
    return { ...built, constants: { haltInKernel: 1 } };
  },
};
