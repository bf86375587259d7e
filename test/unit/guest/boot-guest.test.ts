import { describe, expect, it } from 'vitest';
import { VCPU } from '../../../src/core/aggregates/layout.js';
import { CPU_STATE, EXIT, EXIT_NAMES, FASTPATH_EXITS } from '../../../src/core/events/constants.js';
import {
  bootGuest,
  firmwareEvents,
  mainPages,
  PORT,
  rolesPerEpoch,
} from '../../../src/core/scenarios/boot-guest.js';
import {
  BOOT_EXITS,
  BOOT_PHASES,
  phaseExits,
  resettableExits,
  scaledExits,
} from '../../../src/core/scenarios/boot-phases.js';
import { RWX, Tiny } from './tiny-world.js';

describe('the boot, as figures', () => {
  it('has about 100,000 exits that a policy may reset after', () => {
    expect(resettableExits(100)).toBeGreaterThan(99_990);
    expect(resettableExits(100)).toBeLessThan(100_010);
    expect(resettableExits(50)).toBeCloseTo(50_000, -2);
  });

  it('keeps the total of each type over the phases, at any scale', () => {
    for (const percent of [10, 50, 100, 133, 400]) {
      for (const exit of BOOT_EXITS) {
        const sum = BOOT_PHASES.reduce((n, _p, k) => n + phaseExits(exit, k, percent), 0);
        expect(sum).toBe(scaledExits(exit, percent));
      }
    }
  });

  it('calls fastpath what the kernel calls fastpath', () => {
    for (const exit of BOOT_EXITS) expect(exit.fastpath).toBe(FASTPATH_EXITS.has(exit.reason));
  });
});

describe('roots that a boot needs', () => {
  it('is the 15 of the mail by default', () => expect(rolesPerEpoch(7, 7)).toBe(15));
  it.each([
    [0, 0, 1],
    [7, 0, 2],
    [0, 20, 21],
    [7, 3, 8],
    [7, 20, 28],
  ])('%i SMIs and %i updates: %i', (smis, updates, roots) =>
    expect(rolesPerEpoch(smis, updates)).toBe(roots),
  );
  it('puts an update before the SMI of the same moment', () => {
    expect(firmwareEvents(1, 1)).toEqual(['update', 'smi']);
  });
});

describe('the boot program', () => {
  it('makes exactly its exits and tells its milestones, in a tenth of its size', () => {
    const guest = bootGuest({
      exitsPercent: 10,
      windowPercent: 100,
      computePercent: 100,
      pagesPercent: 50,
      smis: 2,
      memslotUpdates: 3,
    });
    const t = new Tiny(guest.program, {
      smm: guest.smm,
      topology: { pages: 512, tlbEntries: 512, hostPages: mainPages(100, 50) },
    });
    const seen = new Map<number | string, number>();
    const add = (key: number | string): void => void seen.set(key, (seen.get(key) ?? 0) + 1);
    for (;;) {
      const exit = t.run();
      add(exit.reason);
      if (exit.reason === 'EPT_VIOLATION') t.map(exit.gfn, RWX);
      else if (exit.reason === 'DR_ACCESS') t.vcpuWord(VCPU.DR_LOADED, 1);
      else if (exit.reason === 'RSM') t.vcpuWord(VCPU.CPU_STATE, 0);
      else if (exit.reason === 'IO_INSTRUCTION') {
        add(exit.gfn);
        if (exit.gfn === PORT.smi) t.vcpuWord(VCPU.CPU_STATE, CPU_STATE.SMM);
        if (seen.get(PORT.end) === 3 + 1) break;
      }
    }
    expect(seen.get(PORT.smi)).toBe(2);
    expect(seen.get('RSM')).toBe(2);
    for (const exit of BOOT_EXITS) {
      const extra = exit.reason === EXIT.IO_INSTRUCTION ? 2 + 3 + 1 : 0;
      expect(seen.get(EXIT_NAMES[exit.reason]) ?? 0).toBe(scaledExits(exit, 10) + extra);
    }
    // The debug registers stay loaded until the next exit of any kind: MOV-DRs that stand together exit once.
    expect(seen.get('DR_ACCESS')).toBeLessThanOrEqual(8);
    const milestones = t.events.filter((e) => e.type === 'Milestone').map((e) => e.milestone);
    expect(milestones).toEqual([1, 2, 3, 4, 5, 6]);
    const compute = BOOT_PHASES.reduce((n, p) => n + p.computeUs, 0) * 1_000;
    expect(t.retired().ns).toBe(compute + 1_000 + 2 * 10_000);
  });
});
