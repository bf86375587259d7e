// live: an empty machine that does what it is told. Commands arrive from outside (catalogue.ts) while the session rests.
import type { World } from '../../aggregates/world.js';
import { guestProgram } from '../../guest/program.js';
import { THREAD_ENTRY } from '../../userspace/threads.js';
import type { Scenario, ScenarioThread } from '../scenario.js';
import { topology } from '../topology.js';
import type { LiveCommand } from './catalogue.js';
import { allowedCommands, CODE_GFN, HANDLER_GFN, planCommand } from './plan.js';
import { LiveThreads } from './threads.js';

export const live: Scenario = {
  id: 'live',
  title: 'an empty machine that is given commands while it runs',
  doc: `Nothing happens by itself: VMs, vCPUs, memslots, guest work, SMIs and everything that the host does to the process's memory are commands (POST /api/v1/sessions/{id}/commands, rootline command). A guest's code lies at gfn ${CODE_GFN} and its SMM handler at gfn ${HANDLER_GFN} (address space 1): memslots must cover them. One command a thread at a time: main (VMs, memslots), host (memory of the process, asynchronous SMIs), one thread for each vCPU. Left out: closing a VM's file before its vCPUs', several calls of user space on one vCPU at once.`,
  parameters: {
    vms: { default: 2, min: 1, max: 8, unit: 'VMs', doc: 'VMs that can be created' },
    vcpus: { default: 4, min: 1, max: 16, unit: 'vCPUs', doc: 'vCPUs that can be added, over all VMs' },
    slots: { default: 8, min: 1, max: 15, unit: 'slots', doc: 'memslots of one address space' },
    hostPages: { default: 4_096, min: 1, max: 1 << 18, unit: 'pages', doc: 'memory of the process' },
    tablePages: {
      default: 2_048,
      min: 16,
      max: 32_768,
      unit: 'pages',
      doc: 'pages for roots and tables together, those that wait for RCU included',
    },
    tableBits: {
      default: 9,
      min: 2,
      max: 9,
      unit: 'bits',
      doc: 'log2 of the entries of a table; 9 on hardware',
    },
    workers: { default: 1, min: 1, max: 4, unit: 'threads', doc: 'unbound kernel workers' },
    handlerPages: { default: 1, min: 0, max: 32, unit: 'pages', doc: 'pages that the SMM handler touches' },
  },
  build(p) {
    const vcpus = p['vcpus']!;
    const threads = new LiveThreads(vcpus);
    const none = new Int32Array(0);
    const daemon = (name: string, entry: number): ScenarioThread => ({
      name,
      kind: 'daemon',
      entry,
      args: [],
      script: none,
    });
    const takers = threads.all.map(
      (t): ScenarioThread => ({
        name: threads.name(t),
        kind: 'vmm',
        entry: THREAD_ENTRY.live,
        args: [],
        script: none,
      }),
    );
    const workers = Array.from({ length: p['workers']! }, (_, k) =>
      daemon(`kworker${k}`, THREAD_ENTRY.kworker),
    );
    const all = [...takers, ...workers, daemon('rcu', THREAD_ENTRY.rcu)];
    const smm = guestProgram().code(HANDLER_GFN);
    if (p['handlerPages']! > 0) smm.touch('rmw', HANDLER_GFN + 1, p['handlerPages']!);
    const handler = smm.rsm().build();
    return {
      topology: topology({
        vms: p['vms']!,
        vcpus,
        threads: all.length,
        slots: p['slots']!,
        hostPages: p['hostPages']!,
        pages: p['tablePages']!,
        tableBits: p['tableBits']!,
      }),
      threads: all,
      guests: Array.from({ length: vcpus }, () => ({ program: guestProgram().build(), smm: handler })),
      constants: {},
      resetAfterExits: 0,
      live: {
        plan: (w: World, command: LiveCommand) => planCommand(w, threads, command),
        allowed: (w: World) => allowedCommands(w, threads),
      },
    };
  },
};
