// reference, reference-nodestroy: the configuration of anchors/root-lifetime.pml on the real procedures.
//
// How many ends: one, where no vCPU looks at its requests; the updater's stays pending in all of them. From v6.15 on (7.2.13)
// kvm_mmu_reload() takes the request first: with two vCPUs that are alike, none, one or both have loaded a root behind the
// update, so that two, one or no request is left: three ends, which differ in nothing else.
import { ACCESS } from '../../events/constants.js';
import type { ScriptBuilder } from '../../userspace/script.js';
import type { Parameter } from '../scenario.js';
import {
  assembleLitmus,
  callerThread,
  closeAll,
  DONE,
  type Litmus,
  mainThread,
  rcu,
  vcpuThread,
  worker,
} from './litmus.js';

const GFN = 0;

const PARAMETERS: { readonly [name: string]: Parameter } = {
  resets: { default: 2, min: 1, max: 4, unit: 'resets', doc: 'context resets of each vCPU' },
  vcpus: { default: 2, min: 1, max: 3, unit: 'vCPUs', doc: 'vCPUs, all alike' },
  workers: { default: 2, min: 1, max: 2, unit: 'workers', doc: 'kernel workers' },
  faults: { default: 1, min: 0, max: 1, unit: 'flag', doc: 'each vCPU faults a page in behind each load' },
};

const DOC =
  'The configuration of anchors/root-lifetime.pml: each vCPU loads a root, faults one page in and resets its context (SMM entry, then SMM exit), so it uses two roles in turn; an updater makes one fast zap; two workers; RCU.';
const LEFT_OUT =
  'the guest (no hardware walks, no TLB), the requests and the entry gate, SRCU, memslot changes, MMU notifiers before the end, dirty logging, NX recovery; a fault that must be retried is not; tables have two entries';

function build(p: { readonly [name: string]: number }, after?: (s: ScriptBuilder) => void) {
  const vcpus = p['vcpus'] ?? 0;
  const resets = p['resets'] ?? 0;
  const threads = [mainThread({ vcpus, smm: true, ...(after === undefined ? {} : { after }) })];
  for (let v = 0; v < vcpus; v++)
    threads.push(
      vcpuThread(v, 'vcpu', (s) => {
        for (let k = 0; k < resets; k++) {
          s.load();
          if (p['faults'] === 1) s.fault(GFN, ACCESS.READ);
          s.smm(k % 2 === 0);
        }
      }),
    );
  threads.push(callerThread('updater', (s) => s.zapAllFast()));
  for (let k = 0; k < (p['workers'] ?? 0); k++) threads.push(worker(k));
  return assembleLitmus([...threads, rcu], { pages: 4 + 8 * vcpus * resets });
}

export const litmusReference: Litmus = {
  id: 'reference',
  title: '2 vCPUs x 2 context resets over two roles, one updater, two workers, destruction',
  doc: `${DOC} When the vCPUs and the updater are done, main closes everything.`,
  leftOut: LEFT_OUT,
  parameters: PARAMETERS,
  build: (p) =>
    build(p, (s) => {
      const vcpus = p['vcpus'] ?? 0;
      s.await(DONE, vcpus + 1);
      closeAll(s, vcpus);
    }),
};

export const litmusReferenceNoDestroy: Litmus = {
  id: 'reference-nodestroy',
  title: '2 vCPUs x 2 context resets over two roles, one updater, two workers; the VM stays',
  doc: DOC,
  leftOut: LEFT_OUT,
  parameters: PARAMETERS,
  build: (p) => build(p),
};
