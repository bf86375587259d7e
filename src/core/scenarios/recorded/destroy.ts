// destroy-fwd, destroy-partial: the last close of a VM's files.
import type { Scenario } from '../scenario.js';
import {
  close,
  createVcpu,
  hostPages,
  NO_HANDLER,
  open,
  ownPages,
  RECORDED_MEMORY,
  rounds,
} from './layout.js';
import { assemble, Turns } from './turns.js';

const guests = (vcpus: number) =>
  Array.from({ length: vcpus }, (_, v) => ({
    program: rounds({ baseGfn: ownPages(v), count: 4 }),
    smm: NO_HANDLER,
  }));

export const destroyFwd: Scenario = {
  id: 'destroy-fwd',
  title: 'four vCPUs share one root; everything is closed',
  doc: 'As recorded: four times a vCPU is created and runs one round of 4 pages; then vCPU files in index order, then the VM file.',
  parameters: {},
  build() {
    const t = new Turns();
    open(t.main(), RECORDED_MEMORY);
    for (let v = 0; v < 4; v++) {
      createVcpu(t.main(), v);
      t.vcpu(v).run(v, 1);
    }
    close(t.main(), 4);
    return assemble(t.threads(), guests(4), { hostPages: hostPages(RECORDED_MEMORY) });
  },
};

export const destroyPartial: Scenario = {
  id: 'destroy-partial',
  title: 'three vCPUs, only the first ever runs; everything is closed',
  doc: 'As recorded: vcpu0 runs one round of 4 pages; vcpu1 and vcpu2 are created and never run; close.',
  parameters: {},
  build() {
    const t = new Turns();
    const main = t.main();
    open(main, RECORDED_MEMORY);
    createVcpu(main, 0);
    t.vcpu(0).run(0, 1);
    createVcpu(t.main(), 1);
    createVcpu(t.main(), 2);
    close(t.main(), 3);
    return assemble(t.threads(), guests(3), { hostPages: hostPages(RECORDED_MEMORY) });
  },
};
