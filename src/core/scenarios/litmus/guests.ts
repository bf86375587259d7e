// Litmus in which a guest runs: what its CPU has cached, the entry gate, requests and IPIs, flushes. A guest is one to three
// accesses, each one translation (no code page); its TLB and its paging-structure cache have two entries. What the CPU caches is
// judged where memory is reused: when the host takes a page away, or a table is freed (I22).

import { SLOT_FLAG } from '../../aggregates/layout.js';
import { ACCESS, CPU_STATE } from '../../events/constants.js';
import { type GuestProgramBuilder, guestProgram } from '../../guest/program.js';
import type { ScriptBuilder } from '../../userspace/script.js';
import { NO_HANDLER } from '../recorded/layout.js';
import {
  assembleLitmus,
  callerThread,
  type Litmus,
  type LitmusThread,
  mainThread,
  rcu,
  vcpuThread,
  vmmCaller,
  WITH_GUEST,
  worker,
} from './litmus.js';

/** With two entries a table, a root's entry translates 8 gfns: FAR is under the second one. */
const FAR = 8;
const WIDE_PAGES = 16;

const LEFT_OUT =
  'instruction fetches; the guest exits only where a translation is missing, where it is kicked and at its end; tables, TLB and paging-structure cache have two entries';

interface Parts {
  readonly id: string;
  readonly title: string;
  readonly doc: string;
  readonly threads: () => readonly LitmusThread[];
  /** What the guest of each vCPU does; the others never run. */
  readonly guests: readonly ((b: GuestProgramBuilder) => void)[];
  readonly constants?: Readonly<Record<string, number>>;
  readonly pages?: number;
  readonly ignores?: readonly string[];
  readonly outer?: number;
}

function litmus(parts: Parts): Litmus {
  const {
    id,
    title,
    doc,
    threads,
    guests,
    constants = {},
    pages = WIDE_PAGES,
    ignores = [],
    outer = 0,
  } = parts;
  const programs = guests.map((body) => {
    const b = guestProgram().withoutCode();
    body(b);
    return { program: b.build(), smm: NO_HANDLER };
  });
  const build = () => ({
    ...assembleLitmus(
      threads(),
      { ...WITH_GUEST, hostPages: pages, stackWords: 312, outerEntries: outer },
      programs,
    ),
    constants,
    ignores,
  });
  return { id, title, doc, leftOut: LEFT_OUT, parameters: {}, build };
}

/** Two roots at once: until v5.17 by CR0.WP, which is part of the role, from v5.13 on by SMM. */
const otherRole = (s: ScriptBuilder): ScriptBuilder => s.setSregs(1, CPU_STATE.CR0_WP);
const sleeperInSmm = (gfn: number, access: number): LitmusThread =>
  vcpuThread(
    1,
    'sleeper',
    () => undefined,
    (s) => s.smm(true).load().fault(gfn, access),
  );

const HUGE = { slot: 0, baseGfn: 0, pages: WIDE_PAGES, hvaPage: 0, flags: SLOT_FLAG.HUGE };

export const GUEST_LITMUS: readonly Litmus[] = [
  litmus({
    id: 'g-m',
    title: 'a guest runs while an updater zaps all fast',
    doc: 'The guest reads a page that is mapped and one that is not; the updater invalidates the root, asks the vCPU to drop it, kicks it and zaps. Nobody passes the entry gate with a root that is invalid for good (I20), and who loads a root flushes first (I23).',
    threads: () => [
      mainThread({ vcpus: 1, preparing: 1 }),
      vcpuThread(
        0,
        'guest',
        (s) => s.run(),
        (s) => s.load().fault(0, ACCESS.READ),
      ),
      callerThread('updater', (s) => s.zapAllFast()),
      worker(),
      rcu,
    ],
    guests: [(b) => b.touch('read', 0).touch('read', 1)],
    pages: 2,
  }),
  litmus({
    id: 'g-n',
    title: 'a guest runs while the host takes its page away',
    doc: 'The guest writes a page that is mapped, and again; MADV_DONTNEED unmaps it, flushes and gives it back. No CPU may translate to the page by then (I22).',
    threads: () => [
      mainThread({ vcpus: 1, preparing: 1 }),
      vcpuThread(
        0,
        'guest',
        (s) => s.run(),
        (s) => s.load().fault(0, ACCESS.READ),
      ),
      vmmCaller('notifier', (s) => s.madviseDontneed(0, 1)),
      worker(),
      rcu,
    ],
    guests: [(b) => b.touch('write', 0).touch('write', 0)],
    pages: 2,
  }),
  litmus({
    id: 'b4',
    title: 'NX recovery zaps a leaf that a running guest has cached',
    doc: 'In one root (SMM, of a sleeping vCPU) a table of small pages exists only because of the NX mitigation; the other root, under which a guest runs, maps the same pages by a large leaf. NX recovery zaps the range in both and owes a flush; then the host takes the page away (B4).',
    threads: () => [
      mainThread({
        vcpus: 2,
        regions: [HUGE, { ...HUGE, asId: 1 }],
        pages: WIDE_PAGES,
        preparing: 2,
        made: otherRole,
      }),
      vcpuThread(
        0,
        'guest',
        (s) => s.run(),
        (s) => s.load().fault(FAR, ACCESS.READ),
      ),
      sleeperInSmm(FAR, ACCESS.EXEC),
      vmmCaller('nx', (s) => s.nxRecovery().madviseDontneed(FAR, 1)),
      worker(),
      rcu,
    ],
    guests: [(b) => b.touch('read', FAR)],
    // That a zap of NX recovery may yield as well is B5.
    constants: { nxHugePages: 1, nxZapYields: 0 },
  }),
  litmus({
    id: 'b5',
    title: 'a zap of a range yields in the second root with the flush of the first one pending',
    doc: 'Two roots map one page of a range each. A change of an MTRR zaps the range in the root under which a guest runs, and yields in the other one, because the MMU notifier wants the lock: that one finds nothing left in the first root and takes its page away (B5).',
    threads: () => [
      mainThread({ vcpus: 2, smm: true, pages: WIDE_PAGES, preparing: 2, made: otherRole }),
      sleeperInSmm(FAR + 2, ACCESS.READ),
      vcpuThread(
        0,
        'guest',
        (s) => s.run(),
        (s) => s.load().fault(FAR + 1, ACCESS.READ),
      ),
      vmmCaller('mtrr', (s) => s.setMtrr(0, FAR + 1, 2)),
      vmmCaller('notifier', (s) => s.madviseDontneed(FAR + 1, 1)),
      worker(),
      rcu,
    ],
    guests: [(b) => b.touch('read', FAR + 1)],
    // What else of v5.10 yields where it should not (B19, B23).
    constants: { restartAdvances: 0 },
  }),
  litmus({
    id: 'b20',
    title: 'a full table goes while two guests run, below a hypervisor that flushes ranges',
    doc: 'Two guests read the first page of a full table; the MMU notifier takes all its pages away, and with them the table. The hypervisor below takes flushes of a range, so that a flush covers what it names and no more: it must name the whole table before the RCU section ends (B20).',
    threads: () => [
      mainThread({ vcpus: 2, pages: WIDE_PAGES, preparing: 2 }),
      ...[0, 1].map((v) =>
        vcpuThread(
          v,
          'guest',
          (s) => s.run(),
          (s) => s.load().fault(0, ACCESS.READ).fault(1, ACCESS.READ),
        ),
      ),
      vmmCaller('notifier', (s) => s.madviseDontneed(0, 2)),
      worker(),
      rcu,
    ],
    guests: [0, 1].map(() => (b: GuestProgramBuilder) => b.touch('read', 0)),
    // What else of those releases goes wrong while a notifier yields (B7, B19).
    constants: { hypervisorFlushesRanges: 1, restartAdvances: 0 },
  }),
  litmus({
    id: 'b22',
    title: 'a new root at the address of an old one, below an outer hypervisor',
    doc: 'The guest has read a page and halted; it runs again and reads it again. A fast zap makes it load a new root, which may get the page of the old one. The outer hypervisor keeps its shadow of the old one by that address, until a flush reaches it (B22).',
    threads: () => [
      mainThread({ vcpus: 1, preparing: 1 }),
      vcpuThread(
        0,
        'guest',
        (s) => s.run(),
        (s) => s.run(),
      ),
      callerThread('updater', (s) => s.zapAllFast()),
      worker(),
      rcu,
    ],
    guests: [(b) => b.touch('read', 0).hlt().touch('read', 0)],
    pages: 2,
    // Another bug of v5.10.0 (B1) ends the run before.
    constants: { iteratorPutFrees: 1 },
    outer: 2,
  }),
];
