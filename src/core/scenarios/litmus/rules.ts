// Litmus in which rules show that no known bug has needed one for: what `relax` drops is looked for in them, too.
import { ACCESS } from '../../events/constants.js';
import { guestProgram } from '../../guest/program.js';
import { NO_HANDLER } from '../recorded/layout.js';
import {
  assembleLitmus,
  callerThread,
  DONE,
  type Litmus,
  type LitmusCalls,
  type LitmusThread,
  mainThread,
  rcu,
  SLOT_PAGES,
  vcpuThread,
  vmmCaller,
  WITH_GUEST,
  worker,
} from './litmus.js';

/** With two entries a table, a root's entry translates 8 gfns: FAR is under the second one. */
const FAR = 8;
const WIDE_PAGES = 16;
const LEFT_OUT =
  'the guest (no hardware walks, no TLB) and the entry gate, SRCU around faults; a fault that must be retried is not; tables have two entries';

const GUEST_LEFT_OUT =
  'instruction fetches; the guest exits only where a translation is missing, where it is kicked and at its end; tables, TLB and paging-structure cache have two entries';

const mapped =
  (...gfns: readonly number[]): LitmusCalls =>
  (s) => {
    s.load();
    for (const gfn of gfns) s.fault(gfn, ACCESS.READ);
  };
const updater = callerThread('updater', (s) => s.zapAllFast());

function litmus(id: string, title: string, doc: string, threads: () => readonly LitmusThread[]): Litmus {
  const build = () => assembleLitmus(threads(), { hostPages: WIDE_PAGES });
  return { id, title, doc, leftOut: LEFT_OUT, parameters: {}, build };
}

/** One vCPU whose guest reads these pages, one after the other. */
function guestLitmus(
  id: string,
  title: string,
  doc: string,
  gfns: readonly number[],
  others: () => readonly LitmusThread[],
): Litmus {
  const program = guestProgram().withoutCode();
  for (const gfn of gfns) program.touch('read', gfn);
  const guest = { program: program.build(), smm: NO_HANDLER };
  const build = () =>
    assembleLitmus(
      [
        mainThread({ vcpus: 1, preparing: 1 }),
        vcpuThread(0, 'guest', (s) => s.run(), mapped(0)),
        ...others(),
        worker(),
        rcu,
      ],
      { ...WITH_GUEST, hostPages: SLOT_PAGES, stackWords: 312 },
      [guest],
    );
  return { id, title, doc, leftOut: GUEST_LEFT_OUT, parameters: {}, build };
}

export const RULE_LITMUS: readonly Litmus[] = [
  litmus(
    'm-n-idle',
    'a root that no vCPU holds is invalidated and zapped while the notifier walks over it',
    'A root maps two pages far apart, and its vCPU has dropped it. The notifier unmaps both, with a yield between them; meanwhile the updater invalidates the root and has it zapped: only the reference of the walk keeps it.',
    () => [
      mainThread({ vcpus: 1, pages: WIDE_PAGES, preparing: 1 }),
      vcpuThread(
        0,
        'vcpu',
        () => undefined,
        (s) => s.load().fault(0, ACCESS.READ).fault(FAR, ACCESS.READ).reset(),
      ),
      updater,
      vmmCaller('notifier', (s) => s.madviseDontneed(0, WIDE_PAGES)),
      worker(),
      rcu,
    ],
  ),
  litmus(
    'f-m',
    'a lockless fault while an updater zaps all fast',
    'A page is mapped for reading. The vCPU writes to it, which is tried without mmu_lock first; the updater invalidates the root meanwhile and has its tables freed: only RCU keeps them for who walks down there.',
    () => [
      mainThread({ vcpus: 1, pages: WIDE_PAGES, preparing: 1 }),
      vcpuThread(0, 'vcpu', (s) => s.fault(0, ACCESS.PRESENT | ACCESS.WRITE), mapped(0)),
      updater,
      worker(),
      rcu,
    ],
  ),
  litmus(
    'n-y',
    'the notifier yields when all that it unmaps is unmapped',
    'A root maps one page inside the range of the notifier and one behind it, far away. Before the entry that leads to the second the walk yields to a vCPU that loads its root; nothing is left to be unmapped then, but what was has to be flushed.',
    () => [
      mainThread({ vcpus: 2, pages: WIDE_PAGES, preparing: 1 }),
      vcpuThread(0, 'holder', () => undefined, mapped(0, FAR + 1)),
      vcpuThread(1, 'other', (s) => s.load()),
      vmmCaller('notifier', (s) => s.madviseDontneed(0, FAR + 1)),
      worker(),
      rcu,
    ],
  ),
  guestLitmus(
    'g-m-n',
    'a guest goes on under a new root at the place of the old one',
    'The guest reads a page and then another one. The updater invalidates its root meanwhile; the new root may have the address of the old one, and what the CPU has cached under that address must be gone: when the updater is done the host takes the first page away.',
    [0, 1],
    () => [
      callerThread('updater', (s) => s.zapAllFast()),
      vmmCaller('notifier', (s) => s.await(DONE, 1).madviseDontneed(0, 1)),
    ],
  ),
];
