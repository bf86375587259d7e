// teardown: a VM is destroyed while its roots are full. What destruction does under mmu_lock, and for how long.
import { guestProgram } from '../guest/program.js';
import { type Region, ROUND_PORT, script } from '../userspace/script.js';
import { assemble, daemons, vmmThread } from './recorded/turns.js';
import type { Scenario } from './scenario.js';

const CODE_GFN = 1;
const HANDLER_GFN = 2;
/** Guest memory of the load begins at 1 GiB. */
const LOAD_GFN = 1 << 18;
const LOW: Region = { slot: 0, baseGfn: 0, pages: 16, hvaPage: 0 };
const FIRST_HVA = 16;

export const teardown: Scenario = {
  id: 'teardown',
  title: 'a VM is closed while its roots are full',
  doc:
    'One vCPU writes all pages of the guest, mapped with 4K entries, in its normal root and, with two roots, in that of SMM; then ' +
    'vCPU and VM are closed. KVM_DESTROY: the MMU notifier empties all roots (kvm_mmu_zap_all), then kvm_mmu_uninit_tdp_mmu drops ' +
    'them; `rootline locks` says how long each held mmu_lock, or waited for it. Left out: huge pages, other load on the CPUs.',
  parameters: {
    pages: {
      default: 16_384,
      min: 1,
      max: 260_000,
      unit: 'pages',
      doc: 'pages that each root maps with 4K entries',
    },
    roots: { default: 2, min: 1, max: 2, unit: 'roots', doc: 'valid roots when the VM is closed' },
  },
  build(p) {
    const pages = p['pages']!;
    const roots = p['roots']!;
    const load: Region = { slot: 1, baseGfn: LOAD_GFN, pages, hvaPage: FIRST_HVA };
    const main = script().createVm(0, 4).setMemoryRegion(LOW).setMemoryRegion(load);
    if (roots > 1) main.setMemoryRegion({ ...LOW, asId: 1 }).setMemoryRegion({ ...load, asId: 1 });
    main.createVcpu(0).run(0, 1);
    if (roots > 1) main.smi(0).run(0, 1);
    main.closeVcpu(0).closeVm();
    const guest = {
      program: guestProgram()
        .code(CODE_GFN)
        .touch('write', LOAD_GFN, pages)
        .out(ROUND_PORT)
        .loop(0, (b) => b.out(ROUND_PORT))
        .build(),
      smm: guestProgram().code(HANDLER_GFN).touch('write', LOAD_GFN, pages).rsm().build(),
    };
    return assemble([vmmThread('main', main), ...daemons()], [guest], {
      hostPages: FIRST_HVA + pages,
      pages: Math.min(32_768, 64 + Math.ceil((pages / 512 + 16) * roots)),
      tlbEntries: 1_024,
    });
  },
};
