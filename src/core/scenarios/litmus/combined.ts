// combined: the configuration of the reference's section 6.5 in one litmus. Too large to be searched to its end at once for every
// protocol: the pairs (pairs.ts) are its parts, searched exhaustively; this one is searched with a bound on preemptions.
import { ACCESS } from '../../events/constants.js';
import {
  assembleLitmus,
  callerThread,
  closeAll,
  DONE,
  type Litmus,
  type LitmusThread,
  mainThread,
  rcu,
  SLOT_PAGES,
  vcpuThread,
  vmmCaller,
  worker,
} from './litmus.js';

const GFN = 0;
const VCPUS = 2;

export const litmusCombined: Litmus = {
  id: 'combined',
  title: '2 vCPUs over two roles, one fast zap, one notifier, destruction: everything at once',
  doc: 'Each vCPU loads a root, faults a page in, enters SMM, takes its requests, loads the root of SMM and faults the page in there. An updater zaps fast, the host takes the page away. When all are done the VM is closed.',
  leftOut:
    'the guest (no hardware walks, no TLB) and the entry gate, SRCU around faults, dirty logging, NX recovery; a fault that must be retried is not; tables have two entries',
  parameters: {
    notifiers: { default: 1, min: 0, max: 1, unit: 'notifiers', doc: 'the host takes a page away' },
    updaters: { default: 1, min: 0, max: 1, unit: 'updaters', doc: 'somebody zaps fast' },
  },
  build(p) {
    const notifiers = p['notifiers'] ?? 0;
    const updaters = p['updaters'] ?? 0;
    const after = (s: Parameters<typeof closeAll>[0]): void => {
      s.await(DONE, VCPUS + notifiers + updaters);
      closeAll(s, VCPUS);
    };
    const threads: LitmusThread[] = [mainThread({ vcpus: VCPUS, smm: true, after })];
    for (let v = 0; v < VCPUS; v++)
      threads.push(
        // They are not alike: each may hold another root when it is closed, and main closes them in one order.
        vcpuThread(v, `vcpu${v}`, (s) =>
          s.load().fault(GFN, ACCESS.READ).smm(true).requests().load().fault(GFN, ACCESS.READ),
        ),
      );
    if (updaters > 0) threads.push(callerThread('updater', (s) => s.zapAllFast()));
    if (notifiers > 0) threads.push(vmmCaller('notifier', (s) => s.madviseDontneed(GFN, 1)));
    return assembleLitmus([...threads, worker(), rcu], { hostPages: SLOT_PAGES, pages: 40 });
  },
};
