import { describe, expect, it } from 'vitest';
import { VCPU } from '../../../src/core/aggregates/layout.js';
import { make_mmio_spte, SPTE } from '../../../src/core/aggregates/spte.js';
import { ACCESS, CPU_STATE, EXIT } from '../../../src/core/events/constants.js';
import { guestProgram, interleave, packExit } from '../../../src/core/guest/program.js';
import { RWX, RX, Tiny } from './tiny-world.js';

const CODE = 8;

describe('touching pages', () => {
  it('faults on the code page first, then on the data page, and needs both at once', () => {
    const t = new Tiny(guestProgram().code(CODE).touch('write', 0x200).out(0x10).build());
    expect(t.run()).toEqual({ reason: 'EPT_VIOLATION', gfn: CODE, access: ACCESS.EXEC });
    t.map(CODE, RWX);
    expect(t.run()).toEqual({ reason: 'EPT_VIOLATION', gfn: 0x200, access: ACCESS.WRITE });
    expect(t.count('GuestRetired')).toBe(0);
    t.map(0x200, RWX);
    expect(t.run()).toEqual({ reason: 'IO_INSTRUCTION', gfn: 0x10, access: ACCESS.WRITE });
    expect(t.retired().instructions).toBe(1);
  });

  it('runs a burst of hits in one step, and walks once a step', () => {
    const t = new Tiny(
      guestProgram().code(CODE).touch('write', 0x200, 8).touch('write', 0x200, 8).out(1).build(),
    );
    t.map(CODE, RWX);
    for (let p = 0; p < 8; p++) t.map(0x200 + p, RWX);
    t.run();
    // Walks: the code page and eight data pages; the last step runs the second loop and the exit.
    expect(t.steps).toBe(10);
    expect(t.count('TlbFilled')).toBe(9);
    expect(t.retired()).toEqual({ instructions: 16, ns: 0 });
    expect(t.count('GuestRetired')).toBe(1);
  });

  it('walks from the deepest cached paging-structure entry', () => {
    const t = new Tiny(guestProgram().code(CODE).touch('read', 9).touch('read', 0x40000).out(1).build());
    for (const gfn of [CODE, 9, 0x40000]) t.map(gfn, RWX);
    t.run();
    // Three entries for the first walk, none for its neighbour, two for another gigabyte.
    expect(t.count('PagingStructureCached')).toBe(5);
  });

  it('reads first in a read-modify-write: a write-protected page gives a violation with PRESENT', () => {
    const t = new Tiny(guestProgram().code(CODE).touch('rmw', 0x200).out(1).build());
    t.map(CODE, RWX);
    expect(t.run()).toMatchObject({ gfn: 0x200, access: ACCESS.READ });
    t.map(0x200, RX);
    expect(t.run()).toMatchObject({ gfn: 0x200, access: ACCESS.WRITE | ACCESS.PRESENT });
    t.map(0x200, RWX);
    expect(t.run().reason).toBe('IO_INSTRUCTION');
  });

  it('sets accessed and dirty bits that are clear', () => {
    const t = new Tiny(guestProgram().code(CODE).touch('read', 0x200).touch('write', 0x200).out(1).build());
    t.map(CODE, RWX);
    t.map(0x200, SPTE.WRITABLE | SPTE.EXEC);
    t.run();
    const changes = t.events.filter((e) => e.type === 'SpteChanged');
    expect(changes).toHaveLength(2);
    expect(changes[1]!.after & (SPTE.ACCESSED | SPTE.DIRTY)).toBe(SPTE.ACCESSED | SPTE.DIRTY);
  });

  it('goes on behind an access that KVM emulated, and behind one that misconfigures', () => {
    const t = new Tiny(guestProgram().code(CODE).touch('read', 0x300, 2).out(1).build());
    t.map(CODE, RWX);
    expect(t.run()).toMatchObject({ reason: 'EPT_VIOLATION', gfn: 0x300 });
    t.vcpuWord(VCPU.EMULATED, 0x301);
    t.set(0x301, make_mmio_spte(1));
    expect(t.run()).toEqual({ reason: 'EPT_MISCONFIG', gfn: 0x301, access: ACCESS.READ });
    expect(t.w.vcpuWord(0, VCPU.EMULATED)).toBe(0);
    expect(t.run().reason).toBe('IO_INSTRUCTION');
    expect(t.retired().instructions).toBe(2);
  });

  it('reports a walk through a page that was freed', () => {
    const t = new Tiny(guestProgram().code(CODE).compute(5).build());
    t.w.s[t.w.page(t.root)] = 0;
    expect(t.run().reason).toBe('EPT_VIOLATION');
    expect(t.count('FreedPageTouched')).toBe(1);
  });

  it('believes a stale entry of the outer hypervisor until it is flushed', () => {
    const t = new Tiny(guestProgram().code(CODE).compute(5).out(1).compute(5).out(2).build(), {
      topology: { outerEntries: 16 },
    });
    t.map(CODE, RWX);
    t.run();
    expect(t.count('OuterShadowFilled')).toBe(1);
    t.set(CODE, 0);
    t.flush();
    expect(t.run()).toMatchObject({ reason: 'IO_INSTRUCTION', gfn: 2 });
    expect(t.count('OuterShadowFilled')).toBe(1);
  });
});

describe('exits', () => {
  it('counts what KVM completes once the guest runs again', () => {
    const t = new Tiny(guestProgram().code(CODE).in(0x60).exit(EXIT.CPUID).out(1).build());
    t.map(CODE, RWX);
    t.run();
    expect(t.retired().instructions).toBe(0);
    expect(t.run().reason).toBe('CPUID');
    expect(t.retired().instructions).toBe(1);
  });

  it('leaves on an IPI before the next instruction', () => {
    const t = new Tiny(
      guestProgram()
        .code(CODE)
        .loop(0, (b) => b.compute(10))
        .build(),
      {
        constants: { touchBurst: 4 },
      },
    );
    t.map(CODE, RWX);
    for (let i = 0; i < 5; i++) expect(t.step()).toBeNull();
    t.vcpuWord(VCPU.KICKED, 1);
    expect(t.run().reason).toBe('EXTERNAL_INTERRUPT');
  });

  it('cuts a long computation into pieces', () => {
    const t = new Tiny(guestProgram().code(CODE).compute(2_500_000).out(1).build());
    t.map(CODE, RWX);
    t.run();
    expect(t.retired()).toEqual({ instructions: 1, ns: 2_500_000 });
    expect(t.steps).toBeGreaterThan(2);
  });

  it('flips the asked-for bits in a control-register write', () => {
    const t = new Tiny(guestProgram().code(CODE).writeCr(CPU_STATE.CR0_WP).build());
    t.map(CODE, RWX);
    expect(t.run()).toEqual({ reason: 'CR_ACCESS', gfn: CPU_STATE.CR0_WP, access: ACCESS.WRITE });
  });

  it('runs nested loops', () => {
    const t = new Tiny(
      guestProgram()
        .code(CODE)
        .loop(3, (b) => b.loop(4, (c) => c.compute(1)))
        .out(1)
        .build(),
    );
    t.map(CODE, RWX);
    t.run();
    expect(t.retired()).toEqual({ instructions: 12, ns: 12 });
  });

  it('starts the SMM handler at its beginning at each entry and goes on where the SMI interrupted', () => {
    const t = new Tiny(guestProgram().code(CODE).out(0xb2).out(0x10).build(), {
      smm: guestProgram().code(CODE).in(7).rsm().build(),
    });
    t.map(CODE, RWX);
    expect(t.run().gfn).toBe(0xb2);
    for (let smi = 0; smi < 2; smi++) {
      t.vcpuWord(VCPU.CPU_STATE, CPU_STATE.SMM);
      expect(t.run().gfn).toBe(7);
      expect(t.run().reason).toBe('RSM');
    }
    t.vcpuWord(VCPU.CPU_STATE, 0);
    expect(t.run().gfn).toBe(0x10);
  });
});

describe('MOV to debug registers', () => {
  const program = guestProgram().code(CODE).movDr().out(1).build();

  it('runs only while KVM has the debug registers loaded', () => {
    const t = new Tiny(program);
    t.map(CODE, RWX);
    expect(t.run().reason).toBe('DR_ACCESS');
    expect(t.run().reason).toBe('DR_ACCESS');
    t.vcpuWord(VCPU.DR_LOADED, 1);
    expect(t.run().reason).toBe('IO_INSTRUCTION');
    expect(t.w.vcpuWord(0, VCPU.DR_LOADED)).toBe(0);
  });

  it('never runs when each of its exits drops the page it is fetched from', () => {
    const t = new Tiny(program);
    t.map(CODE, RWX);
    const seen: string[] = [];
    for (let i = 0; i < 20; i++) {
      const exit = t.run();
      seen.push(exit.reason);
      if (exit.reason === 'DR_ACCESS') {
        t.vcpuWord(VCPU.DR_LOADED, 1);
        t.newRoot();
        t.enter();
      } else {
        t.map(exit.gfn, RWX);
      }
    }
    expect(seen).toEqual(Array.from({ length: 10 }, () => ['DR_ACCESS', 'EPT_VIOLATION']).flat());
    expect(t.count('GuestRetired')).toBe(0);
  });

  it('runs in spite of that where the root survives', () => {
    const t = new Tiny(program);
    t.map(CODE, RWX);
    t.run();
    t.vcpuWord(VCPU.DR_LOADED, 1);
    t.flush();
    expect(t.run().reason).toBe('IO_INSTRUCTION');
  });

  it('is done at its first exit where KVM emulates that one', () => {
    const t = new Tiny(program, { constants: { drEmulateFirstExit: 1 } });
    t.map(CODE, RWX);
    expect(t.run().reason).toBe('DR_ACCESS');
    expect(t.run().reason).toBe('IO_INSTRUCTION');
  });
});

describe('phases', () => {
  const io = packExit(EXIT.IO_INSTRUCTION, ACCESS.READ, 0x3f8);
  const cpuid = packExit(EXIT.CPUID);
  const exits = interleave([
    { word: io, count: 10 },
    { word: cpuid, count: 4 },
    { word: packExit(EXIT.DR_ACCESS), count: 1 },
  ]);

  it('spreads each kind evenly and keeps the totals', () => {
    expect(exits).toHaveLength(15);
    expect(exits.filter((e) => e === io)).toHaveLength(10);
    expect(exits.filter((e) => e === cpuid)).toHaveLength(4);
    expect(exits.slice(0, 8).filter((e) => e === cpuid)).toHaveLength(2);
  });

  it('makes exactly the exits, pages and time that were asked for', () => {
    const t = new Tiny(
      guestProgram()
        .code(CODE)
        .phase({ exits, window: 6, base: 0x200, pages: 20, computeUs: 1_234 })
        .milestone('kernel')
        .build(),
    );
    const seen = new Map<string, number>();
    for (;;) {
      const exit = t.run();
      seen.set(exit.reason, (seen.get(exit.reason) ?? 0) + 1);
      if (exit.reason === 'EPT_VIOLATION') t.map(exit.gfn, RWX);
      if (exit.reason === 'DR_ACCESS') t.vcpuWord(VCPU.DR_LOADED, 1);
      if (exit.reason === 'HLT') break;
    }
    expect(Object.fromEntries(seen)).toEqual({
      EPT_VIOLATION: 1 + 6 + Math.floor((20 * 14) / 15),
      IO_INSTRUCTION: 10,
      CPUID: 4,
      DR_ACCESS: 1,
      HLT: 1,
    });
    expect(t.retired().ns).toBe(1_234_000);
    // Each turn: six touches, the computation, the instruction that exits (or the MOV-DR).
    expect(t.retired().instructions).toBe(15 * 8);
    expect(t.count('Milestone')).toBe(1);
  });
});
