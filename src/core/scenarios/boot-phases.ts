// The Linux boot, as figures: exits by type and phase, pages, windows, guest time. Each figure says where it is from.
// Nothing here knows a protocol or a reset policy.
import { assert } from '../base/assert.js';
import { ACCESS, EXIT, type MILESTONE } from '../events/constants.js';
import { interleave, packExit } from '../guest/program.js';

/** How well a figure is founded. `unaudited`: printed somewhere, checked by nobody. */
export type Provenance = 'published' | 'derived' | 'assumed' | 'unaudited' | 'fitted';

export interface BootPhase {
  /** Also the milestone at its end. */
  readonly name: keyof typeof MILESTONE;
  /** Page that its instructions are fetched from. */
  readonly codeGfn: number;
  /** Pages touched between two exits. */
  readonly window: number;
  /** Pages of guest memory that the phase goes through. */
  readonly pages: number;
  /** Guest time without exits, us. */
  readonly computeUs: number;
  /** MOV to a debug register. */
  readonly movDrs: number;
}

/** A boot's phases, from the reset vector's jump on. Windows and times are fitted (scenarios/experiment.ts). */
export const BOOT_PHASES: readonly BootPhase[] = [
  { name: 'firmware', codeGfn: 0xf7, window: 12, pages: 200, computeUs: 380_000, movDrs: 0 },
  { name: 'bootLoader', codeGfn: 0x7, window: 20, pages: 4_000, computeUs: 270_000, movDrs: 0 },
  { name: 'decompression', codeGfn: 0x100, window: 40, pages: 7_000, computeUs: 280_000, movDrs: 0 },
  // cpu_init clears DR0-3, DR6 and DR7.
  { name: 'kernel', codeGfn: 0x101, window: 48, pages: 7_000, computeUs: 557_000, movDrs: 6 },
  { name: 'pid1', codeGfn: 0x102, window: 49, pages: 4_000, computeUs: 300_000, movDrs: 0 },
  { name: 'console', codeGfn: 0x103, window: 68, pages: 13_000, computeUs: 1_831_000, movDrs: 2 },
];

export interface BootExit {
  readonly reason: number;
  /** ACCESS bits, and the port of an I/O instruction. */
  readonly access: number;
  readonly port: number;
  /** Exits of the sourced boot. */
  readonly sourced: number;
  /** Handled inside the entry loop: never a reset there. */
  readonly fastpath: boolean;
  /** Percent in each phase, in the order of BOOT_PHASES; sums to 100. Assumed. */
  readonly share: readonly [number, number, number, number, number, number];
}

/** PIT: handled inside the kernel. */
const PORT_PIT = 0x40;

function row(
  reason: number,
  sourced: number,
  share: BootExit['share'],
  more: Partial<Pick<BootExit, 'access' | 'port' | 'fastpath'>> = {},
): BootExit {
  return { reason, sourced, share, access: 0, port: 0, fastpath: false, ...more };
}

/**
 * Exits by type of one boot with EPT: 449,531 in all, 35,708 of them EPT violations and 2 debug-register exits (a
 * student's table, nicolashanout/linux, assignment 4). Unaudited: counters of that kind may include earlier boots.
 */
export const BOOT_EXITS: readonly BootExit[] = [
  row(EXIT.IO_INSTRUCTION, 132_365, [24, 12, 0, 14, 8, 42], { access: ACCESS.READ, port: PORT_PIT }),
  row(EXIT.CPUID, 132_076, [2, 0, 0, 14, 8, 76]),
  row(EXIT.EPT_MISCONFIG, 30_422, [8, 8, 4, 20, 12, 48], { access: ACCESS.READ }),
  row(EXIT.HLT, 27_229, [0, 2, 0, 10, 8, 80]),
  row(EXIT.EXTERNAL_INTERRUPT, 25_481, [8, 6, 8, 18, 10, 50]),
  row(EXIT.MSR_WRITE, 21_545, [0, 0, 0, 25, 15, 60], { fastpath: true }),
  row(EXIT.CR_ACCESS, 18_175, [20, 10, 4, 20, 8, 38], { access: ACCESS.READ }),
  row(EXIT.PREEMPTION_TIMER, 11_029, [0, 0, 0, 25, 15, 60], { fastpath: true }),
  row(EXIT.EXCEPTION_NMI, 8_407, [0, 0, 0, 20, 10, 70]),
  row(EXIT.INTERRUPT_WINDOW, 6_352, [4, 4, 0, 20, 10, 62]),
  row(EXIT.MSR_READ, 720, [5, 0, 0, 60, 15, 20]),
  row(EXIT.APIC_ACCESS, 11, [0, 0, 0, 100, 0, 0]),
  row(EXIT.WBINVD, 9, [50, 0, 0, 50, 0, 0]),
];

/** Non-fastpath exits without EPT violations and debug registers, to the console: what the mail's 100,000 counts. */
export const RESETTABLE_EXITS = 100_000;
const SOURCED_RESETTABLE = BOOT_EXITS.reduce((n, e) => n + (e.fastpath ? 0 : e.sourced), 0);

/** Exits of one type in the whole boot at this scale (percent of the founding experiment's). */
export function scaledExits(exit: BootExit, exitsPercent: number): number {
  return Math.round((exit.sourced * RESETTABLE_EXITS * exitsPercent) / (SOURCED_RESETTABLE * 100));
}

/** Exits of one type in one phase; over all phases exactly scaledExits. */
export function phaseExits(exit: BootExit, phase: number, exitsPercent: number): number {
  const total = scaledExits(exit, exitsPercent);
  const upTo = (k: number): number => {
    let percent = 0;
    for (let i = 0; i < k; i++) percent += exit.share[i];
    return Math.floor((total * percent) / 100);
  };
  return upTo(phase + 1) - upTo(phase);
}

/** The exits of a phase in order, packed; each type spread evenly. */
export function phaseSchedule(phase: number, exitsPercent: number): number[] {
  const kinds = BOOT_EXITS.map((e) => {
    assert(e.share.reduce((a, b) => a + b, 0) === 100, 'the shares of an exit sum to 100');
    return { word: packExit(e.reason, e.access, e.port), count: phaseExits(e, phase, exitsPercent) };
  });
  kinds.push({ word: packExit(EXIT.DR_ACCESS, ACCESS.WRITE), count: BOOT_PHASES[phase].movDrs });
  return interleave(kinds.filter((k) => k.count > 0));
}

/** Exits of the whole boot after which some policy may reset (neither fastpath, EPT violation nor MOV-DR). */
export function resettableExits(exitsPercent: number): number {
  return BOOT_EXITS.reduce((n, e) => n + (e.fastpath ? 0 : scaledExits(e, exitsPercent)), 0);
}
