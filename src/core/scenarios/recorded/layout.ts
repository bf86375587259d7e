// Memory and threads of the recorded program (fixtures/traces/README.md section 1): the same slots in the same order, the
// same pages written by the VMM, the same calls per vCPU.

import { CPU_STATE } from '../../events/constants.js';
import { type GuestProgramBuilder, guestProgram } from '../../guest/program.js';
import { ROUND_PORT, type ScriptBuilder } from '../../userspace/script.js';

/** Host areas, in pages of the process. */
export const LOWMEM = { hvaPage: 0, gfn: 0, pages: 0x100 } as const;
export const MAIN = { hvaPage: 0x100, gfn: 0x200, pages: 0x800 } as const;
const SMRAM_PAGES = 0x40;
const SMRAM_GFN = 0x30;

export const CODE_GFN = 0x8;
export const MAILBOX_GFN = 0x1;
const HANDLER_GFN = 0x38;
const HANDLER_DATA_GFN = 0x39;

/** Areas of one scenario; `mainPages` grows only where working sets are larger than the recorded ones. */
export interface Memory {
  readonly mainPages: number;
  readonly smm: boolean;
}
export const RECORDED_MEMORY: Memory = { mainPages: MAIN.pages, smm: false };

export function smramHvaPage(m: Memory): number {
  return MAIN.hvaPage + m.mainPages;
}
export function hostPages(m: Memory): number {
  return smramHvaPage(m) + (m.smm ? SMRAM_PAGES : 0);
}

/** open, or open+smm: the VMM's own pages, KVM_CREATE_VM, the slots. `handlerData`: the VMM wrote the handler's data page. */
export function open(s: ScriptBuilder, m: Memory, handlerData = false): void {
  s.memset(LOWMEM.hvaPage + MAILBOX_GFN, 1).memset(LOWMEM.hvaPage + CODE_GFN, 1);
  const smram = smramHvaPage(m);
  if (m.smm) s.memset(smram + HANDLER_GFN - SMRAM_GFN, 1);
  if (m.smm && handlerData) s.memset(smram + HANDLER_DATA_GFN - SMRAM_GFN, 1);
  s.createVm();
  s.setMemoryRegion({ slot: 0, baseGfn: LOWMEM.gfn, pages: LOWMEM.pages, hvaPage: LOWMEM.hvaPage });
  addMain(s, m);
  if (!m.smm) return;
  const rest = SMRAM_GFN + SMRAM_PAGES;
  s.setMemoryRegion({ asId: 1, slot: 0, baseGfn: 0, pages: SMRAM_GFN, hvaPage: LOWMEM.hvaPage });
  s.setMemoryRegion({ asId: 1, slot: 2, baseGfn: SMRAM_GFN, pages: SMRAM_PAGES, hvaPage: smram });
  s.setMemoryRegion({
    asId: 1,
    slot: 3,
    baseGfn: rest,
    pages: LOWMEM.pages - rest,
    hvaPage: LOWMEM.hvaPage + rest,
  });
  addMain(s, m, 1);
}

/** Slot 1 of an address space, where it belongs or at another gpa; flags as they shall be. */
export function addMain(s: ScriptBuilder, m: Memory, asId = 0, baseGfn: number = MAIN.gfn, flags = 0): void {
  s.setMemoryRegion({ asId, slot: 1, baseGfn, pages: m.mainPages, hvaPage: MAIN.hvaPage, flags });
}

export function createVcpu(s: ScriptBuilder, vcpu: number, smm = false): void {
  s.createVcpu(vcpu).setCpuid2(vcpu).setSregs(vcpu, 0, true).setRegs(vcpu);
  if (smm) s.setMsrs(vcpu);
}

export function close(s: ScriptBuilder, vcpus: number): void {
  for (let v = 0; v < vcpus; v++) s.closeVcpu(v);
  s.closeVm();
}

/** Flips before the pages of a round. */
export const FLIP = { CR0_WP: 'CR0.WP', CR4_PSE: 'CR4.PSE' } as const;

export interface Round {
  readonly baseGfn: number;
  readonly count: number;
  readonly access?: 'rmw' | 'read';
  /** A control register that the guest toggles between mailbox and pages. */
  readonly flip?: (typeof FLIP)[keyof typeof FLIP];
  readonly halt?: boolean;
}

/** First page of vCPU v's own pages. */
export function ownPages(vcpu: number, stride = 0x100): number {
  return MAIN.gfn + vcpu * stride;
}

export function round(b: GuestProgramBuilder, r: Round): void {
  b.code(CODE_GFN).touch('read', MAILBOX_GFN);
  if (r.flip === FLIP.CR0_WP) b.writeCr(CPU_STATE.CR0_WP);
  if (r.flip === FLIP.CR4_PSE) b.readCr().writeCr(CPU_STATE.CR4_PSE);
  if (r.halt === true) b.hlt();
  else b.touch(r.access ?? 'rmw', r.baseGfn, r.count);
  b.touch('rmw', MAILBOX_GFN).out(ROUND_PORT);
}

/** The same round again and again, as often as it is run. */
export function rounds(r: Round): Int32Array {
  return guestProgram()
    .loop(0, (b) => round(b, r))
    .build();
}

/** The same, with milestones: `kernel` behind the first 3 rounds, `done` behind `count` more. */
export function measuredRounds(r: Round, count: number): Int32Array {
  return guestProgram()
    .loop(3, (b) => round(b, r))
    .milestone('kernel')
    .loop(count, (b) => round(b, r))
    .milestone('done')
    .loop(0, (b) => round(b, r))
    .build();
}

/** SMM handler: its code, its counter and parameters, the pages that it is told to touch, RSM. */
export function smmHandler(pages: readonly number[]): Int32Array {
  const b = guestProgram().code(HANDLER_GFN).touch('rmw', HANDLER_DATA_GFN);
  for (const gfn of pages) b.touch('rmw', gfn);
  return b.rsm().build();
}

export const NO_HANDLER: Int32Array = guestProgram().build();
