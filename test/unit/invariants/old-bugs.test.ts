// The real bugs of v5.10 to v5.17 (reference section 4), each found where it existed and absent where it was fixed. Small VMs,
// random schedules: a bug must turn up within the seeds that its cure survives.
import { describe, expect, test } from 'vitest';
import { SLOT_FLAG } from '../../../src/core/aggregates/layout.js';
import { role_is_invalid } from '../../../src/core/aggregates/role.js';
import { CPU_STATE, IOCTL } from '../../../src/core/events/constants.js';
import { guestProgram } from '../../../src/core/guest/program.js';
import { kvm_tdp_mmu_get_vcpu_root_hpa_seed_draft } from '../../../src/core/kernel/arch/x86/kvm/mmu/tdp_mmu/kvm_tdp_mmu_get_vcpu_root_hpa@seed-draft.js';
import { walk_of_roots } from '../../../src/core/kernel/arch/x86/kvm/mmu/tdp_mmu/kvm_tdp_mmu_invalidate_all_roots@v5.18.js';
import { op } from '../../../src/core/machine/op.js';
import { procedure } from '../../../src/core/machine/procedure.js';
import { extend } from '../../../src/core/protocols/protocol.js';
import { findProtocol } from '../../../src/core/protocols/registry.js';
import { NO_HANDLER } from '../../../src/core/scenarios/recorded/layout.js';
import { assemble, daemons, vmmThread } from '../../../src/core/scenarios/recorded/turns.js';
import type { BuiltScenario } from '../../../src/core/scenarios/scenario.js';
import { ROUND_PORT, type ScriptBuilder, script } from '../../../src/core/userspace/script.js';
import { runSmall, searchSmall } from '../../support/small-vm.js';

const READY = 1;
const DONE = 2;
const LOW = { slot: 0, baseGfn: 0, pages: 8, hvaPage: 0 } as const;
const HIGH = { slot: 1, baseGfn: 64, pages: 16, hvaPage: 8 } as const;

interface Parts {
  readonly vcpus?: number;
  /** Pages that each round of a vCPU writes. */
  readonly touch?: readonly number[];
  /** Rounds after the others have begun. */
  readonly rounds?: number;
  readonly smi?: boolean;
  readonly hostPages?: number;
  readonly memset?: number;
  /** How far apart the pages of two vCPUs are. */
  readonly stride?: number;
  readonly smmSlots?: readonly Parameters<ScriptBuilder['setMemoryRegion']>[0][];
  /** Page of the SMM handler's code. */
  readonly handler?: number;
  /** vCPU 1 runs with another CR0.WP: a root of its own, up to v5.18. */
  readonly twoRoles?: boolean;
  readonly constants?: Readonly<Record<string, number>>;
  readonly slots?: readonly Parameters<ScriptBuilder['setMemoryRegion']>[0][];
  readonly main?: (s: ScriptBuilder) => void;
  readonly host?: (s: ScriptBuilder) => void;
}

/** vCPUs run one round; then they, main and the host go on at once; then all is closed. */
function small(parts: Parts): BuiltScenario {
  const { vcpus = 1, touch = [64], rounds = 0, constants = {} } = parts;
  const slots = parts.slots ?? [LOW, HIGH];
  const main = script().createVm();
  for (const slot of slots) main.setMemoryRegion(slot);
  if (parts.smi === true)
    for (const slot of parts.smmSlots ?? slots) main.setMemoryRegion({ ...slot, asId: 1 });
  main.memset(0, parts.memset ?? 8);
  for (let v = 0; v < vcpus; v++) main.createVcpu(v);
  if (parts.twoRoles === true) main.setSregs(1, CPU_STATE.CR0_WP);
  main.arrive(READY).await(READY, 1 + vcpus);
  parts.main?.(main);
  main.await(DONE, vcpus + 1);
  for (let v = 0; v < vcpus; v++) main.closeVcpu(v);
  main.closeVm();
  const host = script().await(READY, 1 + vcpus);
  parts.host?.(host);
  host.arrive(DONE);
  const options = { smiAfterRound: parts.smi === true };
  const vcpu = (v: number) => {
    const s = script().await(READY, 1).run(v, 1, options).arrive(READY);
    if (rounds > 0) s.run(v, rounds, options);
    return s.arrive(DONE);
  };
  const ids = Array.from({ length: vcpus }, (_, v) => v);
  const program = (v: number) =>
    guestProgram()
      .code(1)
      .loop(0, (b) => {
        for (const gfn of touch) b.touch('rmw', gfn + v * (parts.stride ?? 0));
        b.out(ROUND_PORT);
      })
      .build();
  const smm =
    parts.smi === true
      ? guestProgram()
          .code(parts.handler ?? 2)
          .rsm()
          .build()
      : NO_HANDLER;
  const built = assemble(
    [
      vmmThread('main', main),
      vmmThread('host', host),
      ...ids.map((v) => vmmThread(`vcpu${v}`, vcpu(v))),
      ...daemons(),
    ],
    ids.map((v) => ({ program: program(v), smm })),
    { tableBits: 3, hostPages: parts.hostPages ?? 64, pages: 512 },
  );
  return { ...built, constants };
}

describe('v5.10 .. v5.12', () => {
  test('B1: the last put of a walk is not looked at, and the root stays listed with count 0', () => {
    const scenario = small({
      smi: true,
      rounds: 4,
      touch: [64, 70],
      main: (s) => s.loop(4, (b) => b.setMtrr(0, 64, 16)),
    });
    expect(searchSmall('v5.10.0', scenario, 60, 'I30.1')).toContain('I30.1');
    expect([...searchSmall('v5.10', scenario, 60)]).toEqual([]);
  });

  test('B2: an address width below the reach of a root entry: the entry and its table outlive every zap', () => {
    const scenario = small({ constants: { hostMaxGfn: 256 } });
    for (const protocol of ['v5.10', 'v5.12', 'v5.13'])
      expect(runSmall(protocol, scenario).found, protocol).toContain('I30.2');
    for (const protocol of ['v5.15', 'v5.18', 'v6.4'])
      expect(runSmall(protocol, scenario).found, protocol).toEqual([]);
  });

  test('B23: a walk yields at one entry again and again', () => {
    const logged = { ...HIGH, flags: SLOT_FLAG.LOG_DIRTY_PAGES };
    const scenario = small({
      vcpus: 3,
      rounds: 40,
      smi: true,
      touch: [64, 66, 68, 70],
      main: (s) => s.loop(6, (b) => b.setMemoryRegion(logged).setMemoryRegion(HIGH)),
      host: (s) => s.loop(20, (b) => b.madviseDontneed(20, 1)),
    });
    /** Most yields of main within one KVM_SET_USER_MEMORY_REGION: its walk of one root meets four leafs. */
    const yields = (protocol: string): number => {
      let most = 0;
      for (let seed = 1; seed <= 12; seed++) {
        let within = 0;
        const { events, threads } = runSmall(protocol, scenario, seed);
        events.forEach((e, i) => {
          if (threads[i] !== 0) return;
          if (e.type === 'IoctlBegun') within = 0;
          if (e.type === 'LockYielded') most = Math.max(most, ++within);
        });
      }
      return most;
    };
    expect(yields('5.10.262')).toBeLessThanOrEqual(4);
    expect(yields('v5.10')).toBeGreaterThan(4);
  });

  test('B27: a large leaf is cleared, somebody else maps the place, and only then CPUs forget the leaf', () => {
    const huge = { slot: 1, baseGfn: 64, pages: 64, hvaPage: 64, flags: SLOT_FLAG.HUGE };
    const scenario = small({
      vcpus: 2,
      rounds: 12,
      touch: [64, 66, 72, 74, 80, 82],
      slots: [LOW, huge],
      hostPages: 128,
      memset: 128,
      main: (s) =>
        s.loop(4, (b) =>
          b
            .setMemoryRegion({ ...huge, flags: SLOT_FLAG.HUGE | SLOT_FLAG.LOG_DIRTY_PAGES })
            .setMemoryRegion(huge),
        ),
    });
    expect(searchSmall('v5.12-before-08f07c800e9d', scenario, 100, 'I22.6')).toContain('I22.6');
    expect([...searchSmall('v5.12', scenario, 100)]).toEqual([]);
  });
});

test('B3: an SPTE above the bound that every zap stops at is never zapped', () => {
  const slots = [LOW, { ...HIGH, baseGfn: 600 }];
  const scenario = small({ slots, touch: [600], constants: { hostMaxGfn: 512 } });
  for (const protocol of ['v5.10', 'v5.12', 'v5.15', 'v5.16'])
    expect(runSmall(protocol, scenario).found, protocol).toContain('I30.2');
  for (const protocol of ['v5.18', 'v6.4']) expect(runSmall(protocol, scenario).found, protocol).toEqual([]);
});

describe('NX recovery', () => {
  const huge = { ...LOW, flags: SLOT_FLAG.HUGE };
  const constants = { nxHugePages: 1 };

  test.each(['v5.10', '5.10.262', 'v5.12', 'v5.15', 'v5.18', 'v6.4', 'v6.9'])(
    'takes the table that an instruction fetch has made: %s',
    (protocol) => {
      const slots = [huge, HIGH];
      const scenario = small({
        slots,
        touch: [3],
        rounds: 2,
        constants,
        main: (s) => s.nxRecovery().nxRecovery(),
      });
      const { events, found, assertions } = runSmall(protocol, scenario, 1, 'timed');
      expect([found, assertions]).toEqual([[], []]);
      const [first] = events.filter((e) => e.type === 'IoctlEnded' && e.ioctl === IOCTL.NX_RECOVERY);
      expect(first).toMatchObject({ result: 1 });
      expect(searchSmall(protocol, scenario, 10)).toEqual(new Set());
    },
  );

  test('B14: the slot of a table in an SMM tree is looked up in address space 0', () => {
    const smmOnly = { slot: 2, baseGfn: 64, pages: 8, hvaPage: 16, flags: SLOT_FLAG.HUGE };
    const scenario = small({
      slots: [LOW],
      smmSlots: [LOW, smmOnly],
      handler: 66,
      memset: 32,
      smi: true,
      rounds: 2,
      constants,
      main: (s) => s.sleep(50_000_000).nxRecovery(),
    });
    const report = (protocol: string) => runSmall(protocol, scenario, 1, 'timed').assertions;
    expect(report('seed-draft')).toEqual(['WARN_NX_NO_SLOT']);
    // Before the fix the SMM root is gone by then; after it the look-up is right.
    for (const protocol of ['v5.18', 'v6.4', 'v6.6']) expect(report(protocol), protocol).toEqual([]);
  });
});

test('B5: the walk of a second root yields, and what was zapped in the first is not flushed', () => {
  const scenario = small({
    vcpus: 2,
    twoRoles: true,
    rounds: 40,
    touch: [66, 66],
    stride: 2,
    main: (s) => s.loop(40, (b) => b.setMtrr(0, 65, 5)),
    host: (s) => s.loop(40, (b) => b.madviseDontneed(10, 1).madviseDontneed(12, 1)),
  });
  expect(searchSmall('v5.10', scenario, 80, 'I22.4')).toContain('I22.4');
  expect([...searchSmall('5.10.262', scenario, 80)]).toEqual([]);
});

test('B21: faults of TDP roots reclaim shadow pages with mmu_lock held for read', () => {
  const scenario = small({ vcpus: 2, rounds: 2, constants: { shadowPagesOverLimit: 1 } });
  for (const protocol of ['v5.12', 'v5.15', 'v5.16'])
    expect(runSmall(protocol, scenario).assertions, protocol).toContain('LOCKDEP_HELD_WRITE');
  for (const protocol of ['v5.10', 'v5.18', 'v6.4'])
    expect(runSmall(protocol, scenario).assertions, protocol).toEqual([]);
  expect(runSmall('v5.15', scenario).found).toEqual(['I29.1']);
});

describe('v5.13 .. v5.17', () => {
  test('B6: what tears the address space down misses a root that is being zapped', () => {
    const scenario = small({
      touch: [64, 600, 1_100],
      slots: [LOW, HIGH, { ...HIGH, slot: 2, baseGfn: 600 }, { ...HIGH, slot: 3, baseGfn: 1_100 }],
      main: (s) => s.deleteMemoryRegion(1),
      host: (s) => s.exitMm(),
    });
    for (const protocol of ['v5.15', 'v5.16'])
      expect(searchSmall(protocol, scenario, 150, 'I17.4'), protocol).toContain('I17.4');
    expect([...searchSmall('v5.18', scenario, 150)]).toEqual([]);
  });

  test('B7: the notifier yields in a plain walk, without a reference to the root that it stands on', () => {
    const scenario = small({
      vcpus: 2,
      rounds: 30,
      touch: [64, 65, 66, 67, 68, 69, 70, 71],
      main: (s) => s.loop(40, (b) => b.setMtrr(0, 2_000, 1)),
      host: (s) => s.loop(20, (b) => b.madviseDontneed(9, 7)),
    });
    expect(searchSmall('v5.15', scenario, 60, 'I28.1')).toContain('I28.1');
    expect([...searchSmall('v5.16', scenario, 60)]).toEqual([]);
  });

  test('B9: a fault maps into a root that was invalidated while it was under way', () => {
    const scenario = small({
      rounds: 6,
      touch: [3, 64],
      main: (s) => s.loop(3, (b) => b.deleteMemoryRegion(1).setMemoryRegion(HIGH)),
    });
    expect(searchSmall('v5.15', scenario, 60, 'I18.1')).toContain('I18.1');
    expect([...searchSmall('v5.16', scenario, 60)]).toEqual([]);
  });

  test('B24: the draft on v5.15, naively: a second invalidation zaps and puts the same root again', () => {
    const naive = extend(findProtocol('v5.15'), {
      id: 'v5.15-naive-seed',
      title: 'a test',
      source: 'a test',
      replace: [kvm_tdp_mmu_get_vcpu_root_hpa_seed_draft, invalidates_without_reference],
      rules: { initialRefcount: 2 },
    });
    // The vCPU sleeps on its root through both updates.
    const updates = (n: number) =>
      small({ main: (s) => s.loop(n, (b) => b.deleteMemoryRegion(1).setMemoryRegion(HIGH)) });
    expect(runSmall(naive, updates(1)).found.filter((f) => !f.startsWith('I30'))).toEqual([]);
    const { found, assertions } = runSmall(naive, updates(2));
    expect(found).toEqual(
      expect.arrayContaining([expect.stringMatching(/^I1\./), expect.stringMatching(/^I3\./)]),
    );
    expect(assertions).toContain('REFCOUNT_UNDERFLOW');
  });
});

describe('B19: a walk over everything yields at an entry, and begins again behind it', () => {
  const scenario = small({
    touch: [64, 600, 1_100],
    slots: [LOW, HIGH, { ...HIGH, slot: 2, baseGfn: 600 }, { ...HIGH, slot: 3, baseGfn: 1_100 }],
    // The process is ending: no vCPU runs, but main is still inside its last calls.
    main: (s) => s.loop(6, (b) => b.setMtrr(0, 2_000, 2)),
    host: (s) => s.exitMm(),
  });
  test.each(['v5.10', 'v5.12', 'v5.13', 'v5.15.0'])('%s', (protocol) => {
    expect(searchSmall(protocol, scenario, 200, 'I17.4')).toContain('I17.4');
  });
  test('v5.15 as of 5.15.30', () => {
    expect([...searchSmall('v5.15', scenario, 200)]).toEqual([]);
  });
});

/** Era b's walk with the draft's idea: the mark alone, the TDP MMU's own reference is what the zap puts. */
const invalidates_without_reference = procedure(
  'kvm_tdp_mmu_invalidate_all_roots',
  {
    file: 'arch/x86/kvm/mmu/tdp_mmu.c',
    since: 'a test',
    params: ['vm'],
    locals: ['root'],
    leftOut: 'nothing',
  },
  {
    ...walk_of_roots,
    role_invalid: [
      (l) => op.read_role(l.root),
      (_l, role) => (role_is_invalid(role) ? 'next' : 'set_invalid'),
    ],
    set_invalid: [(l) => op.set_invalid(l.root), () => 'next'],
  },
);
