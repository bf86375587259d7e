// Every simulated run of a protocol is one of its behaviours, whatever the schedule: what the probes would have printed of it is
// accepted. The other way round than the mutants: here nothing may be refused.
import { expect, test } from 'vitest';
import { TraceCheck } from '../../../src/core/traces/check/trace-check.js';
import { ERAS } from '../../../src/core/traces/check/traits.js';
import { probedRun } from '../../support/probed.js';

const SCENARIOS = [
  ['smi-heavy', { smis: 6, vcpus: 3 }],
  ['memslot-storm', { vcpus: 3, pages: 8, pauseUs: 200 }],
  ['memslot-idle', {}],
  ['destroy-race', {}],
] as const;
const SEEDS = [1, 2, 3];

const RUNS = ERAS.flatMap((protocol) =>
  SCENARIOS.map(([scenario, parameters]) => ({ protocol, scenario, parameters })),
);

test.each(RUNS)('$protocol $scenario', ({ protocol, scenario, parameters }) => {
  for (const seed of SEEDS) {
    const { lines } = probedRun({ protocol, scenario, parameters, seed, scheduler: 'random' });
    const check = new TraceCheck({ protocols: [protocol], rcuCallbacks: false });
    for (const line of lines) check.take(line);
    const [verdict] = check.report().verdicts;
    const line = verdict?.firstRejected?.line ?? 0;
    const around = lines
      .slice(Math.max(0, line - 12), line)
      .map((l) => `${l.lineNumber} ${l.pid} ${l.event} ${l.body}`);
    expect({
      seed,
      refused: verdict?.firstRejected ?? null,
      around: verdict?.firstRejected ? around : [],
    }).toEqual({
      seed,
      refused: null,
      around: [],
    });
    expect(lines.length).toBeGreaterThan(50);
    expect(verdict?.verdict).toBe('accepted');
  }
});
