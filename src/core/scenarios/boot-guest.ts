// What the booting guest executes: from the reset vector through the phases to the console, and its SMM handler.
import { ACCESS, EXIT } from '../events/constants.js';
import { guestProgram, packExit } from '../guest/program.js';
import { ROUND_PORT, SMI_PORT } from '../userspace/script.js';
import { GFN } from './boot-memory.js';
import { BOOT_PHASES, phaseSchedule } from './boot-phases.js';
import type { ScenarioGuest } from './scenario.js';

/** Ports that mean something to the VMM thread (boot.ts). */
export const PORT = {
  /** APM control: an SMI. */
  smi: SMI_PORT,
  /**
   * Ends a RUN of the VMM's script: a PAM or SMRAM register was written (on hardware through 0xcfc), so memslots change;
   * or the guest is where the scenario ends.
   */
  memory: ROUND_PORT,
  end: ROUND_PORT,
} as const;

export interface BootGuestOptions {
  readonly exitsPercent: number;
  readonly windowPercent: number;
  readonly computePercent: number;
  readonly pagesPercent: number;
  readonly smis: number;
  readonly memslotUpdates: number;
}

const SMI = packExit(EXIT.IO_INSTRUCTION, ACCESS.WRITE, PORT.smi);
const MEMORY = packExit(EXIT.IO_INSTRUCTION, ACCESS.WRITE, PORT.memory);

/** Firmware's SMIs and memory updates, each kind spread evenly; an update comes before the SMI of the same moment. */
export function firmwareEvents(smis: number, memslotUpdates: number): ('smi' | 'update')[] {
  const at = [
    ...Array.from({ length: memslotUpdates }, (_, k) => ({
      kind: 'update' as const,
      when: (k + 1) / (memslotUpdates + 1),
    })),
    ...Array.from({ length: smis }, (_, k) => ({ kind: 'smi' as const, when: (k + 1) / (smis + 1) })),
  ];
  // Stable: of two at the same moment, the update is first.
  return at.sort((a, b) => a.when - b.when).map((e) => e.kind);
}

/** Root allocations that a boot needs where roots are kept: pairs of role and invalidation epoch that the vCPU loads. */
export function rolesPerEpoch(smis: number, memslotUpdates: number): number {
  let pairs = 1;
  let smmLoaded = false;
  for (const event of firmwareEvents(smis, memslotUpdates)) {
    if (event === 'update') {
      pairs++;
      smmLoaded = false;
    } else if (!smmLoaded) {
      pairs++;
      smmLoaded = true;
    }
  }
  return pairs;
}

/** The firmware's exits with the SMIs and memory updates between them. */
function firmwareSchedule(o: BootGuestOptions): number[] {
  const plain = phaseSchedule(0, o.exitsPercent);
  const events = firmwareEvents(o.smis, o.memslotUpdates);
  const out: number[] = [];
  let next = 0;
  for (const [k, event] of events.entries()) {
    const until = Math.floor(((k + 1) * plain.length) / (events.length + 1));
    for (; next < until; next++) out.push(plain[next]);
    out.push(event === 'smi' ? SMI : MEMORY);
  }
  for (; next < plain.length; next++) out.push(plain[next]);
  return out;
}

export function windowPages(phase: number, windowPercent: number): number {
  return Math.max(1, Math.round((BOOT_PHASES[phase].window * windowPercent) / 100));
}

export function phasePages(phase: number, pagesPercent: number): number {
  return Math.round((BOOT_PHASES[phase].pages * pagesPercent) / 100);
}

/** Pages of main RAM that the phases go through, their windows included. */
export function mainPages(windowPercent: number, pagesPercent: number): number {
  return BOOT_PHASES.reduce(
    (n, _phase, k) => n + phasePages(k, pagesPercent) + windowPages(k, windowPercent),
    GFN.data - GFN.main,
  );
}

export function bootGuest(o: BootGuestOptions): ScenarioGuest {
  const b = guestProgram();
  // The jump into the firmware. With one page mapped at a time, not even that.
  b.code(GFN.resetVector).compute(1_000).touch('exec', BOOT_PHASES[0].codeGfn);
  let base: number = GFN.data;
  BOOT_PHASES.forEach((phase, k) => {
    const window = windowPages(k, o.windowPercent);
    const pages = phasePages(k, o.pagesPercent);
    b.code(phase.codeGfn)
      .phase({
        exits: k === 0 ? firmwareSchedule(o) : phaseSchedule(k, o.exitsPercent),
        window,
        base,
        pages,
        computeUs: Math.round((phase.computeUs * o.computePercent) / 100),
      })
      .milestone(phase.name);
    base += pages + window;
  });
  b.out(PORT.end);
  // call32_smm: save state, a little work in SMRAM, back.
  const smm = guestProgram()
    .code(GFN.smmCode)
    .touch('write', GFN.smmSaveState)
    .touch('write', GFN.smmCode + 1, 4)
    .compute(10_000)
    .rsm();
  return { program: b.build(), smm: smm.build() };
}
