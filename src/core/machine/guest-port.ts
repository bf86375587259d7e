// What the machine knows of guests: a port, so that guest programs live beside the kernel, not inside the machine.
import type { World } from '../aggregates/world.js';
import type { Decision } from './batch.js';

/** How a guest step came back, packed into one number: reason + access * 256 + gfn * 65536. 0 = still in the guest. */
export function guestExit(reason: number, access: number, gfn: number): number {
  return reason + access * 256 + gfn * 65_536;
}
export const exitReason = (answer: number): number => answer & 0xff;
export const exitAccess = (answer: number): number => (answer >>> 8) & 0xff;
export const exitGfn = (answer: number): number => Math.floor(answer / 65_536);

// What access and gfn of an exit mean, by reason (EXIT), and whether the instruction is behind the guest when it exits:
//   EPT_VIOLATION  ACCESS bits; gfn. Executed again, unless VCPU.EMULATED is gfn + 1 at the next step: then KVM emulated
//                  the access (no memslot: MMIO) and the guest goes on behind the whole instruction (GuestRetired clears it).
//   IO_INSTRUCTION ACCESS.READ or WRITE; port. Done. Port 0x10 ends a round, port 0xb2 asks user space for an SMI.
//   CR_ACCESS      ACCESS.READ, or WRITE with gfn = CPU_STATE bits that the write flips. Done.
//   DR_ACCESS      executed again, and done there, if VCPU.DR_LOADED is still set; with constant drEmulateFirstExit: done.
//   RSM            done: the guest goes on in its normal program, where the SMI interrupted it.
//   all others     done.

export interface GuestModel {
  /**
   * One step of the guest of this vCPU: runs instructions while the TLB has what they need, or walks the tables once.
   * Reads the world and the thread's position, appends events, stages the new position in `staged`; changes nothing.
   * Returns 0 or guestExit(...).
   */
  step(w: World, vcpu: number, position: number, out: Decision): number;
  /** Position words that step() changed, to be copied behind `position` when the step is really taken. */
  readonly staged: Int32Array;
}
