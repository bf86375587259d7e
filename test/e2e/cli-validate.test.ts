// The key test of the model: the recorded ioctl scripts, simulated, give what real kernels gave. Every compared figure
// and sequence is equal.
import { expect, test } from 'vitest';
import { documentOf, rootline } from './cli-support.js';

interface Row {
  readonly kernel: string;
  readonly protocol: string;
  readonly scenario: string;
  readonly figure: string;
  readonly recorded: number | string;
  readonly simulated: number | string;
  readonly ok: boolean;
}

test('rootline validate: every row is as recorded', () => {
  const ended = rootline(['validate', '--json']);
  const { rows, failed, ...rest } = documentOf(ended) as { rows: Row[]; failed: number };
  expect(rows.filter((row) => !row.ok)).toEqual([]);
  expect(failed).toBe(0);
  expect(rest).toEqual({});
  expect(ended.code).toBe(0);
  expect(rows.length).toBeGreaterThanOrEqual(60);
  for (const row of rows) {
    expect(Object.keys(row)).toEqual([
      'kernel',
      'protocol',
      'scenario',
      'figure',
      'recorded',
      'simulated',
      'ok',
    ]);
  }
  const equal = rows.filter((row) => !row.figure.startsWith('root frees, of which'));
  expect(equal.map((row) => row.simulated)).toEqual(equal.map((row) => row.recorded));
  const scenarios = ['smi', 'smi-heavy', 'reset1', 'memslot-idle', 'destroy-fwd', 'destroy-partial'];
  for (const [kernel, protocol] of [
    ['6.1.192-nofix', '6.1.192-nofix'],
    ['6.1.192', 'seed-draft'],
    ['6.12.117', '6.12.117'],
  ]) {
    const of = rows.filter((row) => row.kernel === kernel && row.protocol === protocol);
    expect(of.map((row) => row.scenario)).toEqual(expect.arrayContaining(scenarios));
  }
  const heavy = rows.find(
    (row) => row.kernel === '6.1.192-nofix' && row.scenario === 'smi-heavy' && row.figure === 'npf exits',
  );
  expect(heavy).toMatchObject({ kernel: '6.1.192-nofix', recorded: 1228, simulated: 1228 });

  const table = rootline(['validate']);
  expect(table.code).toBe(0);
  expect(table.stdout).toContain(`${rows.length} rows, 0 failed`);
});
