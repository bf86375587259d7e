// memslot-idle, memslot, dirty: KVM_SET_USER_MEMORY_REGION on a slot that vCPUs use.
import { SLOT_FLAG } from '../../aggregates/layout.js';
import { script } from '../../userspace/script.js';
import type { Scenario } from '../scenario.js';
import {
  addMain,
  close,
  createVcpu,
  hostPages,
  RECORDED_MEMORY as memory,
  NO_HANDLER,
  open,
  ownPages,
  rounds,
} from './layout.js';
import { assemble, daemons, Turns, vmmThread } from './turns.js';

const twoGuests = (count: number) =>
  [0, 1].map((v) => ({ program: rounds({ baseGfn: ownPages(v), count }), smm: NO_HANDLER }));

export const memslotIdle: Scenario = {
  id: 'memslot-idle',
  title: 'a slot is deleted, added and moved while the vCPUs are outside KVM_RUN',
  doc: 'As recorded, two vCPUs, 8 pages each: three times 2 rounds each, delete, add, delete, add, only vcpu0 2 rounds; move the slot up by 8 MiB and back; vcpu1 2 rounds; delete; close with stale roots still held.',
  parameters: {},
  build() {
    const t = new Turns();
    const main = t.main();
    open(main, memory);
    createVcpu(main, 0);
    createVcpu(main, 1);
    for (let i = 0; i < 3; i++) {
      t.vcpu(0).run(0, 2);
      t.vcpu(1).run(1, 2);
      for (let k = 0; k < 2; k++) {
        t.main().deleteMemoryRegion(1);
        addMain(t.main(), memory);
      }
      t.vcpu(0).run(0, 2);
    }
    addMain(t.main(), memory, 0, 0xa00);
    addMain(t.main(), memory);
    t.vcpu(1).run(1, 2);
    t.main().deleteMemoryRegion(1);
    close(t.main(), 2);
    return assemble(t.threads(), twoGuests(8), { hostPages: hostPages(memory) });
  },
};

export const dirty: Scenario = {
  id: 'dirty',
  title: 'dirty logging on, KVM_GET_DIRTY_LOG three times, off',
  doc: 'As recorded, two vCPUs, 16 pages each: 2 rounds each; logging on; three times 2 rounds each and KVM_GET_DIRTY_LOG (32 pages); logging off; 2 rounds each. All leaves are 4 KiB.',
  parameters: {},
  build() {
    const t = new Turns();
    const main = t.main();
    open(main, memory);
    createVcpu(main, 0);
    createVcpu(main, 1);
    const both = (): void => {
      t.vcpu(0).run(0, 2);
      t.vcpu(1).run(1, 2);
    };
    both();
    addMain(t.main(), memory, 0, undefined, SLOT_FLAG.LOG_DIRTY_PAGES);
    for (let i = 0; i < 3; i++) {
      both();
      t.main().getDirtyLog(1);
    }
    addMain(t.main(), memory);
    both();
    close(t.main(), 2);
    return assemble(t.threads(), twoGuests(16), { hostPages: hostPages(memory) });
  },
};

const READY = 1;
const STOP = 2;
const DONE = 3;

export const memslot: Scenario = {
  id: 'memslot',
  title: 'a slot is deleted and added while two vCPUs run',
  doc: 'After the recording of that name: two vCPUs run rounds of 8 pages with a pause after each; `updates` times the slot is deleted, and added again after a while. A vCPU that touches the slot while it is INVALID faults in vain; without the slot its accesses are MMIO exits. Free-running: counts depend on the schedule. The recorded program waited for rounds where this one waits for time.',
  parameters: {
    updates: { default: 5, min: 0, max: 1_000, unit: 'updates', doc: 'delete and add' },
    pauseUs: { default: 500, min: 1, max: 100_000, unit: 'us', doc: "a vCPU's pause after a round" },
    gapUs: { default: 5_000, min: 1, max: 1_000_000, unit: 'us', doc: 'time between two calls of main' },
  },
  build(p) {
    const gap = p['gapUs']! * 1_000;
    const main = script();
    open(main, memory);
    createVcpu(main, 0);
    createVcpu(main, 1);
    main.arrive(READY).sleep(gap);
    main.loop(p['updates']!, (b) => {
      b.deleteMemoryRegion(1).sleep(gap);
      addMain(b, memory);
      b.sleep(2 * gap);
    });
    main.arrive(STOP).await(DONE, 2);
    close(main, 2);
    const vcpu = (v: number) =>
      script()
        .await(READY, 1)
        .until(STOP, 1, (b) => b.run(v, 1).sleep(p['pauseUs']! * 1_000))
        .arrive(DONE);
    const threads = [
      vmmThread('main', main),
      vmmThread('vcpu0', vcpu(0)),
      vmmThread('vcpu1', vcpu(1)),
      ...daemons(),
    ];
    return assemble(threads, twoGuests(8), { hostPages: hostPages(memory), pages: 2_048 });
  },
};
