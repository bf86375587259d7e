// Known answers about the lifetime of roots: references, invalidation, destruction, and what they cost.
import { type Answer, answer, run, search, searchCycles } from './answer.js';

const BEFORE_PRE_FAULT = [
  'v5.10.0',
  'v5.10',
  'v5.12',
  'v5.13',
  'v5.15.0',
  'v5.15',
  'v5.16',
  'v5.18',
  'seed-draft',
  'v6.4',
  'v6.6',
];
const BEFORE_THE_FIX = [
  'v5.10.0',
  'v5.10',
  'v5.12',
  'v5.13',
  'v5.15.0',
  'v5.15',
  'v5.16',
  'v5.18',
  '5.10.262',
  '6.1.192-nofix',
];

export const ROOT_ANSWERS: readonly Answer[] = [
  answer('B0', {
    kind: 'metric',
    rules: ['I37'],
    question: run('root-churn'),
    violated: BEFORE_THE_FIX,
    alsoHolds: ['6.1.192', '6.12.117', '7.2.13'],
  }),
  answer('B0-on-EPT-violation', {
    kind: 'metric',
    rules: ['I38'],
    question: run('reset-on-every-exit'),
    violated: BEFORE_THE_FIX,
    alsoHolds: ['6.1.192', '6.12.117', '7.2.13'],
  }),
  answer('B1', {
    kind: 'safety',
    rules: ['REFCOUNT_INC_ON_ZERO', 'I1', 'I30'],
    question: search('m-k-d'),
    violated: ['v5.10.0'],
  }),
  answer('B6', {
    kind: 'safety',
    rules: ['I17'],
    question: search('b6'),
    violated: ['v5.13', 'v5.15.0', 'v5.15', 'v5.16'],
  }),
  answer('B7', {
    kind: 'safety',
    rules: ['I28', 'I3', 'I4'],
    question: search('v-v-n'),
    violated: ['v5.13', 'v5.15.0', 'v5.15'],
  }),
  answer('B8', {
    kind: 'budget',
    rules: ['tables-at-once'],
    question: run('tables-at-once'),
    violated: ['v5.13', 'v5.15.0', 'v5.15', 'v5.16'],
    except: [
      {
        protocols: ['v5.10.0', 'v5.10', 'v5.12'],
        expected: 'violated',
        why: 'the range of B8 begins with the put that unlinks; kvm_tdp_mmu_free_root of v5.10 never yields either (reference, 2.2)',
      },
    ],
  }),
  answer('B8-naive-repair', {
    kind: 'budget',
    rules: ['I13', 'I17'],
    question: search('b8-naive'),
    violated: ['v5.15-yield-in-last-put'],
  }),
  answer('B9', {
    kind: 'safety',
    rules: ['I18', 'I15'],
    question: search('b9'),
    violated: ['v5.13', 'v5.15.0', 'v5.15'],
  }),
  answer('B10i', {
    kind: 'crash',
    rules: ['NULL_ROOT_SHADOW_PAGE'],
    question: search('b10i'),
    violated: ['v5.16-rc5'],
    alsoHolds: ['6.1.192', '6.12.117', '7.2.13'],
  }),
  answer('B10ii', {
    kind: 'liveness',
    rules: ['livelock'],
    question: searchCycles('b10ii'),
    violated: ['6.1-int-seq'],
    alsoHolds: ['6.1.192'],
  }),
  answer('B11', {
    kind: 'crash',
    rules: ['GPF_NULL_WORKQUEUE'],
    question: search('b11'),
    violated: ['v5.18-rc1'],
  }),
  answer('B12', {
    kind: 'assertion',
    rules: ['LOCKDEP_HELD_WRITE', 'I29'],
    question: search('create-failure'),
    violated: ['seed-draft'],
    alsoHolds: ['6.1.192', '6.12.117', '7.2.13'],
  }),
  answer('B13', {
    kind: 'safety',
    rules: ['I3', 'I5'],
    question: search('v-d'),
    violated: ['seed-draft'],
    alsoHolds: ['6.1.192-nofix', '6.1.192', '6.12.117', '7.2.13'],
  }),
  answer('B15', {
    kind: 'schedule',
    rules: ['workers-at-once'],
    question: run('workers-at-once'),
    violated: ['v5.18', 'seed-draft', 'v6.4', '6.1.192-nofix'],
    alsoHolds: ['6.1.192', '6.12.117', '7.2.13'],
  }),
  answer('B16', {
    kind: 'assertion',
    rules: ['LOCKDEP_HELD_READ', 'I29'],
    question: search('b16'),
    violated: ['v6.9-rc1'],
  }),
  answer('B17', {
    kind: 'liveness',
    rules: ['livelock'],
    question: searchCycles('b17'),
    violated: ['6.12.117', 'v6.14'],
    alsoHolds: ['7.2.13'],
    except: [
      {
        protocols: [...BEFORE_PRE_FAULT, 'v6.9'],
        expected: 'not_applicable',
        why: 'there is no KVM_PRE_FAULT_MEMORY before v6.11',
      },
    ],
  }),
  answer('B24', {
    kind: 'safety',
    rules: ['REFCOUNT_UNDERFLOW', 'I1', 'I2', 'I3'],
    question: search('b24'),
    violated: ['v5.15-naive-seed'],
  }),
];
