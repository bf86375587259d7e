// Threads of the recorded program take turns: no phase of a vCPU overlaps with another or with a call of main. One barrier
// is the baton; each hand-over is one arrival.
import type { Topology } from '../../aggregates/layout.js';
import { type ScriptBuilder, script } from '../../userspace/script.js';
import { THREAD_ENTRY } from '../../userspace/threads.js';
import type { BuiltScenario, ScenarioGuest, ScenarioThread } from '../scenario.js';
import { topology } from '../topology.js';

const BATON = 0;

/** `on(thread)` gives the script of the thread whose turn it is; the baton is handed over when the thread changes. */
export class Turns {
  private readonly scripts = new Map<string, ScriptBuilder>();
  private holder: ScriptBuilder | null = null;
  private handOvers = 0;

  on(thread: string): ScriptBuilder {
    const own = this.scripts.get(thread) ?? script();
    this.scripts.set(thread, own);
    if (this.holder !== null && this.holder !== own) {
      this.holder.arrive(BATON);
      own.await(BATON, ++this.handOvers);
    }
    this.holder = own;
    return own;
  }
  main(): ScriptBuilder {
    return this.on('main');
  }
  vcpu(v: number): ScriptBuilder {
    return this.on(`vcpu${v}`);
  }

  /** main, the vCPUs in order, then the daemons. */
  threads(): ScenarioThread[] {
    const names = [...this.scripts.keys()].sort((a, b) => rank(a) - rank(b));
    return [...names.map((name) => vmmThread(name, this.scripts.get(name)!)), ...daemons()];
  }
}

function rank(name: string): number {
  return name === 'main' ? -1 : Number(name.replace(/\D/g, ''));
}

export function vmmThread(name: string, s: ScriptBuilder): ScenarioThread {
  return { name, kind: 'vmm', entry: THREAD_ENTRY.vmm, args: [], script: s.build() };
}

/** One kernel worker and RCU. */
export function daemons(): ScenarioThread[] {
  const none = new Int32Array(0);
  return [
    { name: 'kworker0', kind: 'daemon', entry: THREAD_ENTRY.kworker, args: [], script: none },
    { name: 'rcu', kind: 'daemon', entry: THREAD_ENTRY.rcu, args: [], script: none },
  ];
}

/** Assembles a scenario whose sizes follow from its parts. */
export function assemble(
  threads: readonly ScenarioThread[],
  guests: readonly ScenarioGuest[],
  sizes: Partial<Topology>,
): BuiltScenario {
  return {
    topology: topology({ vcpus: guests.length, threads: threads.length, ...sizes }),
    threads,
    guests,
    constants: {},
    resetAfterExits: 0,
  };
}
