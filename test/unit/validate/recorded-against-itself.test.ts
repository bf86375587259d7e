// The comparison itself: a recording agrees with itself, and whatever is changed in one side is named.
import { describe, expect, test } from 'vitest';
import { type ValidationRow, validate } from '../../../src/core/run/validate.js';
import { VALIDATION_CASES, type ValidationCase } from '../../../src/core/run/validate-cases.js';
import type { Lifecycle, RecordedEvent } from '../../../src/core/traces/recorded-event.js';
import type { Recording } from '../../../src/core/traces/recording.js';
import { recordingOf } from '../traces/fixtures.js';

function caseOf(kernel: string, protocol: string, scenario: string): ValidationCase {
  const found = VALIDATION_CASES.find(
    (c) => c.kernel === kernel && c.protocol === protocol && c.scenario === scenario,
  );
  if (found === undefined) throw new Error(`no case ${kernel} ${protocol} ${scenario}`);
  return found;
}

const SMI = caseOf('6.1.192-nofix', '6.1.192-nofix', 'smi');

function recorded(wanted: ValidationCase): Recording {
  return recordingOf(wanted.kernel, wanted.recording);
}

function differing(rows: readonly ValidationRow[]): string[] {
  return rows.filter((row) => !row.ok).map((row) => row.figure);
}

function withEvents(lifecycle: Lifecycle, change: (event: RecordedEvent) => RecordedEvent[]): Lifecycle {
  return { ...lifecycle, events: lifecycle.events.flatMap(change) };
}

describe.each(VALIDATION_CASES)('$kernel $scenario under $protocol', (wanted) => {
  test('a recording agrees with itself in every row', () => {
    const recording = recorded(wanted);
    const rows = validate(wanted, recording, recording.lifecycle);
    expect(differing(rows)).toEqual([]);
    expect(rows.length).toBeGreaterThanOrEqual(wanted.freeRunning === true ? 3 : 12);
    for (const row of rows) {
      expect(row).toEqual({
        kernel: wanted.kernel,
        protocol: wanted.protocol,
        scenario: wanted.scenario,
        figure: expect.any(String) as string,
        recorded: row.simulated,
        simulated: row.recorded,
        ok: true,
      });
    }
    expect(new Set(rows.map((row) => row.figure)).size).toBe(rows.length);
  });
});

test.each([
  ['6.1.192-nofix', 'smi, smi-heavy, reset1, memslot-idle, destroy-fwd, destroy-partial, dirty', 60],
  [
    '6.1.192',
    'smi, smi-heavy, reset1, memslot-idle, destroy-fwd, destroy-partial, dirty, plain, memslot, notifier',
    150,
  ],
  [
    '6.12.117',
    'smi, smi-heavy, reset1, memslot-idle, destroy-fwd, destroy-partial, dirty, plain, memslot, notifier',
    150,
  ],
  ['7.2.13', 'smi, smi-heavy, plain', 50],
])(
  '%s under its own profile: every recorded script, at least as many rows as before',
  (kernel, scenarios, least) => {
    const cases = VALIDATION_CASES.filter((c) => c.kernel === kernel && c.protocol === kernel);
    expect(cases.map((c) => c.scenario).join(', ')).toBe(scenarios);
    const rows = cases.flatMap((wanted) => {
      const recording = recorded(wanted);
      return validate(wanted, recording, recording.lifecycle);
    });
    expect(rows.length).toBeGreaterThanOrEqual(least);
  },
);

test('two events in another order fail the thread, the figures stay', () => {
  const recording = recorded(SMI);
  const at = recording.lifecycle.events.findIndex((e) => e.type === 'vcpuPut' && e.root === 3);
  const events = recording.lifecycle.events.slice();
  [events[at], events[at + 1]] = [events[at + 1], events[at]];
  const rows = validate(SMI, recording, { ...recording.lifecycle, events });
  expect(differing(rows)).toEqual(['order of vcpu0: roots', 'order of all threads, root by root']);
  const row = rows.find((r) => r.figure === 'order of vcpu0: roots');
  expect(row?.recorded).toMatch(/^242 tokens, digest [0-9a-f]{16}; token \d+: put r3 0$/);
  expect(row?.simulated).toMatch(/; token \d+: last-put r3 1$/);
});

test('what the worker or the clock decides is not compared', () => {
  const recording = recorded(SMI);
  const without = withEvents(recording.lifecycle, (e) =>
    e.type === 'iteratorGet' || e.type === 'iteratorPut' || (e.type === 'exit' && e.kind === 'interrupt')
      ? []
      : [{ ...e, timestampNs: 0, pid: 0 }],
  );
  expect(differing(validate(SMI, recording, without))).toEqual([]);
});

test('a missing fault, exit or free is seen', () => {
  const recording = recorded(SMI);
  const drop = (type: RecordedEvent['type']): Lifecycle => {
    let dropped = false;
    return withEvents(recording.lifecycle, (e) => {
      const it = !dropped && e.type === type && (e.type !== 'exit' || e.kind === 'rsm');
      if (it) dropped = true;
      return it ? [] : [e];
    });
  };
  expect(differing(validate(SMI, recording, drop('guestFault')))).toEqual([
    'order of vcpu0: exits, faults, SMM, resets',
  ]);
  expect(differing(validate(SMI, recording, drop('exit')))).toContain('rsm exits');
  // The recording's probe missed some; fewer than it saw is wrong, up to as many more as it missed is not.
  expect(differing(validate(SMI, recording, drop('freed')))).toEqual([
    `root frees, of which the probe may have missed ${recording.missedFrees}`,
  ]);
});
