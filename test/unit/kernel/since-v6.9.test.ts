// What the kernel does differently since v6.9: the second look of a lookup, the quirk of a deleted slot, mirror roots,
// KVM_PRE_FAULT_MEMORY, and the role words of 7.2.
import { describe, expect, it } from 'vitest';
import { role_is_invalid, role_is_mirror, roleText } from '../../../src/core/aggregates/role.js';
import type { RootlineEvent } from '../../../src/core/events/catalogue.js';
import { IOCTL } from '../../../src/core/events/constants.js';
import { HOLDER } from '../../../src/core/events/root.events.js';
import { roleView } from '../../../src/core/projections/words.js';
import type { RunRequest } from '../../../src/core/run/manifest.js';
import { decodeAll, runToEnd, simulation } from '../../support/harness.js';

function eventsOf(request: RunRequest): RootlineEvent[] {
  const sim = simulation(request);
  const events = decodeAll(runToEnd(sim));
  expect(sim.outcome).toBe('completed');
  expect(events.filter((e) => e.type === 'Finding' || e.type === 'AssertionFired')).toEqual([]);
  return events;
}

type Of<T extends RootlineEvent['type']> = Extract<RootlineEvent, { readonly type: T }>;
function only<T extends RootlineEvent['type']>(events: readonly RootlineEvent[], type: T): Of<T>[] {
  return events.filter((e): e is Of<T> => e.type === type);
}

describe('v6.9: a root is looked up under mmu_lock held for read', () => {
  it('of two that find nothing one makes the root, the other finds it in its second look', () => {
    // A get for the vCPU itself is only made there: elsewhere the walk's reference is kept.
    const seconds = [1, 2, 3, 4, 5, 6, 7, 8].map((seed) => {
      const events = eventsOf({ scenario: 'memslot', protocol: 'v6.9', scheduler: 'random', seed });
      const looked = only(events, 'RootGot').filter((e) => e.holder === HOLDER.vcpu);
      const valid = new Set<number>();
      for (const e of events) {
        if (e.type === 'RootListed') valid.add(e.address);
        if (e.type === 'RootInvalidated') valid.delete(e.address);
        expect(valid.size).toBeLessThanOrEqual(1);
      }
      return looked.length;
    });
    expect(seconds.some((n) => n > 0)).toBe(true);
  });
});

describe('v6.12: a deleted slot', () => {
  it.each([
    ['6.12.117', 1, 4],
    ['6.12.117', 0, 1],
    ['v6.9', 0, 4],
  ])('%s with quirk SLOT_ZAP_ALL %i: %i roots in three deletions', (protocol, quirk, roots) => {
    const events = eventsOf({ scenario: 'mirror-roots', protocol, parameters: { quirk } });
    expect(only(events, 'RootAllocated').length).toBe(roots);
    expect(only(events, 'FastZapBegun').length).toBe(roots - 1);
  });
});

describe.each(['v6.14', '7.2.13'])('%s: mirror roots', (protocol) => {
  it('one, loaded once by each vCPU; it outlives fast zaps and the zap of the memory, and is torn down exclusively', () => {
    const events = eventsOf({ scenario: 'mirror-roots', protocol, scheduler: 'random', seed: 3 });
    const mirrors = only(events, 'RootAllocated').filter((e) => role_is_mirror(e.role));
    expect(mirrors.length).toBe(1);
    const { subject } = mirrors[0]!;
    const mine = events.filter((e) => e.subject.kind === 'root' && e.subject.number === subject.number);
    const order = mine
      .filter((e) => e.type === 'RootInvalidated' || e.type === 'RootZapStarted' || e.type === 'RootFreed')
      .map((e) => (e.type === 'RootZapStarted' ? `${e.type} shared=${e.shared}` : e.type));
    expect(order).toEqual(['RootInvalidated', 'RootZapStarted shared=0', 'RootFreed']);
    expect(only(events, 'FastZapBegun').length).toBe(3);
    const begun = events.findIndex((e) => e.type === 'VmDestroyBegun');
    expect(events.findIndex((e) => e === mine.find((m) => m.type === 'RootInvalidated'))).toBeGreaterThan(
      begun,
    );
    // Slot 4 is mirror_root_hpa: stored once, cleared when the vCPU dies.
    for (const type of ['RootLoaded', 'RootDropped'] as const) {
      const slot = only(events, type).filter((e) => e.slot === 4);
      expect(slot.map((e) => e.subject.number).toSorted((x, y) => x - y)).toEqual([0, 1]);
    }
    expect(events.findIndex((e) => e.type === 'RootDropped' && e.slot === 4)).toBeGreaterThan(begun);
  });
});

it.each([
  ['v6.9', -25],
  ['6.12.117', -4],
  ['v6.14', -4],
  ['7.2.13', 8],
])('KVM_PRE_FAULT_MEMORY behind a memslot update, %s: %i', (protocol, result) => {
  const calls = only(eventsOf({ scenario: 'pre-fault', protocol }), 'IoctlEnded').filter(
    (e) => e.ioctl === IOCTL.KVM_PRE_FAULT_MEMORY,
  );
  expect(calls.map((e) => e.result)).toEqual([result]);
});

it('7.2.13: role words are those of the recording, and decode right', () => {
  const events = eventsOf({ scenario: 'smi', protocol: '7.2.13' });
  expect(only(events, 'RootAllocated').map((e) => e.role)).toEqual([0x6f84, 0x1006f84]);
  expect(only(events, 'RootInvalidated').map((e) => e.role)).toEqual([0x1007f84, 0x7f84]);
  expect(roleView(0x1007f84)).toMatchObject({ level: 4, smm: true, direct: true, invalid: true, asId: 1 });
  // Bit 11 belongs to `access` there, and is `invalid` before.
  expect([0x6f84, 0x3784].map(role_is_invalid)).toEqual([false, false]);
  expect([0x7f84, 0x3f84].map(role_is_invalid)).toEqual([true, true]);
  expect(roleText(0x86f84)).toBe('4-level mirror');
});
