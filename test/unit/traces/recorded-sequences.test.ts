// The order of events in the recordings: per thread, per root, and the guest's faults per round. These are what a
// simulated run of the same scripts has to reproduce (fixtures/traces/README.md).
import { describe, expect, test } from 'vitest';
import type { Lifecycle } from '../../../src/core/traces/recorded-event.js';
import { iteratorGetsByCaller } from '../../../src/core/traces/recorded-figures.js';
import {
  ROOT_TOKENS_ONLY,
  rootSequences,
  threadSequences,
} from '../../../src/core/traces/recorded-sequences.js';
import { KERNELS, recordingOf } from './fixtures.js';

const WITHOUT_ITERATORS = { ...ROOT_TOKENS_ONLY, iterators: false };
const NOFIX = '6.1.192-nofix';
const FIXED = '6.1.192';

function lifecycleOf(kernel: string, scenario: string): Lifecycle {
  return recordingOf(kernel, scenario).lifecycle;
}

/** Tokens that belong together: keeps a long expectation readable. */
function seq(...tokens: readonly string[]): readonly string[] {
  return tokens;
}

function times<T>(count: number, ...items: readonly T[]): T[] {
  return Array.from({ length: count }, () => items).flat();
}

/** Guest page faults of each round; a round ends at its io exit. Phases never overlap in these scenarios. */
function faultsPerRound(lifecycle: Lifecycle): number[] {
  const rounds: number[] = [];
  let faults = 0;
  for (const event of lifecycle.events) {
    if (event.type !== 'exit') continue;
    if (event.kind === 'npf') faults += 1;
    if (event.kind === 'io') {
      rounds.push(faults);
      faults = 0;
    }
  }
  return rounds;
}

/** Of 7.2.13 only the scenarios of SMM (and plain) are recorded. */
const WITHOUT_SMM = KERNELS.filter((kernel) => kernel !== '7.2.13');

describe('guest faults per round', () => {
  const smiFirst = [26, 0, 0];
  test.each<readonly [kernel: string, scenario: string, faults: readonly number[]]>([
    [NOFIX, 'smi', [...smiFirst, 8 + 10, ...times(19, 4 + 10)]],
    [FIXED, 'smi', [...smiFirst, 8, ...times(19, 0)]],
    [NOFIX, 'smi_heavy_p8_v1', [...smiFirst, 4 + 10, ...times(99, 2 + 10)]],
    [FIXED, 'smi_heavy_p8_v1', [...smiFirst, 4, ...times(99, 0)]],
    [
      NOFIX,
      'reset1',
      [26, 0, ...times(4, 10, 0), 0, 0, ...times(3, 10, 0), 0, 0, ...times(4, 0), ...times(4, 10)],
    ],
    [FIXED, 'reset1', [26, ...times(27, 0)]],
    ['6.12.117', 'reset1', [26, ...times(27, 0)]],
    ...['6.12.117', '7.2.13'].flatMap((kernel) => [
      [kernel, 'smi', [...smiFirst, 8, ...times(19, 0)]] as const,
      [kernel, 'smi_heavy_p8_v1', [...smiFirst, 4, ...times(99, 0)]] as const,
    ]),
    ...WITHOUT_SMM.map((kernel) => [kernel, 'destroy_fwd', [14, 12, 12, 12]] as const),
    ...WITHOUT_SMM.map((kernel) => [kernel, 'destroy_partial', [14]] as const),
    ...WITHOUT_SMM.map((kernel) => [kernel, 'dirty', [50, 0, 48, 0, ...times(8, 16, 0)]] as const),
    ...WITHOUT_SMM.map(
      (kernel) =>
        [kernel, 'memslot_idle', [26, 0, 24, 0, 10, 0, ...times(2, 0, 0, 8, 0, 10, 0), 10, 0]] as const,
    ),
  ])('%s %s', (kernel, scenario, expected) => {
    expect(faultsPerRound(lifecycleOf(kernel, scenario))).toEqual(expected);
  });

  test('a fresh page takes three: zero page, write that breaks COW and is stale, install', () => {
    const faults = lifecycleOf(FIXED, 'destroy_partial').events.flatMap((event) =>
      event.type === 'guestFault'
        ? [`${event.access}${event.present ? '!' : ''} 0x${event.gpa.toString(16)}`]
        : [],
    );
    expect(faults.slice(0, 8)).toEqual([
      'fetch 0x8000',
      'read 0x1000',
      'read 0x200000',
      'write! 0x200000',
      'read 0x200000',
      'read 0x201000',
      'write! 0x201000',
      'read 0x201000',
    ]);
  });
});

describe('threads', () => {
  test('6.1.192 memslot_idle: the whole life of five roots', () => {
    const sequences = threadSequences(lifecycleOf(FIXED, 'memslot_idle'), WITHOUT_ITERATORS);
    const zap = (root: string, held: number) => [
      `invalidate ${root} ${held}`,
      `zap-start ${root} shared=1`,
      `zap-end ${root}`,
      `own-put ${root} ${held}`,
    ];
    const zapAll = (root: string) => [`zap-start ${root} shared=0`, `zap-end ${root}`];
    expect(Object.fromEntries(sequences)).toEqual({
      vcpu0: [
        ...seq('alloc r1 smm=0 2', 'get r1 2', 'put r1 1'),
        ...seq('alloc r2 smm=0 2', 'get r2 2', 'put r2 1'),
        ...seq('alloc r3 smm=0 2', 'get r3 2', 'put r3 1'),
        ...seq('alloc r4 smm=0 2', 'get r4 2'),
      ],
      vcpu1: [
        ...seq('get r1 3', 'put r1 0', 'get r2 3', 'put r2 0', 'get r3 3', 'put r3 0'),
        ...seq('alloc r5 smm=0 2', 'get r5 2'),
      ],
      main: [
        ...zap('r1', 3),
        ...zap('r2', 3),
        ...zap('r3', 3),
        ...zap('r4', 2),
        ...zap('r5', 2),
        ...zapAll('r5'),
        ...zapAll('r4'),
        'put r4 0',
        'put r5 0',
      ],
    });
  });

  test('6.1.192-nofix memslot_idle: the same gets and puts, and a worker that zaps', () => {
    const sequences = threadSequences(lifecycleOf(NOFIX, 'memslot_idle'), WITHOUT_ITERATORS);
    expect(sequences.get('vcpu1')).toEqual([
      ...seq('get r1 2', 'put r1 0', 'get r2 2', 'put r2 0', 'get r3 2', 'put r3 0'),
      ...seq('alloc r5 smm=0 1', 'get r5 1'),
    ]);
    expect(sequences.get('main')?.slice(0, 4)).toEqual([
      'invalidate r1 3',
      'queue r1',
      'invalidate r2 3',
      'queue r2',
    ]);
    expect(sequences.get('worker')?.slice(0, 5)).toEqual([
      ...seq('work-start r1', 'zap-start r1 shared=1', 'zap-end r1', 'work-put r1 2', 'work-end r1'),
    ]);
  });

  test('smi: one put at SMM entry and one at RSM, on the vCPU; one at the end, on the main task', () => {
    const fixed = threadSequences(lifecycleOf(FIXED, 'smi'), WITHOUT_ITERATORS);
    expect(fixed.get('vcpu0')).toEqual([
      ...seq('alloc r1 smm=0 2', 'get r1 2'),
      ...seq('put r1 1', 'alloc r2 smm=1 2', 'get r2 2', 'put r2 1', 'get r1 2'),
      ...times(19, 'put r1 1', 'get r2 2', 'put r2 1', 'get r1 2'),
    ]);
    const dies = (root: number) => [
      `put r${root} 0`,
      `last-put r${root} 1`,
      `invalidate r${root} 1`,
      `queue r${root}`,
    ];
    const nofix = threadSequences(lifecycleOf(NOFIX, 'smi'), WITHOUT_ITERATORS);
    expect(nofix.get('vcpu0')).toEqual(
      Array.from({ length: 41 }, (_, i) => [
        ...(i === 0 ? [] : dies(i)),
        ...seq(`alloc r${i + 1} smm=${i % 2} 1`, `get r${i + 1} 1`),
      ]).flat(),
    );
    expect(nofix.get('main')).toEqual(['zap-start r41 shared=0', 'zap-end r41', ...dies(41)]);
  });

  test('reset1: KVM_SET_SREGS puts on the main task, the guest puts on its own', () => {
    const sequences = threadSequences(lifecycleOf(FIXED, 'reset1'), WITHOUT_ITERATORS);
    expect(sequences.get('vcpu0')).toEqual([
      ...seq('alloc r1 smm=0 2', 'get r1 2'),
      ...times(7, 'get r1 2'),
      ...times(4, 'put r1 1', 'get r1 2'),
    ]);
    expect(sequences.get('main')?.slice(0, 8)).toEqual([...times(7, 'put r1 1'), 'zap-start r1 shared=0']);
  });

  test('which SET_SREGS, SET_CPUID2 and guest writes reset the context', () => {
    const steps = threadSequences(lifecycleOf(FIXED, 'reset1'), {
      ...WITHOUT_ITERATORS,
      steps: true,
      exits: true,
    });
    const main = steps.get('main') ?? [];
    const resets = main.filter(
      (token, i) => token.startsWith('mark vcpu0 KVM_SET') && main[i + 1] === 'reset v0',
    );
    expect(resets.map((token) => token.replace(/^mark vcpu0 KVM_SET_SREGS change (\S+).*$/, '$1'))).toEqual(
      ['cr0.wp', 'cr4.pse', 'efer.nx', 'cr3', 'cr4.smep', 'cr0.wp', 'cr4.pse'], // not `none`, no CPUID
    );
    const vcpu = steps.get('vcpu0') ?? [];
    const following = (exit: string) => vcpu.filter((_, i) => vcpu[i - 1] === exit);
    expect(following('exit cr0_sel_write')).toEqual(times(4, 'exit io'));
    expect(following('exit write_cr4')).toEqual(times(4, 'reset v0'));
  });
});

describe('roots', () => {
  test('6.1.192: a root without vCPU dies in the zap of the invalidated', () => {
    const sequence = rootSequences(lifecycleOf(FIXED, 'destroy_partial')).get(1) ?? [];
    expect(sequence.slice(-10)).toEqual([
      'main: zap-start r1 shared=0',
      'main: zap-end r1',
      'main: iter-put r1 2',
      'main: put r1 1',
      'main: invalidate r1 1',
      'main: iter-get r1 2',
      'main: zap-start r1 shared=1',
      'main: zap-end r1',
      'main: own-put r1 1',
      'main: iter-put r1 0',
    ]);
  });

  test('6.1.192-nofix: every root that died of neglect has the same end', () => {
    for (const [root, sequence] of rootSequences(lifecycleOf(NOFIX, 'smi'), WITHOUT_ITERATORS)) {
      const who = root === 41 ? 'main' : 'vcpu0';
      expect(sequence.filter((token) => !token.endsWith('shared=0')).slice(root === 41 ? 3 : 2)).toEqual([
        ...seq(`${who}: put r${root} 0`, `${who}: last-put r${root} 1`, `${who}: invalidate r${root} 1`),
        ...seq(
          `${who}: queue r${root}`,
          `worker: work-start r${root}`,
          `worker: zap-start r${root} shared=1`,
        ),
        ...seq(`worker: zap-end r${root}`, `worker: work-put r${root} 0`, `worker: work-end r${root}`),
      ]);
    }
  });
});

test('iterator references by walker', () => {
  const unmap = 'kvm_tdp_mmu_unmap_gfn_range';
  const all = 'kvm_tdp_mmu_zap_all';
  const invalid = 'kvm_tdp_mmu_zap_invalidated_roots';
  const of = (kernel: string, scenario: string) =>
    Object.fromEntries(iteratorGetsByCaller(lifecycleOf(kernel, scenario)));
  expect(of(NOFIX, 'smi')).toEqual({ [unmap]: 22, [all]: 1 });
  expect(of(FIXED, 'smi')).toEqual({ [unmap]: 24, [all]: 2, [invalid]: 2 });
  expect(of(FIXED, 'smi_heavy_p8_v1')).toEqual({ [unmap]: 18, [all]: 2, [invalid]: 2 });
  expect(of(FIXED, 'memslot_idle')).toEqual({ [unmap]: 16, [all]: 2, [invalid]: 12 });
  expect(of(FIXED, 'dirty')).toEqual({
    [unmap]: 32,
    kvm_tdp_mmu_try_split_huge_pages: 1,
    kvm_tdp_mmu_wrprot_slot: 1,
    kvm_tdp_mmu_zap_collapsible_sptes: 1,
    [all]: 1,
    [invalid]: 1,
  });
});
