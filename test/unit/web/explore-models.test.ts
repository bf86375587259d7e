// What Explore shows, as data: the two columns of a counterexample, the matrix of runs laid over what is known, the form's address.
import { expect, test } from 'vitest';
import { drawingOf, turnsOf } from '../../../web/src/explore/model/drawing.js';
import { aheadText, estimateText } from '../../../web/src/explore/model/estimate.js';
import { cellKey, matrixOf, neighbour, signOf } from '../../../web/src/explore/model/matrix.js';
import { continuing, formAddress, type Litmus, requestOf } from '../../../web/src/explore/model/request.js';

const LEFT = 41;
const line = (left: string, right = ''): string => (right === '' ? left : left.padEnd(LEFT) + right);

test('a drawing is taken apart without losing a letter of it', () => {
  const lines = [
    line('CPU0 (main)', 'CPU1 (the others)'),
    line('-'.repeat(39), '-'.repeat(39)),
    '... 6 lines before',
    line('', '[kworker0]'),
    line('', 'kvm_tdp_mmu_put_root()'),
    line('', '  put r1: 1 -> 0 (work)'),
    '  a step that is as wide as its column.',
    '  USE AFTER FREE of r1',
    '  *** I3 is broken',
  ];
  const { heads, rows } = drawingOf(lines);
  expect(heads).toEqual(['CPU0 (main)', 'CPU1 (the others)']);
  expect(rows.map(({ left, right }) => [left.kind, right.kind])).toEqual([
    ['elided', 'empty'],
    ['empty', 'thread'],
    ['empty', 'function'],
    ['empty', 'step'],
    ['step', 'empty'],
    ['broken', 'empty'],
    ['broken', 'empty'],
  ]);
  expect(rows[3].right.text).toBe('  put r1: 1 -> 0 (work)');
  expect(rows[4].left.text).toBe('  a step that is as wide as its column.');
});

test('turns are stretches of one thread', () => {
  const steps = ['a', 'a', 'b', 'a'].map((name) => ({ name, function: `${name}()` }));
  expect(turnsOf(steps).map(({ thread, from, steps: n }) => [thread, from, n])).toEqual([
    ['a', 1, 2],
    ['b', 3, 1],
    ['a', 4, 1],
  ]);
});

const row = (bug: string, protocol: string, got: 'violated' | 'holds', expected = got) => ({
  bug,
  protocol,
  kind: 'safety',
  expected,
  got,
  ok: got === expected,
  invariant: null,
  states: 1,
  seconds: 1,
  sessionId: null,
  how: null,
  litmus: null,
  steps: null,
  reason: null,
});
const run = (id: string, rows: ReturnType<typeof row>[]) => ({
  id,
  state: 'finished' as const,
  bug: null,
  protocol: null,
  progress: null,
  failed: 0,
  seconds: 1,
  error: null,
  createdAt: '',
  updatedAt: '',
  allowed: [],
  rows,
});
const table = {
  protocols: ['v5.18', 'seed-draft'],
  bugs: [
    {
      bug: 'B13',
      title: 'a walk',
      kind: 'safety',
      rules: ['I3'],
      litmus: 'v-d',
      cells: [
        { protocol: 'v5.18', expected: 'holds' as const, why: null, litmus: null },
        { protocol: 'seed-draft', expected: 'violated' as const, why: null, litmus: null },
        { protocol: '6.1.192', expected: 'holds' as const, why: null, litmus: null },
      ],
    },
    {
      bug: 'B17',
      title: null,
      kind: 'liveness',
      rules: [],
      litmus: null,
      cells: [{ protocol: 'v5.18', expected: 'not_applicable' as const, why: 'no TDP MMU', litmus: null }],
    },
  ],
};

test('the newest answer of a cell counts; what differs from what is known is counted', () => {
  const newest = run('2', [row('B13', 'seed-draft', 'holds', 'violated')]);
  const oldest = run('1', [row('B13', 'seed-draft', 'violated'), row('B13', 'v5.18', 'holds')]);
  const matrix = matrixOf(table, [newest, oldest], false);
  expect(matrix).toMatchObject({ protocols: ['v5.18', 'seed-draft'], asked: 2, answered: 2, differing: 1 });
  expect(signOf(matrix.cells.get('B13:seed-draft')!, 'safety')).toMatchObject({
    tone: 'good',
    word: 'holds',
  });
  expect(signOf(matrix.cells.get('B17:v5.18')!, 'liveness').word).toBe('cannot occur');
  const asked = matrixOf(table, [], true);
  expect(asked.protocols).toEqual(['v5.18', 'seed-draft', '6.1.192']);
  expect(signOf(asked.cells.get('B13:seed-draft')!, 'safety').word).toBe('expected: violated');
  expect(asked.answered).toBe(0);
});

test('arrows move in the matrix and stay in it', () => {
  const matrix = matrixOf(table, [], false);
  const from = { bug: 'B13', protocol: 'v5.18' };
  const to = (key: string) => {
    const next = neighbour(matrix, from, key);
    return next === null ? null : cellKey(next.bug, next.protocol);
  };
  expect(['ArrowRight', 'ArrowDown', 'ArrowLeft', 'End', 'x'].map(to)).toEqual([
    'B17:v5.18',
    'B13:seed-draft',
    'B13:v5.18',
    'B17:v5.18',
    null,
  ]);
});

const litmus: Litmus = {
  id: 'reference',
  title: '',
  doc: '',
  drawing: null,
  leftOut: '',
  machine: true,
  parameters: [{ name: 'resets', default: 2, min: 1, max: 4, doc: '' }],
  notFor: [],
};

test('the address is the request, and a request once made gives its address', () => {
  const query = new URLSearchParams(
    'litmus=reference&protocol=v6.4&p.resets=3&p.other=9&states=1,000&reductions=none&liveness=1&search=x',
  );
  const request = requestOf(query, litmus);
  expect(request).toEqual({
    litmus: 'reference',
    protocol: 'v6.4',
    parameters: { resets: 3 },
    reductions: 'none',
    search: 'exhaustive',
    exact: false,
    liveness: true,
    states: 1_000,
  });
  const asked = {
    reductions: 'none',
    search: 'exhaustive',
    preemptions: null,
    depth: null,
    states: 1_000,
    seconds: 60,
    bytes: 1_000_000,
    workers: 1,
    seed: 1,
    schedules: 10_000,
    pctDepth: 3,
    exact: false,
    liveness: true,
    transplant: null,
    continues: null,
  } as const;
  const read = { litmus: 'reference', litmusText: null, protocol: 'v6.4', parameters: { resets: 3 }, asked };
  expect(formAddress(read, 'v5.18')).toBe(
    '/explore?litmus=reference&protocol=v5.18&p.resets=3&reductions=none&liveness=1',
  );
  const more = continuing(read, '7');
  expect(more).toMatchObject({ continues: '7', workers: 1, states: 1_000 });
  const own = { ...read, litmus: 'own.mine', litmusText: 'litmus mine', parameters: {} };
  expect(continuing(own, '7')).toMatchObject({ litmus: { text: 'litmus mine' } });
  expect('preemptions' in more || 'transplant' in more).toBe(false);
});

test('an estimate says its range, and which bound comes first', () => {
  const estimate = {
    states: 291_234,
    low: 160_000,
    high: null,
    done: null,
    method: 'sampled levels',
    uncertainty: 'at least',
  } as const;
  expect(estimateText(estimate)).toBe('at least 160,000 states (sampled levels: at least)');
  const progress = {
    states: 1_234,
    transitions: 1,
    depth: 1,
    waiting: 1,
    seconds: 1,
    statesPerSecond: 1_000,
    estimate,
    checkpointed: false,
  };
  const bounds = { states: 100_000, seconds: 3_600, bytes: 1e9 };
  expect(aheadText(progress, bounds)).toBe(
    'how long is not known; it will end at the bound of 100,000 states',
  );
  const bounded = { ...estimate, high: 500_000 };
  expect(estimateText(bounded)).toBe('about 290,000 states (160,000 to 500,000; sampled levels: at least)');
  expect(aheadText({ ...progress, estimate: bounded }, bounds)).toMatch(/^about 5 min to go;/);
  expect(aheadText({ ...progress, estimate: null }, bounds)).toBe(null);
});
