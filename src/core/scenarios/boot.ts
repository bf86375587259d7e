// The founding mail's experiment as a scenario: one vCPU boots Linux, and kvm_mmu_reset_context may be forced after exits.
import { script } from '../userspace/script.js';
import { THREAD_ENTRY } from '../userspace/threads.js';
import { bootGuest, mainPages } from './boot-guest.js';
import { BOOT_COSTS } from './boot-inputs.js';
import { bootSlots, HOST_PAGES_BELOW_MAIN, PAM_SLOT } from './boot-memory.js';
import { RESET_POLICIES, resetAfterExits } from './reset-policy.js';
import type { ParameterValues, Scenario, ScenarioThread } from './scenario.js';
import { topology } from './topology.js';

/** Barriers between the VMM thread and the one that raises asynchronous SMIs. */
const BARRIER = { created: 0, finished: 1 } as const;

function mainScript(p: ParameterValues, pages: number): Int32Array {
  const slots = bootSlots(pages);
  const pam = slots.find((s) => s.asId === 0 && s.slot === PAM_SLOT)!;
  const b = script().createVm();
  for (const slot of slots) b.setMemoryRegion(slot);
  b.createVcpu(0).setCpuid2(0).setSregs(0, 0, true).setRegs(0).arrive(BARRIER.created);
  // The vCPU thread itself changes the memory map, as in QEMU: it has come back with the register write.
  b.loop(p['memslotUpdates'], (update) =>
    update.run(0, 1, { smiOnPort: true }).deleteMemoryRegion(pam.slot, pam.asId).setMemoryRegion(pam),
  );
  b.run(0, 1, { smiOnPort: true }).arrive(BARRIER.finished).closeVcpu(0).closeVm();
  return b.build();
}

/** Raises SMIs for as long as the guest runs. */
function smiScript(periodUs: number): Int32Array {
  return script()
    .await(BARRIER.created, 1)
    .until(BARRIER.finished, 1, (b) => b.sleep(periodUs * 1_000).smi(0, true))
    .build();
}

export const boot: Scenario = {
  id: 'boot',
  title: 'A Linux guest boots, with forced context resets',
  doc:
    "The founding mail's experiment: one vCPU from the reset vector to the console, kvm_mmu_reset_context after exits as " +
    'the policy says. Exits by type from a student table (unaudited), scaled to ~100,000 resettable ones; windows and ' +
    'times fitted to the boot times of the mail; memory updates and SMIs of the firmware assumed. The VM is closed at ' +
    'the end. Left out: huge pages, MMIO as page faults (an EPT misconfiguration is an exit of its own here), idling.',
  parameters: {
    resetPolicy: {
      default: 0,
      min: 0,
      max: RESET_POLICIES.length - 1,
      unit: 'policy',
      doc: 'after which exits kvm_mmu_reset_context is forced; never on the fastpath',
      words: RESET_POLICIES,
    },
    drEmulateFirstExit: {
      default: 0,
      min: 0,
      max: 1,
      unit: 'flag',
      doc: 'KVM emulates the first debug-register exit and skips it, as the mail says it should',
    },
    smis: { default: 7, min: 0, max: 100_000, unit: 'SMIs', doc: 'synchronous SMIs in firmware (assumed)' },
    memslotUpdates: {
      default: 7,
      min: 0,
      max: 64,
      unit: 'updates',
      doc: 'deletions of a memslot that is added again, in firmware (assumed)',
    },
    asyncSmiPeriodUs: {
      default: 0,
      min: 0,
      max: 2_000_000,
      unit: 'us',
      doc: 'an SMI from outside every so often; 0: none',
    },
    windowPercent: {
      default: 100,
      min: 10,
      max: 400,
      unit: '%',
      doc: 'pages touched between exits, of the fitted ones',
    },
    exitsPercent: {
      default: 100,
      min: 1,
      max: 400,
      unit: '%',
      doc: 'exits of every type but EPT violations and MOV-DR, of 100,000 resettable ones',
    },
    computePercent: {
      default: 100,
      min: 1,
      max: 1_000,
      unit: '%',
      doc: 'guest time between exits, of the fitted one',
    },
    pagesPercent: {
      default: 100,
      min: 1,
      max: 400,
      unit: '%',
      doc: 'pages of guest memory that the boot goes through, of the 35,200 assumed',
    },
    touchBurst: {
      default: 4_096,
      min: 1,
      max: 65_536,
      unit: 'instructions',
      doc: 'instructions that hit the TLB and are one step, at the most',
    },
  },
  costs: BOOT_COSTS,
  build(p) {
    const pages = mainPages(p['windowPercent'], p['pagesPercent']);
    const threads: ScenarioThread[] = [
      { name: 'main', kind: 'vmm', entry: THREAD_ENTRY.vmm, args: [], script: mainScript(p, pages) },
      { name: 'kworker', kind: 'daemon', entry: THREAD_ENTRY.kworker, args: [], script: new Int32Array(0) },
      { name: 'rcu', kind: 'daemon', entry: THREAD_ENTRY.rcu, args: [], script: new Int32Array(0) },
    ];
    if (p['asyncSmiPeriodUs'] > 0) {
      const smis = smiScript(p['asyncSmiPeriodUs']);
      threads.push({ name: 'smi', kind: 'vmm', entry: THREAD_ENTRY.vmm, args: [], script: smis });
    }
    return {
      topology: topology({
        slots: 5,
        // A vCPU that makes no progress drops a tree of four pages every ~12 us, and two grace periods of 10 ms may go
        // by before the first comes back; slower grace periods need more.
        pages: 32_768,
        hostPages: HOST_PAGES_BELOW_MAIN + pages,
        tlbEntries: 512,
        pscEntries: 32,
      }),
      threads,
      guests: [
        bootGuest({
          exitsPercent: p['exitsPercent'],
          windowPercent: p['windowPercent'],
          computePercent: p['computePercent'],
          pagesPercent: p['pagesPercent'],
          smis: p['smis'],
          memslotUpdates: p['memslotUpdates'],
        }),
      ],
      constants: {
        drEmulateFirstExit: p['drEmulateFirstExit'],
        haltInKernel: 1,
        touchBurst: p['touchBurst'],
      },
      resetAfterExits: resetAfterExits(RESET_POLICIES[p['resetPolicy']]),
    };
  },
};
