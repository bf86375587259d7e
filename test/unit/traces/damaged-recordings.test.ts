// A recording with one line changed, taken out or put in is noticed: by a disagreement, a gap or a figure, never by an
// exception and never by silence.
import { describe, expect, test } from 'vitest';
import type { Lifecycle } from '../../../src/core/traces/recorded-event.js';
import { readRecording } from '../../../src/core/traces/recording.js';
import { traceText } from './fixtures.js';

const FIXED = '6.1.192';
const TEXT = traceText(FIXED, 'destroy_partial');
const LINES = TEXT.split('\n');

function lifecycleOf(kernel: string, text: string): Lifecycle {
  const outcome = readRecording(kernel, text, '');
  if (outcome.kind !== 'recording') throw new Error(outcome.kind);
  return outcome.recording.lifecycle;
}

/** The index of the nth line that names the event. */
function nth(event: string, n: number): number {
  const found = LINES.flatMap((line, index) => (line.includes(`: ${event}: `) ? [index] : []));
  const index = found.at(n);
  if (index === undefined) throw new Error(`no line ${n} of ${event}`);
  return index;
}

const without = (index: number): string => LINES.toSpliced(index, 1).join('\n');
const changed = (index: number, from: string | RegExp, to: string): string =>
  LINES.with(index, (LINES[index] ?? '').replace(from, to)).join('\n');

const whole = lifecycleOf(FIXED, TEXT);

test('the undamaged text has neither', () => {
  expect(whole.gaps).toEqual([]);
  expect(whole.disagreements).toEqual([]);
});

describe('a put', () => {
  const index = nth('kvm_tdp_mmu_put_root', 0);

  test('with another printed count is counted as before, and reported', () => {
    const damaged = lifecycleOf(FIXED, changed(index, 'refcount=3', 'refcount=2'));
    expect(damaged.disagreements).toEqual([
      {
        lineNumber: index + 1,
        root: 1,
        event: 'kvm_tdp_mmu_put_root',
        what: 'refcount',
        counted: 3,
        printed: 2,
      },
    ]);
    const counts = (lifecycle: Lifecycle) =>
      lifecycle.events.flatMap((event) => ('countAfter' in event ? [event.countAfter] : []));
    expect(counts(damaged)).toEqual(counts(whole));
  });

  test('that is missing shows at every later one', () => {
    const damaged = lifecycleOf(FIXED, without(index));
    expect(damaged.disagreements.length).toBeGreaterThan(3);
    expect(damaged.disagreements[0]).toMatchObject({ counted: 4, printed: 3 });
    expect(damaged.roots[0]?.count).toBe(1);
  });

  test('of an invalid role while counting says valid is reported', () => {
    const damaged = lifecycleOf(FIXED, changed(index, 'role=0x3784', 'role=0x3f84'));
    expect(damaged.disagreements).toMatchObject([{ what: 'invalid', counted: 0, printed: 1 }]);
  });

  test('of an address that no root was born at is a gap', () => {
    const damaged = lifecycleOf(FIXED, changed(index, /root=0x\w+/, 'root=0xffff888000001000'));
    expect(damaged.gaps).toMatchObject([
      { lineNumber: index + 1, kind: 'unknownRoot' },
      { kind: 'freedWhileReferenced', detail: 'root 1 counts 1' },
    ]);
  });

  test('outside of everything that puts is counted and a gap', () => {
    const vcpuPut = nth('mmu_free_root_page', -1);
    const damaged = lifecycleOf(FIXED, without(vcpuPut));
    expect(damaged.gaps).toMatchObject([{ kind: 'unexplainedPut' }]);
    expect(damaged.disagreements).toEqual([]);
    expect(damaged.events.filter((event) => event.type === 'otherPut')).toHaveLength(1);
  });
});

describe('a walk', () => {
  test('without its return is a gap', () => {
    const damaged = lifecycleOf(FIXED, without(nth('tdp_mmu_next_root_ret', -1)));
    expect(damaged.gaps).toMatchObject([{ kind: 'walkWithoutReturn' }]);
  });

  test('without its call is a gap', () => {
    const damaged = lifecycleOf(FIXED, without(nth('tdp_mmu_next_root', 0)));
    expect(damaged.gaps[0]).toMatchObject({ kind: 'returnWithoutWalk' });
  });

  test('takes the next root before it puts the previous one', () => {
    const order = lifecycleOf(FIXED, traceText(FIXED, 'smi')).events.flatMap((event) =>
      (event.type === 'iteratorGet' || event.type === 'iteratorPut') && event.caller === 'kvm_tdp_mmu_zap_all'
        ? [`${event.type} r${event.root}`]
        : [],
    );
    expect(order).toEqual(['iteratorGet r2', 'iteratorGet r1', 'iteratorPut r2', 'iteratorPut r1']);
  });
});

test('a field that cannot be read is a gap and names the field', () => {
  const index = nth('kvm_tdp_mmu_get_vcpu_root_hpa_ret', 0);
  const damaged = lifecycleOf(FIXED, changed(index, /hpa=0x\w+/, 'hpa=(fault)'));
  expect(damaged.gaps[0]).toEqual({
    lineNumber: index + 1,
    kind: 'undecodable',
    detail: 'kvm_tdp_mmu_get_vcpu_root_hpa_ret: no readable hpa',
  });
});

test('a missed RCU callback leaves the root unfreed and nothing else', () => {
  const index = LINES.findLastIndex(
    (line) => line.includes('tdp_mmu_free_sp_rcu_callback') && line.includes('role=0x3f84'),
  );
  const damaged = lifecycleOf(FIXED, without(index));
  expect(damaged.gaps).toEqual([]);
  expect(damaged.roots).toEqual([{ ...whole.roots[0], freed: false }]);
});

test('an event of another subsystem is counted by its name', () => {
  const line = '         kvmscen-1     [001] .....    21.000000: sched_switch: prev_comm=a';
  expect(lifecycleOf(FIXED, `${TEXT}${line}\n${line}\n`).unknownEvents).toEqual(
    new Map([['sched_switch', 2]]),
  );
});

test('the rules of the other kernel do not fit, and that shows', () => {
  expect(lifecycleOf('6.1.192-nofix', TEXT).disagreements.length).toBeGreaterThan(5);
  expect(
    lifecycleOf(FIXED, traceText('6.1.192-nofix', 'destroy_partial')).disagreements.length,
  ).toBeGreaterThan(5);
});

test('a root address that is used again is another root', () => {
  const { events, roots } = lifecycleOf('6.1.192-nofix', traceText('6.1.192-nofix', 'smi_heavy_p8_v1'));
  expect(roots).toHaveLength(201);
  const births = traceText('6.1.192-nofix', 'smi_heavy_p8_v1').match(/tdp_mmu_init_sp: .* sptep=0x0 /g) ?? [];
  expect(new Set(births.map((line) => /sp=(0x\w+)/.exec(line)?.[1])).size).toBeLessThan(201);
  expect(new Set(events.flatMap((event) => (event.type === 'vcpuGet' ? [event.root] : []))).size).toBe(201);
});

test('any single line taken out ends in an answer', () => {
  for (let index = 0; index < LINES.length; index += 1) {
    expect(readRecording(FIXED, without(index), '').kind).toBe('recording');
  }
});
