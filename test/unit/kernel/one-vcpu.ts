// One VMM thread with one vCPU, and the daemons: the rig of the tests beside this file.
import type { Topology } from '../../../src/core/aggregates/layout.js';
import { type GuestProgramBuilder, guestProgram } from '../../../src/core/guest/program.js';
import type { Protocol } from '../../../src/core/protocols/protocol.js';
import { v5_18 } from '../../../src/core/protocols/v5.18.js';
import { daemons, vmmThread } from '../../../src/core/scenarios/recorded/turns.js';
import { ROUND_PORT, type ScriptBuilder, script } from '../../../src/core/userspace/script.js';
import { TestMachine } from './harness.js';

export interface Options {
  readonly protocol?: Protocol;
  readonly program?: (b: GuestProgramBuilder) => void;
  readonly smm?: (b: GuestProgramBuilder) => void;
  readonly constants?: Readonly<Record<string, number>>;
  readonly resetAfterExits?: number;
  readonly topology?: Partial<Topology>;
  readonly other?: ScriptBuilder;
}

/** One VMM thread with one vCPU, daemons beside it. */
export function machine(main: ScriptBuilder, o: Options = {}): TestMachine {
  const protocol = o.protocol ?? v5_18;
  const build = (f: ((b: GuestProgramBuilder) => void) | undefined): Int32Array => {
    const b = guestProgram();
    f?.(b);
    return b.build();
  };
  const others = o.other === undefined ? [] : [vmmThread('other', o.other)];
  return new TestMachine({
    procedures: protocol.procedures,
    threads: [vmmThread('main', main), ...others, ...daemons()],
    guests: [{ program: build(o.program), smm: build(o.smm) }],
    topology: { hostPages: 64, ...o.topology },
    constants: { ...protocol.constants, ...o.constants },
    resetAfterExits: o.resetAfterExits ?? 0,
  });
}

export const DAEMONS = ['kworker0: kworker @ take_work', 'rcu: rcu_softirq @ invoke_callback'];
export const PAGE_ROUND = (b: GuestProgramBuilder): void => {
  b.code(8).loop(0, (l) => l.touch('rmw', 1).out(ROUND_PORT));
};
/** VM with one slot of 32 pages and one vCPU. */
export function opened(slots = true): ScriptBuilder {
  const s = script().memset(0, 16).createVm();
  if (slots) s.setMemoryRegion({ slot: 0, baseGfn: 0, pages: 32, hvaPage: 0 });
  return s.createVcpu(0).setCpuid2(0).setSregs(0, 0, true);
}
/** The same with the slot in SMM's address space too. */
export function openedSmm(): ScriptBuilder {
  return opened().setMemoryRegion({ asId: 1, slot: 0, baseGfn: 0, pages: 32, hvaPage: 0 });
}
export const close = (s: ScriptBuilder): ScriptBuilder => s.closeVcpu(0).closeVm();
export const results = (m: TestMachine, ioctl: number): number[] =>
  m
    .only('IoctlEnded')
    .filter((e) => e.ioctl === ioctl)
    .map((e) => e.result);
export const causes = (m: TestMachine): number[] => m.only('ContextReset').map((e) => e.cause);
export const exits = (m: TestMachine, reason: number): number =>
  m.only('VcpuExited').filter((e) => e.reason === reason).length;
