// memslot-storm and gpu-memslots: memslots are deleted and made again while a VM runs. The first looks at the vCPUs that need
// a new root meanwhile, the second at the CPUs that zap the old ones.
import { CPU_STATE } from '../events/constants.js';
import { guestProgram } from '../guest/program.js';
import { type Region, ROUND_PORT, type ScriptBuilder, script } from '../userspace/script.js';
import { assemble, daemons, vmmThread } from './recorded/turns.js';
import type { Scenario, ScenarioThread } from './scenario.js';

const CODE_GFN = 1;
const HANDLER_GFN = 2;
/** Guest memory of the load begins at 1 GiB, so that one gfn step of 1 GiB holds all of it. */
const LOAD_GFN = 1 << 18;
const LOW: Region = { slot: 0, baseGfn: 0, pages: 16, hvaPage: 0 };
/** The slot that goes and comes back: nothing of it is mapped. */
const CHANGING: Region = { slot: 2, baseGfn: 64, pages: 8, hvaPage: 16 };
const FIRST_HVA = 32;

/** Guest time of one step: how late a vCPU notices that it is kicked, at the most. */
const PIECE_NS = 5_000;
/** Instructions of one step: a piece and the loop around it. */
const PIECE_BURST = 2;

const READY = 1;
const MAPPED = 2;
const STOP = 3;
const DONE = 4;

function workers(n: number): ScenarioThread[] {
  const [worker, ...rest] = daemons();
  return [...Array.from({ length: n }, (_, k) => ({ ...worker!, name: `kworker${k}` })), ...rest];
}

/** Every daemon that is a worker waits for work in the same way: only their number matters. */
function openVm(vcpus: number, pages: number, smm: boolean, level: number): ScriptBuilder {
  const main = script().createVm(0, level);
  const load: Region = { slot: 1, baseGfn: LOAD_GFN, pages, hvaPage: FIRST_HVA };
  main.setMemoryRegion(LOW).setMemoryRegion(load).setMemoryRegion(CHANGING);
  if (smm) main.setMemoryRegion({ ...LOW, asId: 1 }).setMemoryRegion({ ...load, asId: 1 });
  for (let v = 0; v < vcpus; v++) main.createVcpu(v);
  return main;
}

export const memslotStorm: Scenario = {
  id: 'memslot-storm',
  title: 'memslots go and come back while many vCPUs run',
  doc:
    'Each vCPU goes through memory of its own, all of it in one GiB, again and again, and leaves for user space in between: one that is there when the slot goes comes back during the zap. Main deletes a small slot and makes it ' +
    'again: all roots become invalid, every vCPU is forced out, gives its old root back and needs a new one. Both take mmu_lock ' +
    'for write (to v6.8), while whoever zaps holds it for read and yields once a gfn step only: up to 1 GiB of 4K entries. ' +
    'The model has 64 vCPUs at the most. Left out: huge pages, NUMA, vCPUs that are scheduled out.',
  parameters: {
    vcpus: { default: 64, min: 1, max: 64, unit: 'vCPUs', doc: 'vCPUs, all running' },
    pages: { default: 1_024, min: 1, max: 4_000, unit: 'pages', doc: 'pages that each vCPU has mapped' },
    updates: { default: 3, min: 1, max: 1_000, unit: 'updates', doc: 'deletions of the slot' },
    userUs: {
      default: 50,
      min: 1,
      max: 100_000,
      unit: 'us',
      doc: 'in user space between two rounds (assumed)',
    },
    pauseUs: { default: 30_000, min: 1, max: 1_000_000, unit: 'us', doc: 'between two updates' },
  },
  build(p) {
    const vcpus = Array.from({ length: p['vcpus']! }, (_, v) => v);
    const pages = p['pages']!;
    const main = openVm(vcpus.length, pages * vcpus.length, false, 4);
    main.arrive(READY).await(MAPPED, vcpus.length);
    main.loop(p['updates']!, (b) =>
      b
        .deleteMemoryRegion(CHANGING.slot)
        .setMemoryRegion(CHANGING)
        .sleep(p['pauseUs']! * 1_000),
    );
    main.arrive(STOP).await(DONE, vcpus.length);
    for (const v of vcpus) main.closeVcpu(v);
    main.closeVm();
    const vcpu = (v: number) =>
      script()
        .await(READY, 1)
        .run(v, 1)
        .arrive(MAPPED)
        .until(STOP, 1, (b) => b.run(v, 1).sleep(p['userUs']! * 1_000))
        .arrive(DONE);
    const guests = vcpus.map((v) => ({
      program: guestProgram()
        .code(CODE_GFN)
        .loop(0, (b) =>
          b
            .touch('write', LOAD_GFN + v * pages, pages)
            // Each vCPU has another period, so that they do not run in step.
            .loop(200 + 2 * v, (r) => r.compute(PIECE_NS))
            .out(ROUND_PORT),
        )
        .build(),
      smm: guestProgram().code(CODE_GFN).rsm().build(),
    }));
    const threads = [
      vmmThread('main', main),
      ...vcpus.map((v) => vmmThread(`vcpu${v}`, vcpu(v))),
      ...workers(1),
    ];
    const built = assemble(threads, guests, {
      hostPages: FIRST_HVA + pages * vcpus.length,
      // Up to every generation of trees may still wait for RCU.
      pages: Math.min(65_536, 512 + (Math.ceil((pages * vcpus.length) / 512) + 8) * (p['updates']! + 1)),
      tlbEntries: 1_024,
    });
    return { ...built, constants: { touchBurst: PIECE_BURST } };
  },
};

/** Roles of `gpu-memslots`, one root each: 4-level normal, SMM, guest_mode, then the same with 5 levels. */
const MODES = 3;

export const gpuMemslots: Scenario = {
  id: 'gpu-memslots',
  title: 'a memslot goes and comes back while several roots are full',
  doc:
    'virtio-gpu on ChromeOS: memslots are deleted and made again with other host addresses. As many roots as asked for (roles in ' +
    'order: 4-level, 4-level SMM, 4-level guest_mode, and the same with 5 levels) map all pages of the guest; then main deletes ' +
    'a small slot and makes it again. To v6.5 each invalid root is a work item of an unbound queue. One worker a CPU. Left out: ' +
    'other load on the CPUs, scheduling classes, concurrency management of workqueues.',
  parameters: {
    roots: { default: 4, min: 1, max: 6, unit: 'roots', doc: 'valid roots when the slot goes (assumed)' },
    pages: {
      default: 150_000,
      min: 1,
      max: 260_000,
      unit: 'pages',
      doc: 'pages that each root maps with 4K entries (fitted)',
    },
    cpus: { default: 4, min: 1, max: 16, unit: 'CPUs', doc: 'logical CPUs, each with a worker (assumed)' },
    updates: { default: 1, min: 1, max: 100, unit: 'updates', doc: 'deletions of the slot' },
  },
  build(p) {
    const roots = p['roots']!;
    const pages = p['pages']!;
    const vcpus = roots > MODES ? [0, 1] : [0];
    const smm = roots > 1;
    const main = openVm(vcpus.length, pages, smm, vcpus.length > 1 ? 5 : 4);
    for (const v of vcpus)
      main
        .setCpuid2(v, true, v === 1)
        .setSregs(v, 0, true)
        .setRegs(v);
    main.arrive(READY).await(MAPPED, vcpus.length);
    main.loop(p['updates']!, (b) => b.deleteMemoryRegion(CHANGING.slot).setMemoryRegion(CHANGING));
    for (const v of vcpus) main.closeVcpu(v);
    main.closeVm();
    const modes = (v: number): number => Math.min(MODES, roots - v * MODES);
    const scripts = vcpus.map((v) => {
      // The SMI after the first round is taken at the start of the second one.
      const s = script().await(READY, 1).run(v, 1);
      if (modes(v) > 1) s.smi(v).run(v, 1);
      return vmmThread(`vcpu${v}`, s.arrive(MAPPED));
    });
    const guests = vcpus.map((v) => ({
      program: guestProgram()
        .code(CODE_GFN)
        .touch('write', LOAD_GFN, pages)
        .out(ROUND_PORT)
        .loop(modes(v) > 2 ? 1 : 0, (b) => {
          if (modes(v) > 2) {
            b.writeCr(CPU_STATE.GUEST_MODE).touch('write', LOAD_GFN, pages).writeCr(CPU_STATE.GUEST_MODE);
          }
          b.out(ROUND_PORT);
        })
        .build(),
      smm: guestProgram().code(HANDLER_GFN).touch('write', LOAD_GFN, pages).rsm().build(),
    }));
    const threads = [vmmThread('main', main), ...scripts, ...workers(p['cpus']!)];
    return assemble(threads, guests, {
      hostPages: FIRST_HVA + pages,
      pages: Math.min(32_768, 512 + Math.ceil((pages / 512 + 16) * roots * 2)),
      tlbEntries: 1_024,
    });
  },
};
