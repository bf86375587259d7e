// `explore` as a process: the document, the exit codes, the same figures for any number of threads.
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { documentOf, Folders, rootline } from './cli-support.js';

const explore = (...args: string[]) => rootline(['explore', 'reference-coarse', ...args]);

test('holds: exit code 0, and a document with what was established', () => {
  const ended = explore('--protocol', 'v6.4', '--json');
  expect(ended.code).toBe(0);
  expect(documentOf(ended)).toMatchObject({
    verdict: 'holds',
    litmus: 'reference-coarse',
    protocol: 'v6.4',
    parameters: { resets: 2 },
    search: 'exhaustive',
    states: 6_373,
    transitions: 28_754,
    terminalStates: 5,
    invariant: null,
    kind: null,
    sessionId: null,
    counterexample: null,
    reductions: ['persistent sets', 'symmetry'],
    boundsReached: [],
  });
  const text = explore('--protocol', 'v6.4');
  expect(text.code).toBe(0);
  expect(text.stdout).toContain('holds: reference-coarse (resets=2) under v6.4: in every interleaving');
});

test('any number of threads stores the same states', () => {
  const runs = ['1', '2', '3'].map((workers) => {
    const args = ['--protocol', 'v5.18', '--reductions', 'none', '--workers', workers, '--json'];
    const { verdict, states, transitions, terminalStates, workers: used } = documentOf(explore(...args));
    return { verdict, states, transitions, terminalStates, used };
  });
  const same = { verdict: 'holds', states: 1_042_043, transitions: 3_136_552, terminalStates: 6 };
  expect(runs).toEqual([1, 2, 3].map((used) => ({ ...same, used })));
});

test('a bound: exit code 5, and which one', () => {
  const ended = explore('--protocol', 'v5.18', '--states', '1000', '--json');
  expect(ended.code).toBe(5);
  expect(documentOf(ended)).toMatchObject({
    verdict: 'bound_reached',
    states: 1_000,
    boundsReached: ['states'],
  });
  const threads = explore('--protocol', 'v5.18', '--set', 'resets=4', '--states', '600000', '--json');
  expect(threads.code).toBe(5);
  expect(documentOf(threads)).toMatchObject({ verdict: 'bound_reached', boundsReached: ['states'] });
  const samples = explore('--protocol', 'v5.18', '--search', 'pct', '--schedules', '50', '--json');
  expect(samples.code).toBe(5);
  expect(documentOf(samples)).toMatchObject({ boundsReached: ['schedules'], schedules: 50 });
});

test('a stopped search goes on to the same figures, on any number of threads', () => {
  const folders = new Folders();
  try {
    const file = join(folders.fresh(), 'search');
    const args = ['--protocol', 'v5.18', '--reductions', 'none', '--checkpoint', file, '--json'];
    expect(explore(...args, '--states', '200000', '--workers', '1').code).toBe(5);
    expect(existsSync(file)).toBe(true);
    expect(explore(...args, '--states', '600000', '--workers', '2').code).toBe(5);
    // Another search does not take it.
    expect(explore('--protocol', 'v6.4', '--checkpoint', file).code).toBe(2);
    const ended = explore(...args, '--workers', '2');
    expect(documentOf(ended)).toMatchObject({ verdict: 'holds', states: 1_042_043, transitions: 3_136_552 });
    expect(existsSync(file)).toBe(false);
    writeFileSync(file, 'no checkpoint at all');
    expect(explore(...args).code).toBe(2);
  } finally {
    folders.clear();
  }
});

test('endless runs are looked for in the whole graph', () => {
  const ended = explore('--protocol', 'v6.4', '--set', 'resets=1', '--liveness', '--json');
  expect(ended.code).toBe(0);
  expect(documentOf(ended)).toMatchObject({ verdict: 'holds', liveness: true, reductions: [] });
});

test.each([
  [['reference-coarse'], 'protocol'],
  [['nothing', '--protocol', 'v5.18'], 'no litmus "nothing"'],
  [['reference-coarse', '--protocol', 'v6.9'], 'v5.18, seed-draft, v6.4'],
  [['reference-coarse', '--protocol', 'v5.18', '--set', 'resets=0'], 'from 1 to 8'],
  [['reference-coarse', '--protocol', 'v5.18', '--set', 'roots=2'], 'parameters resets'],
  [['reference-coarse', '--protocol', 'v5.18', '--workers', '0'], '--workers'],
  [['reference-coarse', '--protocol', 'v5.18', '--search', 'all'], 'exhaustive'],
  [['reference-coarse', '--protocol', 'v5.18', '--liveness', '--depth', '3'], '--liveness'],
])('%j is bad input', (args, said) => {
  const ended = rootline(['explore', ...args]);
  expect(ended.code).toBe(2);
  expect(ended.stderr).toContain(said);
  expect(ended.stdout).toBe('');
});

test('a counterexample is a session: both replays agree, and the ledger names the use after free', () => {
  const folders = new Folders();
  try {
    const data = folders.fresh();
    const ended = rootline(['explore', 'v-d', '--protocol', 'seed-draft', '--data', data, '--json']);
    expect(ended.code).toBe(3);
    expect(documentOf(ended)).toMatchObject({
      verdict: 'violated',
      invariant: 'I3',
      kind: 'safety',
      sessionId: '1',
      report: { recipe: { bug: expect.stringMatching(/^B13:/) as string } },
    });
    expect(documentOf(rootline(['show', '1', '--data', data, '--json']))).toMatchObject({
      kind: 'explored',
      state: 'finished',
      scenario: 'v-d',
      scheduler: 'scripted',
      outcome: 'completed',
    });
    expect(rootline(['replay', '1', '--data', data]).stdout).toMatch(
      /by schedule +verified.*\n.*by fold +verified/,
    );
    const ledger = rootline(['ledger', '1', 'tdp-mmus.0.roots.1', '--data', data]);
    expect(ledger.code).toBe(3);
    expect(ledger.stdout).toContain('USE AFTER FREE: main');
    const fork = ['fork', '1', '--at', '100', '--data', data, '--json', '--scheduler', 'timed'];
    expect(documentOf(rootline(fork))).toMatchObject({ outcome: 'completed', findings: [] });
  } finally {
    folders.clear();
  }
});

test('a litmus of my own: its counterexample carries the text, replays, is forked, goes away in a file and comes back', () => {
  const folders = new Folders();
  try {
    const [data, other] = [folders.fresh(), folders.fresh()];
    const file = join(data, 'mine.litmus');
    writeFileSync(file, readFileSync('examples/two-vcpus-unmap.litmus', 'utf8'));
    const args = ['explore', file, '--protocol', 'v5.15', '--transplant', 'v6.4', '--data', data, '--json'];
    const ended = rootline(args);
    expect(ended.code).toBe(3);
    expect(documentOf(ended)).toMatchObject({
      verdict: 'violated',
      litmus: 'own.two-vcpus-unmap',
      invariant: 'I28',
      sessionId: '1',
      report: {
        recipe: { bug: expect.stringMatching(/^B7:/) as string },
        transplant: { outcome: 'harmless' },
      },
    });
    // The text in the session is what runs, whatever becomes of the file.
    rmSync(file);
    expect(rootline(['replay', '1', '--data', data]).stdout).toMatch(
      /by schedule +verified.*\n.*by fold +verified/,
    );
    const fork = ['fork', '1', '--at', '100', '--data', data, '--json', '--scheduler', 'timed'];
    expect(documentOf(rootline(fork))).toMatchObject({ outcome: 'completed' });
    const packed = join(data, 'one.session');
    expect(rootline(['export', '1', '--format', 'session', '-o', packed, '--data', data]).code).toBe(0);
    expect(rootline(['import-session', packed, '--data', other]).code).toBe(0);
    expect(rootline(['replay', '1', '--data', other]).code).toBe(0);
  } finally {
    folders.clear();
  }
});

test('litmus tells what there is; what it prints is explored like what it was printed from', () => {
  const folders = new Folders();
  try {
    const file = join(folders.fresh(), 'v-n.litmus');
    writeFileSync(file, rootline(['litmus', 'v-n']).stdout);
    const of = (litmus: string) => documentOf(rootline(['explore', litmus, '--protocol', 'v6.4', '--json']));
    const { states, transitions } = of('v-n') as { states: number; transitions: number };
    expect(of(file)).toMatchObject({ litmus: 'own.v-n', verdict: 'holds', states, transitions });
    expect(rootline(['litmus']).stdout).toContain('v-n: a vCPU faults while the host takes the page away');
    writeFileSync(file, readFileSync(file, 'utf8').replace('madvise_dontneed', 'madvise'));
    const refused = rootline(['explore', file, '--protocol', 'v6.4']);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(
      /v-n\.litmus, line 15, column notifier: "madvise 0\.\.0": expected one of: /,
    );
  } finally {
    folders.clear();
  }
});

test('the catalogue stores what it found, and nothing where it is told not to', () => {
  const folders = new Folders();
  try {
    const data = folders.fresh();
    const rows = (...args: readonly string[]) => {
      const ended = rootline(['catalogue', '--bug', 'B12', '--data', data, '--json', ...args]);
      expect(ended.code).toBe(0);
      return (documentOf(ended) as { rows: { got: string; sessionId: string | null }[] }).rows;
    };
    const bare = rows('--no-store');
    expect(bare.filter(({ got }) => got === 'violated')).toHaveLength(1);
    expect(bare.every(({ sessionId }) => sessionId === null)).toBe(true);
    expect(existsSync(join(data, 'events.sqlite'))).toBe(false);
    for (const { got, sessionId } of rows()) expect(sessionId).toBe(got === 'violated' ? '1' : null);
    expect(rootline(['replay', '1', '--data', data]).code).toBe(0);
  } finally {
    folders.clear();
  }
});
