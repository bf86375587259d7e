// Litmus for single known bugs, each the smallest configuration in which that bug shows (reference, section 4); what the pairs
// show already is not repeated. Constants switch off another bug of the same releases where both would break the same rule.

import { SLOT_FLAG } from '../../aggregates/layout.js';
import { ACCESS } from '../../events/constants.js';
import {
  assembleLitmus,
  callerThread,
  closeAll,
  DONE,
  type Litmus,
  type LitmusCalls,
  type LitmusThread,
  mainThread,
  rcu,
  vcpuThread,
  vmmCaller,
  worker,
} from './litmus.js';

/** With two entries a table, a root's entry translates 8 gfns: FAR is under the second one. */
const FAR = 8;
const WIDE_PAGES = 16;

const LEFT_OUT =
  'the guest (no hardware walks, no TLB) and the entry gate, SRCU around faults; tables have two entries';

interface Parts {
  readonly id: string;
  readonly title: string;
  readonly doc: string;
  readonly threads: () => readonly LitmusThread[];
  readonly constants?: Readonly<Record<string, number>>;
  readonly pages?: number;
  readonly ignores?: readonly string[];
}

function litmus(parts: Parts): Litmus {
  const { id, title, doc, threads, constants = {}, pages = WIDE_PAGES, ignores = [] } = parts;
  const build = () => ({
    ...assembleLitmus(threads(), { hostPages: pages, stackWords: 272 }),
    constants,
    ignores,
  });
  return { id, title, doc, leftOut: LEFT_OUT, parameters: {}, build };
}

const loadAndFault =
  (...gfns: readonly number[]): LitmusCalls =>
  (s) => {
    s.load();
    for (const gfn of gfns) s.fault(gfn, ACCESS.READ);
  };
const nothing: LitmusCalls = () => undefined;
const updater = callerThread('updater', (s) => s.zapAllFast());

/** One vCPU faults one page in and ends; then all is closed, or the process's memory is released and the VM stays. */
function lifeOfOneRoot(gfn: number, end: 'close' | 'release' = 'close'): readonly LitmusThread[] {
  const after = (s: Parameters<typeof closeAll>[0]): void => {
    s.await(DONE, 1);
    if (end === 'close') closeAll(s, 1);
    else s.exitMm();
  };
  return [
    mainThread({ vcpus: 1, pages: WIDE_PAGES, after }),
    vcpuThread(0, 'vcpu', loadAndFault(gfn)),
    worker(),
    rcu,
  ];
}

/** Why a litmus of KVM_PRE_FAULT_MEMORY has no meaning. */
export function notBeforePreFault({ id, era }: { readonly id: string; readonly era: string }): string | null {
  return ['6.12.117', '7.2.13', 'v6.14'].includes(id)
    ? null
    : `KVM_PRE_FAULT_MEMORY is v6.11's; ${id} (era ${era}) has none`;
}

export const BUG_LITMUS: readonly Litmus[] = [
  litmus({
    id: 'b2',
    title: "the host's address width is below the reach of a root's entry",
    doc: 'One vCPU faults one page in; the VM ends. A zap of everything that goes by the address width does not cover the entry of the root (B2).',
    threads: () => lifeOfOneRoot(0),
    constants: { hostMaxGfn: 4, restartAdvances: 0 },
  }),
  litmus({
    id: 'b2-release',
    title: "the host's address width is below the reach of a root's entry; the process's memory is released",
    doc: 'As b2 up to the release of the memory: the VM does not end (under the draft that end is B13).',
    threads: () => lifeOfOneRoot(0, 'release'),
    constants: { hostMaxGfn: 4, restartAdvances: 0 },
  }),
  litmus({
    id: 'b3-release',
    title: "a slot beyond the host's address width; the process's memory is released",
    doc: 'As b3 up to the release of the memory: the VM does not end (under the draft that end is B13).',
    threads: () => lifeOfOneRoot(FAR, 'release'),
    constants: { hostMaxGfn: FAR, zapsTopLevel: 1, restartAdvances: 0 },
  }),
  litmus({
    id: 'b3',
    title: "a slot beyond the host's address width",
    doc: 'One vCPU faults a page in that the host cannot address; the VM ends. Every zap stops before it (B3).',
    threads: () => lifeOfOneRoot(FAR),
    constants: { hostMaxGfn: FAR, zapsTopLevel: 1, restartAdvances: 0 },
  }),
  litmus({
    id: 'b8',
    title: 'the last put of a root with seven tables, then a fast zap',
    doc: 'One vCPU maps pages below two 1 GiB entries of a root, drops the root and loads it again; an updater zaps fast. How many tables go between two places where the thread may yield (B8)?',
    threads: () => [
      mainThread({ vcpus: 1, pages: WIDE_PAGES, preparing: 1 }),
      vcpuThread(0, 'vcpu', (s) => s.reset().load(), loadAndFault(0, 2, 4, 6)),
      callerThread('updater', (s) => s.await(DONE, 1).zapAllFast()),
      worker(),
      rcu,
    ],
    constants: { restartAdvances: 0 },
  }),
  litmus({
    id: 'b6',
    title: 'a fast zap while the process ends; one page',
    doc: 'The updater invalidates the root and zaps it, with a yield before the entry; the release of the memory comes in between and must find the entry, although its root is invalid (B6).',
    threads: () => [
      mainThread({ vcpus: 1, pages: WIDE_PAGES, preparing: 1 }),
      vcpuThread(0, 'vcpu', nothing, loadAndFault(FAR)),
      updater,
      vmmCaller('release', (s) => s.exitMm()),
      worker(),
      rcu,
    ],
    // Another bug of v5.15.0 and before (B19) breaks the same rule.
    constants: { restartAdvances: 0 },
  }),
  litmus({
    id: 'b19',
    title: 'the process ends while a vCPU wants mmu_lock',
    doc: 'A root maps two pages far apart. The release of the memory zaps everything and yields before an entry, because the other vCPU loads a root; it must not step over that entry (B19).',
    threads: () => [
      mainThread({ vcpus: 2, pages: WIDE_PAGES, preparing: 1 }),
      vcpuThread(0, 'holder', nothing, loadAndFault(0, FAR)),
      vcpuThread(1, 'other', (s) => s.load()),
      vmmCaller('release', (s) => s.exitMm()),
      worker(),
      rcu,
    ],
    // The step over the entry is reported first; what comes of it is what is asked.
    ignores: ['I26'],
  }),
  litmus({
    id: 'b24',
    title: 'two fast zaps while a vCPU sleeps on its root',
    doc: 'The updater invalidates and zaps twice; the vCPU drops its root only then. Whoever puts an invalid root at each update puts this one once too often (B24).',
    threads: () => [
      mainThread({ vcpus: 1, preparing: 1 }),
      vcpuThread(0, 'vcpu', (s) => s.requests(), loadAndFault(0)),
      callerThread('updater', (s) => s.zapAllFast().zapAllFast()),
      worker(),
      rcu,
    ],
    // Another bug of v5.10.0 (B1) ends the run before.
    constants: { iteratorPutFrees: 1 },
  }),
  litmus({
    id: 'b27',
    title: 'two vCPUs want small pages where a large leaf is',
    doc: 'A 2-page leaf is mapped; dirty logging begins, so that each write wants a small page. Who clears the large leaf must not let the other one fill the place before all CPUs have forgotten it (B27).',
    threads: () => {
      const slot = { slot: 0, baseGfn: 0, pages: WIDE_PAGES, hvaPage: 0 };
      const huge = { ...slot, flags: SLOT_FLAG.HUGE };
      const logged = { ...slot, flags: SLOT_FLAG.HUGE | SLOT_FLAG.LOG_DIRTY_PAGES };
      const write: LitmusCalls = (s) => s.fault(0, ACCESS.WRITE);
      return [
        mainThread({
          vcpus: 2,
          pages: WIDE_PAGES,
          preparing: 2,
          regions: [huge],
          before: (s) => s.setMemoryRegion(logged),
        }),
        ...[0, 1].map((v) => vcpuThread(v, 'vcpu', write, (s) => s.load().fault(0, ACCESS.READ))),
        worker(),
        rcu,
      ];
    },
  }),
  litmus({
    id: 'b28',
    title: 'dirty bits are cleared where nothing is mapped',
    doc: 'Of the pages of a logged slot one is mapped; the dirty log is cleared for all while the vCPU faults another one in. Nothing may be found (B28).',
    threads: () => {
      const logged = {
        slot: 0,
        baseGfn: 0,
        pages: WIDE_PAGES,
        hvaPage: 0,
        flags: SLOT_FLAG.LOG_DIRTY_PAGES,
      };
      return [
        mainThread({ vcpus: 1, pages: WIDE_PAGES, preparing: 1, regions: [logged] }),
        vcpuThread(
          0,
          'vcpu',
          (s) => s.fault(FAR, ACCESS.WRITE).reset(),
          (s) => s.load().fault(0, ACCESS.WRITE),
        ),
        vmmCaller('logger', (s) => s.clearDirtyLog(0, 0, WIDE_PAGES)),
        worker(),
        rcu,
      ];
    },
  }),
  litmus({
    id: 'b8-naive',
    title: 'the last put of a root while the host takes a page away',
    doc: 'The vCPU puts the last reference; the zap of the tree that follows may yield; the notifier unmaps the page meanwhile. Where the root is off the list by then, the notifier cannot see it (what is wrong with the naive repair of B8).',
    threads: () => [
      mainThread({ vcpus: 1, pages: WIDE_PAGES, preparing: 1 }),
      vcpuThread(0, 'vcpu', (s) => s.reset(), loadAndFault(FAR)),
      vmmCaller('notifier', (s) => s.madviseDontneed(FAR, 1)),
      worker(),
      rcu,
    ],
    constants: { restartAdvances: 0 },
    // A yield without a reference, and the count that goes with it, are reported first; what comes of them is what is asked.
    ignores: ['I28', 'I1'],
  }),
  litmus({
    id: 'b11',
    title: 'KVM_CREATE_VM without memory for the work queue',
    doc: 'Fault injection: alloc_workqueue fails in KVM_CREATE_VM (constant allocWorkqueueFails), and so does a later step where there is one: the MMU is taken down if it was said to be there (B11). Kernels without a work queue have nothing that fails.',
    threads: () => [
      mainThread({ vcpus: 0, withoutVm: true, after: (s) => s.createVm(0, 4, true) }),
      worker(),
      rcu,
    ],
    constants: { allocWorkqueueFails: 1 },
    pages: 2,
  }),
  litmus({
    id: 'b9',
    title: 'a fault in one slot while an updater zaps all fast for another',
    doc: 'The vCPU holds a root with one page in it and faults another one; the updater invalidates and zaps. What is installed behind that goes into an invalid root (B9).',
    threads: () => [
      mainThread({ vcpus: 1, preparing: 1 }),
      vcpuThread(
        0,
        'vcpu',
        (s) => s.fault(1, ACCESS.READ).requests().load().fault(1, ACCESS.READ),
        loadAndFault(0),
      ),
      updater,
      worker(),
      rcu,
    ],
    // Another bug of v5.10.0 (B1) ends the run before.
    constants: { iteratorPutFrees: 1 },
    pages: 2,
  }),
  litmus({
    id: 'b10ii',
    title: 'a fault after 2^31 invalidations',
    doc: 'The VM has seen 2^31 ends of MMU notifiers; one vCPU faults, again and again until the fault is fixed (B10ii).',
    threads: () => [
      mainThread({ vcpus: 1 }),
      vcpuThread(0, 'vcpu', (s) => s.load().faultUntilFixed(0, ACCESS.READ)),
      worker(),
      rcu,
    ],
    constants: { mmuSeqBase: 2 ** 31 },
    pages: 2,
  }),
  litmus({
    id: 'b14',
    title: 'NX recovery meets a table of the SMM root',
    doc: 'In SMM the vCPU fetches from a slot that only SMM has; a table of small pages is made there because an executable page may not be large. It leaves SMM; NX recovery takes the table and looks its slot up (B14).',
    threads: () => {
      const slot = { slot: 0, baseGfn: 0, pages: 2, hvaPage: 0 };
      const smmOnly = {
        asId: 1,
        slot: 0,
        baseGfn: FAR,
        pages: FAR,
        hvaPage: FAR,
        flags: SLOT_FLAG.HUGE,
      };
      return [
        mainThread({ vcpus: 1, pages: WIDE_PAGES, preparing: 1, regions: [slot, smmOnly] }),
        vcpuThread(
          0,
          'vcpu',
          (s) => s.smm(false).load(),
          (s) => s.smm(true).load().fault(FAR, ACCESS.EXEC),
        ),
        vmmCaller('nx', (s) => s.await(DONE, 1).nxRecovery()),
        worker(),
        rcu,
      ];
    },
    constants: { nxHugePages: 1 },
  }),
  litmus({
    id: 'b21',
    title: 'two vCPUs fault in TDP roots while shadow pages are over their limit',
    doc: 'A nested guest has left shadow pages, and there are too many: each fault reclaims some (B21).',
    threads: () => [
      mainThread({ vcpus: 2 }),
      ...[0, 1].map((v) => vcpuThread(v, 'vcpu', loadAndFault(0))),
      worker(),
      rcu,
    ],
    constants: { shadowPagesOverLimit: 1 },
    pages: 2,
  }),
  litmus({
    id: 'b16',
    title: 'KVM_SET_CPUID2 of a vCPU that has its root loaded',
    doc: 'The vCPU has loaded a root and not run; KVM_SET_CPUID2 resets its MMU context and drops the root (B16).',
    threads: () => [
      mainThread({ vcpus: 1, preparing: 1 }),
      vcpuThread(0, 'vcpu', nothing, loadAndFault(0)),
      vmmCaller('cpuid', (s) => s.setCpuid2(0, true)),
      worker(),
      rcu,
    ],
    pages: 2,
  }),
  litmus({
    id: 'b23',
    title: 'a zap that yields, and somebody who wants mmu_lock all the time',
    doc: 'The release of the memory zaps everything; another thread takes mmu_lock again and again until that is done. The zap must get on between two yields (B23).',
    threads: () => [
      mainThread({ vcpus: 1, pages: WIDE_PAGES, preparing: 1 }),
      vcpuThread(0, 'vcpu', nothing, loadAndFault(FAR)),
      vmmCaller('mtrr', (s) => s.setMtrr(0, 0, WIDE_PAGES)),
      vmmCaller('other', (s) => s.until(DONE, 2, (b) => b.testAge(FAR))),
    ],
    constants: { restartAdvances: 0 },
  }),
  {
    ...litmus({
      id: 'b17',
      title: 'KVM_PRE_FAULT_MEMORY behind a fast zap',
      doc: 'The vCPU has its root loaded; the updater invalidates it and raises the request that only KVM_RUN takes; then a page is to be mapped without running the guest (B17). An invalidation in the middle of that call is another matter: b17-middle.',
      threads: () => [
        mainThread({ vcpus: 1, preparing: 1 }),
        vcpuThread(0, 'vcpu', nothing, (s) => s.load()),
        vmmCaller('prefault', (s) => s.await(DONE, 2).preFaultMemory(0, 0, 1)),
        updater,
      ],
      pages: 2,
    }),
    notFor: notBeforePreFault,
  },
  {
    ...litmus({
      id: 'b17-middle',
      title: 'KVM_PRE_FAULT_MEMORY and a fast zap at the same time',
      doc: "As b17, but the fast zap may come at any place of the call. The check of v6.15 stands ahead of a page's first fault: where the root is invalidated behind it, every retry is stale until a signal ends the call.",
      threads: () => [
        mainThread({ vcpus: 1, preparing: 1 }),
        vcpuThread(0, 'vcpu', nothing, (s) => s.load()),
        vmmCaller('prefault', (s) => s.preFaultMemory(0, 0, 1)),
        updater,
      ],
      pages: 2,
    }),
    notFor: notBeforePreFault,
  },
  {
    ...litmus({
      id: 'b17-signal',
      title: 'KVM_PRE_FAULT_MEMORY and a fast zap at the same time; a signal comes',
      doc: 'As b17-middle; a signal is pending from the third retry on.',
      threads: () => [
        mainThread({ vcpus: 1, preparing: 1 }),
        vcpuThread(0, 'vcpu', nothing, (s) => s.load()),
        vmmCaller('prefault', (s) => s.preFaultMemory(0, 0, 1)),
        updater,
      ],
      constants: { preFaultSignalAfter: 3 },
      pages: 2,
    }),
    notFor: notBeforePreFault,
  },
  {
    ...litmus({
      id: 'prefault-delete',
      title: 'KVM_PRE_FAULT_MEMORY in a slot that is being deleted',
      doc: "The deletion waits for the call's SRCU section, and until v6.17 the call waits for the deletion, retry after retry.",
      threads: () => [
        mainThread({ vcpus: 1, preparing: 1 }),
        vcpuThread(0, 'vcpu', nothing, (s) => s.load()),
        vmmCaller('prefault', (s) => s.preFaultMemory(0, 0, 1)),
        vmmCaller('deleter', (s) => s.deleteMemoryRegion(0)),
      ],
      pages: 2,
    }),
    notFor: notBeforePreFault,
  },
];
