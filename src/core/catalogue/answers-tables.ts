// Known answers below the roots: tables, entries, flushes, iterators, NX recovery, and of the shadow MMU what a root bug needs.
import { type Answer, answer, COLUMNS, notApplicable, search, searchCycles } from './answer.js';

const STABLE_5_10 = ['5.10.262'];
const UNNAMED = 'the reference names no 5.10.y release with the fix';
const SINCE_5_13 = COLUMNS.slice(COLUMNS.indexOf('v5.13'));
const DRAFT_ENDS = "the draft's own bug (B13) ends the run at the same place: the destruction of the VM";

export const TABLE_ANSWERS: readonly Answer[] = [
  answer('B2', {
    kind: 'safety',
    rules: ['I14', 'I17', 'I30', 'WARN_TABLES_LEFT'],
    question: search('b2'),
    violated: ['v5.10.0', 'v5.10', 'v5.12', 'v5.13'],
    except: [
      { protocols: STABLE_5_10, expected: 'unknown', why: UNNAMED },
      { protocols: ['seed-draft'], expected: 'not_applicable', why: DRAFT_ENDS },
    ],
  }),
  answer('B3', {
    kind: 'safety',
    rules: ['I14', 'I17', 'I30', 'WARN_TABLES_LEFT'],
    question: search('b3'),
    violated: ['v5.10.0', 'v5.10', 'v5.12', 'v5.13', 'v5.15.0', 'v5.15', 'v5.16'],
    except: [
      { protocols: STABLE_5_10, expected: 'unknown', why: UNNAMED },
      { protocols: ['seed-draft'], expected: 'not_applicable', why: DRAFT_ENDS },
    ],
  }),
  answer('B4', {
    kind: 'safety',
    rules: ['I22', 'I4'],
    question: search('b4'),
    violated: ['v5.10.0', 'v5.10'],
    except: [{ protocols: STABLE_5_10, expected: 'unknown', why: UNNAMED }],
  }),
  answer('B5', {
    kind: 'safety',
    rules: ['I22'],
    question: search('b5'),
    violated: ['v5.10.0', 'v5.10'],
    except: [{ protocols: STABLE_5_10, expected: 'unknown', why: UNNAMED }],
  }),
  answer('B14', {
    kind: 'assertion',
    rules: ['WARN_NX_NO_SLOT', 'I35'],
    question: search('b14'),
    violated: ['seed-draft'],
    except: [
      {
        protocols: ['v5.18'],
        expected: 'violated',
        why: 'the bug is older than the draft (eb298605705a): before it, recovery must come before the worker that zaps the SMM root',
      },
    ],
  }),
  notApplicable('B18', 'crash', ['I39'], 'of the shadow MMU only the reclaim of B21 is modelled'),
  answer('B19', {
    kind: 'safety',
    rules: ['I17', 'I30'],
    question: search('b19'),
    violated: ['v5.10.0', 'v5.10', 'v5.12', 'v5.13', 'v5.15.0'],
    except: [{ protocols: STABLE_5_10, expected: 'unknown', why: UNNAMED }],
  }),
  notApplicable(
    'B20',
    'safety',
    ['I22', 'I4'],
    'flushes of a range are not modelled: a flush of a removed table covers everything',
  ),
  answer('B21', {
    kind: 'assertion',
    rules: ['LOCKDEP_HELD_WRITE', 'I29'],
    question: search('b21'),
    violated: ['v5.12', 'v5.13', 'v5.15.0', 'v5.15', 'v5.16'],
    except: [
      {
        protocols: ['v5.18'],
        expected: 'holds',
        why: "v5.18 stands here as of v6.3-rc, the mail's base, which has the fix of v6.1",
      },
    ],
  }),
  answer('B22', {
    kind: 'safety',
    rules: ['I23'],
    question: search('b22'),
    violated: ['v5.18-enlightened-npt'],
    except: [
      {
        protocols: ['v5.18'],
        expected: 'holds',
        why: "here a flush of the CPU reaches the outer hypervisor, as on Intel and since v6.3; v5.18 to v6.2 below Hyper-V's enlightened TLB is v5.18-enlightened-npt",
      },
    ],
  }),
  answer('B23', {
    kind: 'liveness',
    rules: ['livelock'],
    question: searchCycles('b23'),
    violated: ['v5.10.0', 'v5.10'],
    alsoHolds: ['5.10.262'],
    except: [
      {
        protocols: SINCE_5_13.filter((id) => id !== 'v6.14'),
        expected: 'not_applicable',
        why: "the other thread's endless loop opens RCU read sections, which the whole graph numbers: it is not finite",
      },
      {
        protocols: ['v6.14'],
        expected: 'not_applicable',
        why: 'the other thread takes no lock: aging is lockless since v6.13',
      },
    ],
  }),
  answer('B27', {
    kind: 'safety',
    rules: ['I22'],
    question: search('b27'),
    violated: ['v5.12-before-08f07c800e9d'],
  }),
  answer('B28', {
    kind: 'silent',
    rules: ['I3', 'I4', 'I5', 'I17', 'I18'],
    question: search('b28'),
    violated: [],
  }),
];
