// Tables and CSV, and the command that reproduces a run.
import { expect, test } from 'vitest';
import { reproduce } from '../../../src/cli/commands/run.js';
import { grouped, table } from '../../../src/cli/terminal.js';
import { createManifest } from '../../../src/core/run/manifest.js';
import { CSV_HEADER, csvCell, csvLine } from '../../../src/exports/writers/csv.js';

test('columns are as wide as they must be, numbers stand to the right, null is a dash', () => {
  expect(
    table(
      ['name', 'n', 'word'],
      [
        ['a', 5, null],
        ['long name', 1234, 'x'],
      ],
    ),
  ).toBe(
    ['name          n  word', '---------  ----  ----', 'a             5  -', 'long name  1234  x'].join('\n'),
  );
  expect(table(['only titles'], [])).toBe('only titles\n-----------');
});

test.each([
  [0, '0'],
  [999, '999'],
  [1_000, '1,000'],
  [12_345_678, '12,345,678'],
])('%d is %s', (n, text) => {
  expect(grouped(n)).toBe(text);
});

test('CSV quotes what has to be quoted', () => {
  expect(csvCell('plain')).toBe('plain');
  expect(csvCell('a,b')).toBe('"a,b"');
  expect(csvCell('say "x"')).toBe('"say ""x"""');
  expect(csvCell('two\nlines')).toBe('"two\nlines"');
  expect(csvCell(null)).toBe('');
  const line = csvLine({
    position: 1,
    ordinal: 2,
    lastOrdinal: 2,
    timeNs: 30,
    thread: 'vcpu0',
    function: 'kvm_mmu_load',
    label: 'begin',
    type: 'RootPut',
    subject: { kind: 'root', number: 3 },
    values: { holder: 1, refcount: 0 },
  });
  expect(line).toBe('1,2,2,30,vcpu0,kvm_mmu_load,begin,RootPut,root,3,"{""holder"":1,""refcount"":0}"\r\n');
  expect(CSV_HEADER.split(',')).toHaveLength(11);
});

test('the reproducing command has everything that differs from a default, and makes the same manifest', () => {
  const manifest = createManifest({
    scenario: 'smi-heavy',
    protocol: 'v5.18',
    seed: 7,
    scheduler: 'random',
    recording: 'lifecycle',
    invariants: false,
    parameters: { smis: 3, pages: 2 },
    costs: { rootAllocated: 150 },
    limits: { events: 1_000 },
  });
  const command = reproduce(manifest, 'my data');
  expect(command).toBe(
    'npx rootline run smi-heavy --protocol v5.18 --seed 7 --scheduler random --recording lifecycle ' +
      "--set smis=3 --set pages=2 --set cost.rootAllocated=150 --set limit.events=1000 --no-invariants --data 'my data'",
  );
  const plain = createManifest({ scenario: 'smi', protocol: 'seed-draft' });
  expect(reproduce(plain, null)).toBe(
    'npx rootline run smi --protocol seed-draft --seed 1 --scheduler timed --recording full',
  );
});
