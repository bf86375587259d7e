// `experiment` in small: the same eight boots with 2 % of the exits. Outcomes are the mail's, whatever the scale.
import { afterAll, expect, test } from 'vitest';
import { documentOf, Folders, rootline } from './cli-support.js';

const folders = new Folders();
afterAll(() => folders.clear());

const SMALL = ['exitsPercent=2', 'pagesPercent=5', 'windowPercent=20'].flatMap((text) => ['--set', text]);

interface Run {
  readonly protocol: string;
  readonly resetPolicy: string;
  readonly outcome: string;
  readonly pid1Seconds: number | null;
  readonly consoleSeconds: number | null;
  readonly rootAllocations: number;
  readonly resets: number;
  readonly eptViolations: number;
  readonly stuckAt: { readonly phase: string; readonly exit: string } | null;
  readonly sessionId: string;
}

function runsOf(args: readonly string[]): readonly Run[] {
  const ended = rootline(['experiment', ...SMALL, '--json', '--data', folders.fresh(), ...args]);
  expect(ended.code, ended.stderr).toBe(0);
  return documentOf(ended).runs as Run[];
}

test('eight sessions: two hang where the mail says, six boot', () => {
  const data = folders.fresh();
  const ended = rootline(['experiment', 'forced-reset', ...SMALL, '--json', '--data', data]);
  expect(ended.code, ended.stderr).toBe(0);
  const runs = documentOf(ended).runs as Run[];
  expect(runs.map((r) => `${r.protocol} ${r.resetPolicy} ${r.outcome}`)).toEqual([
    'v5.18 none booted',
    'v5.18 every-exit no_forward_progress',
    'v5.18 except-ept no_forward_progress',
    'v5.18 except-ept-dr booted',
    'seed-draft none booted',
    'seed-draft every-exit booted',
    'seed-draft except-ept booted',
    'seed-draft except-ept-dr booted',
  ]);
  const fields = [
    'protocol',
    'resetPolicy',
    'outcome',
    'pid1Seconds',
    'consoleSeconds',
    'rootAllocations',
    'eptViolations',
    'resets',
    'stuckAt',
    'sessionId',
    'events',
    'digest',
  ];
  for (const run of runs) {
    expect(Object.keys(run)).toEqual(expect.arrayContaining(fields));
    const booted = run.outcome === 'booted';
    expect(run.stuckAt === null).toBe(booted);
    expect(run.pid1Seconds === null).toBe(!booted);
  }
  for (const run of runs.slice(4)) {
    expect(run.rootAllocations).toBe(15);
    expect(run.eptViolations).toBe(runs[4].eptViolations);
  }
  expect(Object.keys(runs[1].stuckAt ?? {})).toEqual(['phase', 'exit', 'function', 'label']);
  expect(runs[1].stuckAt).toMatchObject({ phase: 'resetVector', exit: 'EPT_VIOLATION' });
  expect(runs[2].stuckAt).toMatchObject({ phase: 'kernel', exit: 'DR_ACCESS' });

  const { sessions } = documentOf(rootline(['sessions', '--json', '--data', data])) as {
    sessions: { id: string; recording: string }[];
  };
  expect(sessions.map((s) => s.id).toSorted()).toEqual(runs.map((r) => r.sessionId).toSorted());
  expect(new Set(sessions.map((s) => s.recording))).toEqual(new Set(['lifecycle']));
});

test('a KVM that emulates the first MOV-DR exit boots where it hung', () => {
  const runs = runsOf(['--dr', 'emulate-first-exit']);
  expect(runs.filter((r) => r.outcome !== 'booted').map((r) => `${r.protocol} ${r.resetPolicy}`)).toEqual([
    'v5.18 every-exit',
  ]);
});

test('asynchronous SMIs: both protocols over the period, with none to compare', () => {
  const runs = runsOf(['--async-smi', '2000']) as unknown as readonly {
    protocol: string;
    periodUs: number;
    consoleSeconds: number;
    smis: number;
  }[];
  expect(runs.map((r) => `${r.protocol} ${r.periodUs}`)).toEqual([
    'v5.18 0',
    'seed-draft 0',
    'v5.18 2000',
    'seed-draft 2000',
  ]);
  expect(runs[2].smis).toBeGreaterThan(runs[0].smis);
  expect(runs[2].consoleSeconds).toBeGreaterThan(runs[3].consoleSeconds);
});
