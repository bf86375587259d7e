// create-fails, destroy-race, roles: a VM's root list at its beginning, at its end, and at its fullest. No recording has these.
import { CPU_STATE } from '../events/constants.js';
import { guestProgram } from '../guest/program.js';
import { ROUND_PORT, script } from '../userspace/script.js';
import { NO_HANDLER } from './recorded/layout.js';
import { assemble, daemons, vmmThread } from './recorded/turns.js';
import type { Scenario } from './scenario.js';

const CODE_GFN = 1;
const HANDLER_GFN = 2;

export const createFails: Scenario = {
  id: 'create-fails',
  title: 'KVM_CREATE_VM fails behind kvm_mmu_init_vm',
  doc: 'Once KVM_CREATE_VM fails when the MMU is there already, and the MMU is taken down with users_count still 1, no vCPU ever created and no lock held; then a VM is made and closed at once. The draft asserts mmu_lock in the first case (reference, B12); v5.18 walks no list there, and v6.4 waives the assertion.',
  parameters: {},
  build() {
    const main = script().createVm(0, 4, true).createVm(1).closeVm(1);
    const guests = [{ program: NO_HANDLER, smm: NO_HANDLER }];
    return assemble([vmmThread('main', main), ...daemons()], guests, {
      vms: 2,
      pages: 16,
      tableBits: 3,
      hostPages: 0,
    });
  },
};

export const destroyRace: Scenario = {
  id: 'destroy-race',
  title: 'several VMs, one root each, are closed while the worker and RCU run',
  doc: 'Each VMM thread makes a VM of its own on the same memory, runs one round of its one vCPU and closes everything. The draft walks the list of roots at destruction without lock and RCU, while the worker may delete and RCU may free the root that it stands on (reference, B13): some seeds of the scheduler `random` find that; the others do not, and neither does `timed`. v5.18 walks nothing there, v6.4 walks inside RCU.',
  parameters: {
    vms: { default: 4, min: 1, max: 8, unit: 'VMs', doc: 'VMs, each with a thread and a vCPU of its own' },
  },
  build(p) {
    const vms = Array.from({ length: p['vms']! }, (_, vm) => vm);
    const threads = vms.map((vm) => {
      const s = script().createVm(vm).setMemoryRegion({ vm, slot: 0, baseGfn: 0, pages: 8, hvaPage: 0 });
      s.createVcpu(vm, vm, 0).run(vm, 1).closeVcpu(vm).closeVm(vm);
      return vmmThread(`vmm${vm}`, s);
    });
    const guests = vms.map(() => ({
      program: guestProgram().code(CODE_GFN).touch('rmw', 4).out(ROUND_PORT).build(),
      smm: NO_HANDLER,
    }));
    return assemble([...threads, ...daemons()], guests, {
      vms: vms.length,
      pages: 128,
      tableBits: 3,
      hostPages: 8,
    });
  },
};

export const roles: Scenario = {
  id: 'roles',
  title: 'a 4-level and a 5-level vCPU, each in normal, guest and system management mode',
  doc: 'On a host with 5-level TDP vcpu0 has guest MAXPHYADDR > 48 and vcpu1 has not. Each round touches pages, enters L2 (KVM_RUN goes on in guest_mode without nested TDP: kvm_mmu_new_pgd looks through prev_roots), touches pages, leaves L2, touches them again; an SMI comes after each round. Six roles: six roots in all with the fix. Halfway one slot goes and comes back, so that cached roots are obsolete, too.',
  parameters: {
    rounds: {
      default: 4,
      min: 2,
      max: 10_000,
      unit: 'rounds',
      doc: 'rounds of each vCPU, half of them before the slot goes',
    },
    pages: { default: 6, min: 1, max: 32, unit: 'pages', doc: 'pages touched each time' },
    guestMode: { default: 1, min: 0, max: 1, unit: 'flag', doc: 'the guest enters L2; without, four roles' },
  },
  build(p) {
    const [ready, half, changed, done] = [1, 2, 3, 4];
    const first = Math.floor(p['rounds']! / 2);
    const main = script().createVm(0, 5).memset(0, 4);
    const slots = [0, 1].flatMap((asId) => [
      { asId, slot: 0, baseGfn: 0, pages: 8, hvaPage: 0 },
      { asId, slot: 1, baseGfn: 64, pages: 64, hvaPage: 8 },
    ]);
    for (const slot of slots) main.setMemoryRegion(slot);
    for (const v of [0, 1])
      main
        .createVcpu(v)
        .setCpuid2(v, true, v === 0)
        .setSregs(v, 0, true)
        .setRegs(v);
    main.arrive(ready).await(half, 2).deleteMemoryRegion(1).setMemoryRegion(slots[1]!);
    main.arrive(changed).await(done, 2).closeVcpu(0).closeVcpu(1).closeVm();
    const vcpu = (v: number) =>
      script()
        .await(ready, 1)
        .run(v, first, { smiAfterRound: true })
        .arrive(half)
        .await(changed, 1)
        .run(v, p['rounds']! - first, { smiAfterRound: true })
        .run(v, 1)
        .arrive(done);
    const guests = [0, 1].map((v) => ({
      program: guestProgram()
        .code(CODE_GFN)
        .loop(0, (b) => {
          const touch = () => b.touch('rmw', 64 + v * 32, p['pages']!);
          touch();
          if (p['guestMode'] === 1) {
            b.writeCr(CPU_STATE.GUEST_MODE);
            touch();
            b.writeCr(CPU_STATE.GUEST_MODE);
            touch();
          }
          b.out(ROUND_PORT);
        })
        .build(),
      smm: guestProgram().code(HANDLER_GFN).touch('rmw', 70).rsm().build(),
    }));
    const threads = [
      vmmThread('main', main),
      vmmThread('vcpu0', vcpu(0)),
      vmmThread('vcpu1', vcpu(1)),
      ...daemons(),
    ];
    return assemble(threads, guests, { pages: 4_096, tableBits: 3, hostPages: 72 });
  },
};
