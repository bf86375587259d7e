// Every recording is a behaviour of its own era and of no era whose rules it refutes; where probes were off or events lost, the
// verdict stays open, and what is refuted all the same is said.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { CheckReport, Verdict } from '../../../src/core/traces/check/verdict.js';
import { checked } from './checked.js';
import { KERNELS, scenariosOf, traceText } from './fixtures.js';

const OWN: Readonly<Record<string, string>> = {
  '5.10.262': 'v5.10',
  '6.1.192-nofix': 'v5.18',
  '6.1.192': 'v6.6',
  '6.12.117': 'v6.9',
  '7.2.13': 'v6.14',
};

const formatText = (name: string): string =>
  gunzipSync(readFileSync(join(import.meta.dirname, '../../../fixtures/traces/formats', name))).toString(
    'utf8',
  );

const verdictOf = (report: CheckReport, protocol: string): Verdict => {
  const found = report.verdicts.find((v) => v.protocol === protocol);
  if (found === undefined) throw new Error(`no verdict of ${protocol}`);
  return found;
};

const RECORDINGS = KERNELS.flatMap((kernel) =>
  scenariosOf(kernel)
    .filter((scenario) => !scenario.startsWith('noprobe'))
    .map((scenario) => [kernel, scenario] as const),
);

test.each(RECORDINGS)('%s %s: accepted by its own era alone, and by its profile', (kernel, scenario) => {
  const report = checked(traceText(kernel, scenario));
  const own = verdictOf(report, OWN[kernel] ?? '');
  expect(own.firstRejected).toBeNull();
  expect(own.verdict).toBe('accepted');
  expect(own.acceptedBy).toContain(kernel);
  expect(own.explained).toBe(report.events);
  for (const verdict of report.verdicts) {
    if (verdict === own) continue;
    expect(verdict).toMatchObject({ verdict: 'rejected', acceptedBy: [] });
    expect(verdict.firstRejected?.statesBefore.length).toBeGreaterThan(0);
  }
});

describe('without probes', () => {
  test.each(KERNELS.map((kernel) => [kernel]))('%s noprobe_smi: open, but for what is refuted', (kernel) => {
    const report = checked(traceText(kernel, 'noprobe_smi'));
    expect(report.rootProbes).toBe(false);
    expect(verdictOf(report, OWN[kernel] ?? '')).toMatchObject({ verdict: 'undecided', firstRejected: null });
    expect(report.verdicts.filter((v) => v.verdict === 'accepted')).toEqual([]);
    expect(report.verdicts.some((v) => v.verdict === 'rejected')).toBe(true);
  });

  test('forty roots for twenty SMIs refute every era that keeps them', () => {
    const report = checked(traceText('6.1.192-nofix', 'noprobe_smi'));
    const rules = Object.fromEntries(
      report.verdicts.map((v) => [v.protocol, v.firstRejected?.rule ?? v.verdict]),
    );
    expect(rules).toMatchObject({ 'v5.18': 'undecided', 'seed-draft': 'churn', 'v6.4': 'churn' });
  });
});

test.each(RECORDINGS)(
  '%s %s: where it begins in the middle, or loses events there, its own era is not refuted',
  (kernel, scenario) => {
    const lines = traceText(kernel, scenario).split('\n');
    const head = lines.filter((line) => line.startsWith('#'));
    const own = [OWN[kernel] ?? ''];
    for (const part of [0.2, 0.5, 0.8]) {
      const at = Math.floor(lines.length * part);
      const tail = checked([...head, ...lines.slice(at)].join('\n'), own);
      const hole = ['CPU:1 [LOST 37 EVENTS]', ...lines.slice(at + 37)];
      const lost = checked([...lines.slice(0, at), ...hole].join('\n'), own);
      const cut = checked(lines.slice(0, at).join('\n'), own);
      for (const report of [tail, lost, cut]) expect(report.verdicts[0]?.firstRejected).toBeNull();
      expect(lost.verdicts[0]?.verdict).toBe('undecided');
      expect(lost.verdicts[0]?.wouldDecide).toMatch(/larger buffer/);
    }
  },
);

describe('where events are lost', () => {
  test('what needs nothing of what was lost still refutes', () => {
    const lines = traceText('6.1.192-nofix', 'smi').split('\n');
    const at = lines.length >> 1;
    const report = checked(
      [...lines.slice(0, at), 'CPU:1 [LOST 37 EVENTS]', ...lines.slice(at + 37)].join('\n'),
    );
    const verdicts = Object.fromEntries(
      report.verdicts.map((v) => [v.protocol, v.firstRejected?.rule ?? v.verdict]),
    );
    expect(verdicts).toMatchObject({ 'v5.18': 'undecided', 'v6.4': 'refcount', 'v6.6': 'refcount' });
    expect(verdicts['v6.9']).toBe('function-exists');
  });

  test.each([['5.10.262.overrun'], ['5.10.262.pipe_lost']])('%s: open', (name) => {
    const report = checked(formatText(`${name}.txt.gz`));
    expect(report.lost.places).toBeGreaterThan(0);
    expect(verdictOf(report, 'v5.10')).toMatchObject({ verdict: 'undecided', firstRejected: null });
    expect(verdictOf(report, 'v6.6').verdict).toBe('rejected');
  });
});
