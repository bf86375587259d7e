// The recorded ioctl scripts as scenarios: figures of the recordings, and quiet ends in random orders.
import { describe, expect, it } from 'vitest';
import { EXIT } from '../../../src/core/events/constants.js';
import { HOLDER } from '../../../src/core/events/root.events.js';
import type { Protocol } from '../../../src/core/protocols/protocol.js';
import { seedDraft } from '../../../src/core/protocols/seed-draft.js';
import { v5_18 } from '../../../src/core/protocols/v5.18.js';
import { RECORDED_SCENARIOS } from '../../../src/core/scenarios/recorded/index.js';
import { resolveParameters } from '../../../src/core/scenarios/scenario.js';
import { RandomScheduler } from '../../../src/core/scheduler/scheduler.js';
import { TestMachine } from './harness.js';

const DAEMONS = ['kworker0: kworker @ take_work', 'rcu: rcu_softirq @ invoke_callback'];
const exits = (m: TestMachine, reason: number): number =>
  m.only('VcpuExited').filter((e) => e.reason === reason).length;

function scenario(id: string, protocol: Protocol): TestMachine {
  const s = RECORDED_SCENARIOS.find((x) => x.id === id)!;
  const built = s.build(resolveParameters(s, {}));
  return new TestMachine({ ...built, procedures: protocol.procedures, constants: protocol.constants });
}

describe('recorded scripts', () => {
  // Figures of the recordings 6.1.192-nofix and 6.1.192 (COUNTS.md); reset1 under v5.18 itself resets on CR0.WP too.
  const cases: readonly [
    string,
    Protocol,
    { npf: number; io: number; roots: number; puts: number; zaps: number },
  ][] = [
    ['smi', v5_18, { npf: 310, io: 23, roots: 41, puts: 41, zaps: 42 }],
    ['smi', seedDraft, { npf: 34, io: 23, roots: 2, puts: 41, zaps: 4 }],
    ['smi-heavy', v5_18, { npf: 1228, io: 103, roots: 201, puts: 201, zaps: 202 }],
    ['smi-heavy', seedDraft, { npf: 30, io: 103, roots: 2, puts: 201, zaps: 4 }],
    ['reset1', v5_18, { npf: 176, io: 28, roots: 16, puts: 16, zaps: 17 }],
    ['reset1', seedDraft, { npf: 26, io: 28, roots: 1, puts: 16, zaps: 2 }],
    ['memslot-idle', v5_18, { npf: 106, io: 20, roots: 5, puts: 8, zaps: 7 }],
    ['memslot-idle', seedDraft, { npf: 106, io: 20, roots: 5, puts: 8, zaps: 7 }],
    ['destroy-fwd', v5_18, { npf: 50, io: 4, roots: 1, puts: 4, zaps: 2 }],
    ['destroy-partial', seedDraft, { npf: 14, io: 1, roots: 1, puts: 1, zaps: 2 }],
    ['dirty', v5_18, { npf: 226, io: 20, roots: 1, puts: 2, zaps: 2 }],
    ['plain', v5_18, { npf: 98, io: 17, roots: 1, puts: 2, zaps: 2 }],
  ];
  for (const [id, protocol, want] of cases) {
    it(`${id} under ${protocol.id}`, () => {
      const m = scenario(id, protocol).run();
      expect(m.open()).toEqual(DAEMONS);
      expect(m.count('AssertionFired')).toBe(0);
      expect({
        npf: exits(m, EXIT.EPT_VIOLATION),
        io: exits(m, EXIT.IO_INSTRUCTION),
        roots: m.count('RootAllocated'),
        puts: m.only('RootPut').filter((e) => e.holder === HOLDER.vcpu).length,
        zaps: m.count('RootZapStarted'),
      }).toEqual(want);
      expect(m.only('VmDestroyed').map((e) => [e.rootsLeft, e.tablesLeft])).toEqual([[0, 0]]);
    });
  }

  for (const id of ['memslot', 'notifier', 'plain', 'smi']) {
    it(`${id} ends without a report in random orders`, () => {
      for (let seed = 1; seed <= 3; seed++) {
        for (const protocol of [v5_18, seedDraft]) {
          const m = scenario(id, protocol).runWith(new RandomScheduler(), seed);
          expect(m.open(), `seed ${seed}`).toEqual(DAEMONS);
          expect(m.count('AssertionFired')).toBe(0);
          expect(m.count('FreedPageTouched')).toBe(0);
          expect(m.only('VmDestroyed').map((e) => [e.rootsLeft, e.tablesLeft])).toEqual([[0, 0]]);
        }
      }
    });
  }
});
