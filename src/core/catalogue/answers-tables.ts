// Known answers below the roots: tables, entries, flushes, iterators, NX recovery, and of the shadow MMU what a root bug needs.
import { type Answer, answer, search, searchCycles } from './answer.js';

// The reference has the fix in releases before the draft's base; what follows a use after free would say nothing.
const DRAFT_ENDS =
  "asked up to the release of the process's memory: in the destruction that follows, the draft's own bug (B13) ends the run";
const STABLE_5_10 = ['5.10.262'];
const UNNAMED = 'the reference names no 5.10.y release with the fix';

export const TABLE_ANSWERS: readonly Answer[] = [
  answer('B2', {
    kind: 'safety',
    rules: ['I14', 'I17', 'I30', 'WARN_TABLES_LEFT'],
    question: search('b2'),
    violated: ['v5.10.0', 'v5.10', 'v5.12', 'v5.13'],
    except: [
      { protocols: STABLE_5_10, expected: 'unknown', why: UNNAMED },
      { protocols: ['seed-draft'], expected: 'holds', why: DRAFT_ENDS, litmus: 'b2-release' },
    ],
  }),
  answer('B3', {
    kind: 'safety',
    rules: ['I14', 'I17', 'I30', 'WARN_TABLES_LEFT'],
    question: search('b3'),
    violated: ['v5.10.0', 'v5.10', 'v5.12', 'v5.13', 'v5.15.0', 'v5.15', 'v5.16'],
    except: [
      { protocols: STABLE_5_10, expected: 'unknown', why: UNNAMED },
      { protocols: ['seed-draft'], expected: 'holds', why: DRAFT_ENDS, litmus: 'b3-release' },
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
  answer('B18', {
    kind: 'crash',
    rules: ['I39'],
    question: search('b18'),
    violated: ['v5.16', 'v5.18', 'seed-draft', 'v6.4', 'v6.6', 'v6.9', 'v6.14'],
    alsoHolds: ['7.2.13'],
    except: [
      {
        protocols: ['v5.10.0', 'v5.10', 'v5.12', 'v5.13', 'v5.15.0', 'v5.15'],
        expected: 'unknown',
        why: 'the reference names the release of the fix (7.2), not the first one that had the bug; the check that comes too early is of v5.16',
      },
      {
        protocols: ['5.10.262', '6.1.192', '6.12.117'],
        expected: 'unknown',
        why: 'the reference names no stable release with the fix',
      },
    ],
  }),
  answer('B19', {
    kind: 'safety',
    rules: ['I17', 'I30'],
    question: search('b19'),
    violated: ['v5.10.0', 'v5.10', 'v5.12', 'v5.13', 'v5.15.0'],
    except: [{ protocols: STABLE_5_10, expected: 'unknown', why: UNNAMED }],
  }),
  answer('B20', {
    kind: 'safety',
    rules: ['I22', 'I4'],
    question: search('b20'),
    violated: ['v5.13', 'v5.15.0', 'v5.15'],
  }),
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
        protocols: ['v6.14'],
        expected: 'holds',
        why: 'the other thread takes no lock, because aging is lockless since v6.13: the walk is held up by the second zap only',
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
