// smi and smi-heavy: SMIs between KVM_RUNs of one vCPU.
import type { ParameterValues, Scenario } from '../scenario.js';
import {
  close,
  createVcpu,
  hostPages,
  MAIN,
  type Memory,
  measuredRounds,
  NO_HANDLER,
  open,
  ownPages,
  RECORDED_MEMORY,
  rounds,
  smmHandler,
} from './layout.js';
import { assemble, Turns } from './turns.js';

export const smi: Scenario = {
  id: 'smi',
  title: '20 SMIs, one per round, one vCPU',
  doc: 'As recorded: 2 rounds of 8 pages; 21 rounds with KVM_SMI after each; the handler touches two pages of its own. The 21st SMI stays pending and is never taken.',
  parameters: {},
  build() {
    const memory: Memory = { ...RECORDED_MEMORY, smm: true };
    const t = new Turns();
    const main = t.main();
    open(main, memory, true);
    createVcpu(main, 0, true);
    t.vcpu(0).run(0, 2).run(0, 21, { smiAfterRound: true });
    close(t.main(), 1);
    const guest = { program: rounds({ baseGfn: ownPages(0), count: 8 }), smm: smmHandler([0x600, 0x601]) };
    return assemble(t.threads(), [guest], { hostPages: hostPages(memory) });
  },
};

/** Pages of the pool that may be in use at once: dying roots wait for the worker and for RCU (up to two grace periods). */
function pool(p: ParameterValues): number {
  const perSmi = 9 + Math.ceil(p['pages']! / 512);
  const roundUs = 10 + 2 * p['pages']!;
  const dying = Math.min(p['smis']!, Math.max(64, Math.ceil(100_000 / roundUs)));
  return Math.min(65_536, 512 + dying * perSmi);
}

export const smiHeavy: Scenario = {
  id: 'smi-heavy',
  title: 'many SMIs on vcpu0, other vCPUs idle',
  doc: 'Each vCPU runs 2 rounds; then vcpu0 runs `smis` rounds with KVM_SMI after each, and one more round. The other vCPUs stay outside KVM_RUN and keep their root. The handler touches no page of its own. With the defaults this is the recording smi_heavy_p8_v1.',
  parameters: {
    smis: { default: 100, min: 0, max: 100_000, unit: 'SMIs', doc: 'rounds of vcpu0 with an SMI after each' },
    pages: { default: 8, min: 1, max: 2_048, unit: 'pages', doc: 'pages that a round touches' },
    vcpus: { default: 1, min: 1, max: 16, unit: 'vCPUs', doc: 'vcpu0 and idle ones beside it' },
  },
  build(p) {
    const vcpus = p['vcpus']!;
    const pages = p['pages']!;
    const stride = Math.max(0x100, pages);
    const memory: Memory = { mainPages: Math.max(MAIN.pages, vcpus * stride), smm: true };
    const t = new Turns();
    const main = t.main();
    open(main, memory);
    for (let v = 0; v < vcpus; v++) createVcpu(main, v, true);
    for (let v = 0; v < vcpus; v++) t.vcpu(v).run(v, 2);
    const vcpu0 = t.vcpu(0);
    if (p['smis']! > 0) vcpu0.run(0, p['smis']!, { smiAfterRound: true });
    vcpu0.run(0, 1);
    close(t.main(), vcpus);
    const guests = Array.from({ length: vcpus }, (_, v) => ({
      program: rounds({ baseGfn: ownPages(v, stride), count: pages }),
      smm: v === 0 ? smmHandler([]) : NO_HANDLER,
    }));
    return assemble(t.threads(), guests, { hostPages: hostPages(memory), pages: pool(p) });
  },
};

export const smiRounds: Scenario = {
  id: 'smi-rounds',
  title: 'rounds of one vCPU, with or without an SMI after each',
  doc: 'One vCPU runs 3 rounds and then `rounds` more, between the milestones kernel and done; where `smi` is 1 with KVM_SMI after each from the third on. The handler touches no page of its own. What a round costs more with the SMI than without is what the working set costs to come back: the slowdown that was measured beside the recordings.',
  parameters: {
    rounds: { default: 10, min: 1, max: 1_000, unit: 'rounds', doc: 'rounds that are measured' },
    pages: { default: 64, min: 1, max: 2_048, unit: 'pages', doc: 'pages that a round touches' },
    smi: { default: 1, min: 0, max: 1, unit: '', doc: '1: KVM_SMI after each round' },
  },
  build(p) {
    const pages = p['pages']!;
    const memory: Memory = { mainPages: Math.max(MAIN.pages, pages), smm: true };
    const t = new Turns();
    const main = t.main();
    open(main, memory);
    createVcpu(main, 0, true);
    t.vcpu(0)
      .run(0, 2)
      .run(0, 1 + p['rounds']!, { smiAfterRound: p['smi'] === 1 })
      .run(0, 1);
    close(t.main(), 1);
    const own = { baseGfn: ownPages(0, Math.max(0x100, pages)), count: pages };
    const guest = { program: measuredRounds(own, p['rounds']!), smm: smmHandler([]) };
    return assemble(t.threads(), [guest], {
      hostPages: hostPages(memory),
      pages: pool({ ...p, smis: p['rounds']! }),
    });
  },
};
