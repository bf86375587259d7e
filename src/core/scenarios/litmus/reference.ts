// reference, reference-nodestroy: the configuration of anchors/root-lifetime.pml on the real procedures.
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
  vcpuThread,
  worker,
} from './litmus.js';

const GFN = 0;

function reference(id: string, destroy: boolean): Litmus {
  return {
    id,
    title: destroy
      ? '2 vCPUs x 2 context resets over two roles, one updater, two workers, destruction'
      : '2 vCPUs x 2 context resets over two roles, one updater, two workers; the VM stays',
    doc: `The configuration of anchors/root-lifetime.pml: each vCPU loads a root, faults one page in and resets its context (SMM entry, then SMM exit), so it uses two roles in turn; an updater makes one fast zap; two workers; RCU.${destroy ? ' When the vCPUs and the updater are done, main closes everything.' : ''}`,
    leftOut:
      'the guest (no hardware walks, no TLB), the requests and the entry gate, SRCU, memslot changes, MMU notifiers before the end, dirty logging, NX recovery; a fault that must be retried is not; tables have two entries',
    parameters: {
      resets: { default: 2, min: 1, max: 4, unit: 'resets', doc: 'context resets of each vCPU' },
      vcpus: { default: 2, min: 1, max: 3, unit: 'vCPUs', doc: 'vCPUs, all alike' },
      workers: { default: 2, min: 1, max: 2, unit: 'workers', doc: 'kernel workers' },
      faults: { default: 1, min: 0, max: 1, unit: 'flag', doc: 'each vCPU faults a page in behind each load' },
    },
    build(p) {
      const vcpus = p['vcpus']!;
      const threads: LitmusThread[] = [
        mainThread({
          vcpus,
          smm: true,
          ...(destroy
            ? {
                then: (s) => {
                  s.await(DONE, vcpus + 1);
                  closeAll(s, vcpus);
                },
              }
            : {}),
        }),
      ];
      for (let v = 0; v < vcpus; v++) {
        threads.push(
          vcpuThread(v, 'vcpu', (s) => {
            for (let k = 0; k < p['resets']!; k++) {
              s.load();
              if (p['faults'] === 1) s.fault(GFN, ACCESS.READ);
              s.smm(k % 2 === 0);
            }
          }),
        );
      }
      threads.push(callerThread('updater', (s) => s.zapAllFast()));
      for (let k = 0; k < p['workers']!; k++) threads.push(worker(k));
      threads.push(rcu);
      return assembleLitmus(threads, { pages: 4 + 8 * vcpus * p['resets']! });
    },
  };
}

export const litmusReference = reference('reference', true);
export const litmusReferenceNoDestroy = reference('reference-nodestroy', false);
