// Which rules two protocols need, each with what breaks first: the whole answer, as `rootline relax` gives it.
import { expect, test } from 'vitest';
import { relaxLine } from '../../src/core/explorer/relax/relaxation.js';
import { runRelax } from '../../src/explorations/relax/relax.js';

const WORKERS = 2;

async function answers(protocol: string): Promise<{ [rule: string]: string }> {
  const { rows } = await runRelax({ protocol, workers: WORKERS });
  return Object.fromEntries(
    rows.map((row) => [
      row.rule,
      row.answer === 'needed' ? `${row.invariant} in ${row.litmus}` : row.answer.replaceAll('_', ' '),
    ]),
  );
}

const V5_18 = {
  'mmu-lock-in-load': 'I7 in v-v',
  'mmu-lock-in-drop': 'I9 in v-v',
  'mmu-lock-in-fault': 'I19 in v-n',
  'mmu-lock-write-in-fast-zap': 'I18 in v-m',
  'mmu-lock-write-in-notifier': 'I19 in v-n',
  'pages-lock-in-load': 'not needed in',
  'pages-lock-in-put': 'not needed in',
  'rcu-before-root-free': 'not needed in',
  'rcu-before-table-free': 'I4 in f-m',
  'rcu-in-invalidate-walk': 'not applicable',
  'rcu-in-root-walk': 'not needed in',
  'rcu-in-fault': 'not needed in',
  'rcu-in-fast-fault': 'I4 in f-m',
  'rcu-in-zap': 'not needed in',
  'rcu-barrier-at-the-end': 'I30 in v-d',
  'flush-on-load': 'I4 in g-m',
  'flush-in-notifier': 'I22 in v-n',
  'flush-before-yield': 'I22 in n-y',
  'flush-in-nx-recovery': 'I22 in b4',
  'flush-before-clear': 'not applicable',
  'flush-in-table-removal': 'not applicable',
  'get-in-load': 'I2 in v-v',
  'get-in-root-walk': 'I3 in v-v-n',
  'mmu-own-reference': 'not applicable',
  'get-for-zap': 'I14 in v-m',
  'count-for-worker': 'I11 in v-k',
  'put-after-zap': 'WARN_ROOTS_LEFT in m-k-d',
  'free-with-last-put': 'I11 in v-v-n',
  'request-before-unlock': 'I20 in g-m',
  'zap-before-return': 'I15 in v-m',
  'unlink-after-zap': 'I17 in m-n',
  'sequence-before-pfn': 'I19 in v-n',
  'look-again-before-making': 'not applicable',
  'next-before-put': 'I3 in v-v-n',
  'flag-before-invalid': 'not applicable',
  'restart-at-entry': 'I17 in b19',
  'root-check-in-fault': 'I18 in v-m',
  'sequence-check-in-fault': 'I19 in v-n',
  'progress-check-in-fault': 'I19 in v-n',
  'zap-once': 'I1 in m-n-idle',
  'unmap-visits-invalid-roots': 'I17 in m-n',
  'release-visits-invalid-roots': 'I17 in b6',
  'zap-reaches-top-level': 'not applicable',
};

const V6_4 = {
  'mmu-lock-in-load': 'I7 in v-v',
  'mmu-lock-in-drop': 'I11 in b24',
  'mmu-lock-in-fault': 'I19 in v-n',
  'mmu-lock-write-in-fast-zap': 'I18 in v-m',
  'mmu-lock-write-in-notifier': 'I19 in v-n',
  'pages-lock-in-load': 'not needed in',
  'pages-lock-in-put': 'not needed in',
  'rcu-before-root-free': 'I3 in v-d',
  'rcu-before-table-free': 'I4 in f-m',
  'rcu-in-invalidate-walk': 'I3 in v-d',
  'rcu-in-root-walk': 'not needed in',
  'rcu-in-fault': 'not needed in',
  'rcu-in-fast-fault': 'I4 in f-m',
  'rcu-in-zap': 'not needed in',
  'rcu-barrier-at-the-end': 'I30 in v-d',
  'flush-on-load': 'I4 in g-m',
  'flush-in-notifier': 'I22 in v-n',
  'flush-before-yield': 'I22 in n-y',
  'flush-in-nx-recovery': 'I22 in b14',
  'flush-before-clear': 'not applicable',
  'flush-in-table-removal': 'not applicable',
  'get-in-load': 'I2 in v-v',
  'get-in-root-walk': 'I3 in m-n-idle',
  'mmu-own-reference': 'I10 in v-k',
  'get-for-zap': 'not applicable',
  'count-for-worker': 'not applicable',
  'put-after-zap': 'WARN_ROOTS_LEFT in m-k-d',
  'free-with-last-put': 'I11 in m-k-d',
  'request-before-unlock': 'I20 in g-m',
  'zap-before-return': 'I15 in v-m',
  'unlink-after-zap': 'I17 in m-n',
  'sequence-before-pfn': 'I19 in v-n',
  'look-again-before-making': 'not applicable',
  'next-before-put': 'I3 in m-n-idle',
  'flag-before-invalid': 'not applicable',
  'restart-at-entry': 'I17 in b19',
  'root-check-in-fault': 'I18 in v-m',
  'sequence-check-in-fault': 'I19 in v-n',
  'progress-check-in-fault': 'I19 in v-n',
  'zap-once': 'I1 in b24',
  'unmap-visits-invalid-roots': 'I17 in m-n',
  'release-visits-invalid-roots': 'I17 in b6',
  'zap-reaches-top-level': 'not applicable',
};

test('v5.18 needs these rules', { timeout: 600_000 }, async () => {
  expect(await answers('v5.18')).toEqual(V5_18);
});

test('v6.4 needs these rules', { timeout: 600_000 }, async () => {
  expect(await answers('v6.4')).toEqual(V6_4);
});

test('one rule in one litmus: what holds is said to hold there, and nothing more', async () => {
  const asked = { protocol: 'v6.4', rule: 'pages-lock-in-load', litmus: ['v-v', 'm-n'], workers: 1 };
  const [row] = (await runRelax(asked)).rows;
  expect(row).toMatchObject({ answer: 'not_needed_in', invariant: null, unconfirmedIn: [] });
  expect(relaxLine(row!)).toBe('holds in these litmus: v-v, m-n');
  const later = (await runRelax({ ...asked, protocol: 'v6.14', litmus: ['v-v'] })).rows[0];
  expect(later).toMatchObject({ answer: 'needed', litmus: 'v-v', invariant: 'I7' });
});
