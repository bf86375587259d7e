// Litmus of two or three parties, each small enough for every protocol: who meets whom is in the name. V a vCPU, M an updater
// (fast zap), N an MMU notifier, R the release of the process's memory, K a worker, D the VM's destruction.
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
  SLOT_PAGES,
  vcpuThread,
  vmmCaller,
  worker,
} from './litmus.js';

const NO_GUEST =
  'the guest (no hardware walks, no TLB) and the entry gate, SRCU around faults, dirty logging, NX recovery; a fault that must be retried is not; tables have two entries';

const faultIn: LitmusCalls = (s) => s.load().fault(0, ACCESS.READ).fault(1, ACCESS.READ);
const updater = callerThread('updater', (s) => s.zapAllFast());
const notifier = vmmCaller('notifier', (s) => s.madviseDontneed(0, 1));

/** gfns that the first and the second entry of a root translate, so that a walk over it can stop between them. */
const [NEAR, FAR, WIDE_PAGES] = [0, 8, 16];
const faultInWide: LitmusCalls = (s) => s.load().fault(NEAR, ACCESS.READ).fault(FAR, ACCESS.READ);

function litmus(
  id: string,
  title: string,
  doc: string,
  threads: () => readonly LitmusThread[],
  leftOut = NO_GUEST,
  pages = SLOT_PAGES,
): Litmus {
  const build = () => assembleLitmus(threads(), { hostPages: pages });
  return { id, title, doc, leftOut, parameters: {}, build };
}

export const PAIRS: readonly Litmus[] = [
  litmus(
    'v-v',
    'two vCPUs load, fault and reset',
    'Both vCPUs want the same root and the same two pages: who makes the root, who links the tables, whose put is the last.',
    () => [
      mainThread({ vcpus: 2 }),
      ...[0, 1].map((v) =>
        vcpuThread(v, 'vcpu', (s) => s.load().fault(0, ACCESS.READ).fault(1, ACCESS.READ).reset()),
      ),
      worker(),
      rcu,
    ],
  ),
  litmus(
    'v-m',
    'a vCPU faults while an updater zaps all fast',
    'The vCPU holds a root with one page in it. The updater invalidates and zaps; the vCPU faults the other page, takes the request, loads again and faults again (B9).',
    () => [
      mainThread({ vcpus: 1, preparing: 1 }),
      vcpuThread(
        0,
        'vcpu',
        (s) => s.fault(1, ACCESS.READ).requests().load().fault(1, ACCESS.READ),
        (s) => s.load().fault(0, ACCESS.READ),
      ),
      updater,
      worker(),
      rcu,
    ],
  ),
  litmus(
    'v-n',
    'a vCPU faults while the host takes the page away',
    'MADV_DONTNEED of a page that the vCPU has mapped and faults in again: the notifier may come between any two steps of the fault.',
    () => [
      mainThread({ vcpus: 1, preparing: 1 }),
      vcpuThread(0, 'vcpu', (s) => s.fault(0, ACCESS.READ).fault(1, ACCESS.READ), faultIn),
      notifier,
      worker(),
      rcu,
    ],
  ),
  litmus(
    'm-n',
    'a fast zap while the host takes a page away',
    'A root maps two pages far apart. The updater invalidates the root and zaps it, with yields; the notifier unmaps the second page meanwhile and must find it in an invalid root, too.',
    () => [
      mainThread({ vcpus: 1, pages: WIDE_PAGES, preparing: 1 }),
      vcpuThread(0, 'vcpu', () => undefined, faultInWide),
      updater,
      vmmCaller('notifier', (s) => s.madviseDontneed(FAR, 1)),
      worker(),
      rcu,
    ],
    NO_GUEST,
    WIDE_PAGES,
  ),
  litmus(
    'm-r',
    'a fast zap while the process ends',
    'A root maps two pages far apart. The updater invalidates the root and zaps it, with yields; the process ends meanwhile, and the release of its memory must find every entry, in an invalid root, too (B6).',
    () => [
      mainThread({ vcpus: 1, pages: WIDE_PAGES, preparing: 1 }),
      vcpuThread(0, 'vcpu', () => undefined, faultInWide),
      updater,
      vmmCaller('release', (s) => s.exitMm()),
      worker(),
      rcu,
    ],
    NO_GUEST,
    WIDE_PAGES,
  ),
  litmus(
    'v-v-n',
    'two vCPUs drop their root while the host takes its pages away',
    'Both vCPUs hold the root that maps two pages far apart. The notifier unmaps both, with a yield between them; the vCPUs reset: without a reference of its own the walk stands on a freed root (B7).',
    () => [
      mainThread({ vcpus: 2, pages: WIDE_PAGES, preparing: 2 }),
      ...[0, 1].map((v) => vcpuThread(v, 'vcpu', (s) => s.reset(), faultInWide)),
      vmmCaller('notifier', (s) => s.madviseDontneed(NEAR, WIDE_PAGES)),
      worker(),
      rcu,
    ],
    NO_GUEST,
    WIDE_PAGES,
  ),
  litmus(
    'v-k',
    'a vCPU drops and loads roots while a worker zaps',
    'Three resets of one vCPU, with a page faulted in each time: before v6.4 each last put queues a zap.',
    () => [
      mainThread({ vcpus: 1 }),
      vcpuThread(0, 'vcpu', (s) => {
        for (let k = 0; k < 3; k++) s.load().fault(0, ACCESS.READ).reset();
      }),
      worker(0),
      rcu,
    ],
  ),
  litmus(
    'v-d',
    'a VM is closed while its vCPU still holds a root',
    'The vCPU ends with its root loaded; the last close destroys the VM: release, unload, uninit, with the worker and RCU around (B13).',
    () => [
      mainThread({
        vcpus: 1,
        after: (s) => {
          s.await(DONE, 1);
          closeAll(s, 1);
        },
      }),
      vcpuThread(0, 'vcpu', (s) => s.load().fault(0, ACCESS.READ)),
      worker(),
      rcu,
    ],
  ),
  litmus(
    'm-k-d',
    'a fast zap, two workers, destruction',
    'A vCPU holds a root with two pages. The updater zaps fast; when it is done the VM is closed while workers and RCU may still be busy.',
    () => [
      mainThread({
        vcpus: 1,
        preparing: 1,
        after: (s) => {
          s.await(DONE, 2);
          closeAll(s, 1);
        },
      }),
      vcpuThread(0, 'vcpu', (s) => s.requests(), faultIn),
      updater,
      worker(0),
      worker(1),
      rcu,
    ],
  ),
  litmus(
    'create-failure',
    'KVM_CREATE_VM fails behind kvm_mmu_init_vm',
    'The MMU is taken down with users_count still 1, no vCPU ever created and no lock held (B12; B11 where alloc_workqueue failed before).',
    () => [mainThread({ vcpus: 0, withoutVm: true, after: (s) => s.createVm(0, 4, true) }), worker(), rcu],
    'everything but the creation of one VM and its failure',
  ),
];
