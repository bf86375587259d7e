// Two vCPUs that touch their pages all the time, SMIs on one of them, while main does something to the VM or to its memory.
import { SLOT_FLAG } from '../../../src/core/aggregates/layout.js';
import { guestProgram } from '../../../src/core/guest/program.js';
import type { Protocol } from '../../../src/core/protocols/protocol.js';
import { createManifest } from '../../../src/core/run/manifest.js';
import { Simulation } from '../../../src/core/run/simulation.js';
import { assemble, daemons, vmmThread } from '../../../src/core/scenarios/recorded/turns.js';
import type { BuiltScenario } from '../../../src/core/scenarios/scenario.js';
import { ROUND_PORT, type ScriptBuilder, script } from '../../../src/core/userspace/script.js';

const [READY, STOP, DONE, ROUNDS] = [1, 2, 3, 4];
/** Tables of 8 entries: a huge page is 8 pages. */
const TABLE_BITS = 3;
type Region = typeof MAIN & { readonly flags: number };
const MAIN = { slot: 1, baseGfn: 64, pages: 64, hvaPage: 64 };
const SMM = { asId: 1, slot: 1, baseGfn: 64, pages: 64, hvaPage: 64 };

function guest(v: number): Int32Array {
  return guestProgram()
    .loop(0, (b) =>
      b
        .code(1)
        .touch('rmw', 64 + v * 24, 20)
        .touch('read', 2)
        .out(ROUND_PORT),
    )
    .build();
}
const HANDLER = guestProgram().code(3).touch('rmw', 70, 3).rsm().build();

/** What main does in the middle, by name. */
export const DEEDS: { readonly [name: string]: (s: ScriptBuilder, main: Region) => ScriptBuilder } = {
  'a slot goes and comes': (s, main) => s.deleteMemoryRegion(1).setMemoryRegion(main),
  'a slot moves': (s, main) => s.setMemoryRegion({ ...main, baseGfn: 192 }).setMemoryRegion(main),
  'dirty logging': (s, main) =>
    s
      .setMemoryRegion({ ...main, flags: main.flags | SLOT_FLAG.LOG_DIRTY_PAGES })
      .getDirtyLog(1)
      .clearDirtyLog(1, 8, 16)
      .setMemoryRegion(main),
  'madvise and mprotect': (s) =>
    s.madviseDontneed(72, 12).mprotect(64, 20, true).mprotect(64, 20, false).memset(80, 8),
  'fork and collapse': (s) => s.fork(64, 32).childExit(64, 32).collapse(64, 8).age(64, 32).testAge(66),
  'remapped memory': (s) => s.mmapFixed(88, 16),
};

function build(deed: (typeof DEEDS)[string], huge: boolean): BuiltScenario {
  const flags = huge ? SLOT_FLAG.HUGE : 0;
  const main = script().memset(0, 8);
  if (huge) main.memset(64, 64);
  main.createVm().setMemoryRegion({ slot: 0, baseGfn: 0, pages: 16, hvaPage: 0 });
  main.setMemoryRegion({ ...MAIN, flags }).setMemoryRegion({ ...SMM, flags });
  main.setMemoryRegion({ asId: 1, slot: 0, baseGfn: 0, pages: 16, hvaPage: 0 });
  for (const v of [0, 1]) main.createVcpu(v).setCpuid2(v).setSregs(v, 0, true).setRegs(v);
  main.arrive(READY);
  // Each time one vCPU is in the middle of things, at least.
  for (let k = 1; k <= 3; k++) deed(main.await(ROUNDS, 2 * k), { ...MAIN, flags });
  main.await(ROUNDS, 9);
  main.arrive(STOP).await(DONE, 2).closeVcpu(0).closeVcpu(1).closeVm();
  const vcpu = (v: number) =>
    script()
      .await(READY, 1)
      .until(STOP, 1, (b) => b.run(v, 1, { smiAfterRound: v === 0 }).arrive(ROUNDS))
      .arrive(DONE);
  const threads = [
    vmmThread('main', main),
    vmmThread('vcpu0', vcpu(0)),
    vmmThread('vcpu1', vcpu(1)),
    ...daemons(),
  ];
  const guests = [0, 1].map((v) => ({ program: guest(v), smm: HANDLER }));
  return assemble(threads, guests, { hostPages: 128, pages: 4_096, tableBits: TABLE_BITS });
}

/** Runs it to its end under a random schedule. */
export function stress(protocol: Protocol, deed: string, huge: boolean, seed: number): Simulation {
  const manifest = createManifest({ scenario: 'memslot', protocol: 'v5.18', scheduler: 'random', seed });
  const scenario = build(DEEDS[deed], huge);
  const sim = new Simulation({
    manifest: { ...manifest, protocolDigest: '' },
    protocol,
    scenario,
    record: false,
  });
  for (let slice = 0; slice < 100 && sim.outcome === null; slice++) sim.advance(10_000);
  return sim;
}
