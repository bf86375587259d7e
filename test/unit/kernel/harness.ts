// A machine for tests of procedures: any table of procedures, scripts and guests, threads in turns; its events as objects.
import { Layout, MISC, STATUS, type Topology } from '../../../src/core/aggregates/layout.js';
import { decodeEvent, type EventName, type RootlineEvent } from '../../../src/core/events/catalogue.js';
import { Guest, type GuestPrograms } from '../../../src/core/guest/guest.js';
import { FUNCTION_NUMBERS, fn } from '../../../src/core/kernel/functions.js';
import { resolveCosts } from '../../../src/core/machine/costs.js';
import { LinkedProtocol } from '../../../src/core/machine/link.js';
import { Machine, type ThreadSpec } from '../../../src/core/machine/machine.js';
import type { Procedure } from '../../../src/core/machine/procedure.js';
import { TimeModel } from '../../../src/core/machine/time.js';
import { topology } from '../../../src/core/scenarios/topology.js';
import type { Scheduler } from '../../../src/core/scheduler/scheduler.js';

export interface Told {
  readonly thread: string;
  readonly function: string;
  readonly label: string;
  readonly event: RootlineEvent;
}

export interface Setup {
  readonly procedures: readonly Procedure[];
  readonly threads: readonly (Partial<ThreadSpec> & { readonly script?: Int32Array })[];
  readonly guests?: readonly GuestPrograms[];
  readonly topology?: Partial<Topology>;
  readonly constants?: Readonly<Record<string, number>>;
  readonly resetAfterExits?: number;
}

export class TestMachine {
  readonly m: Machine;
  readonly told: Told[] = [];

  constructor(s: Setup) {
    const constants = s.constants ?? {};
    const linked = new LinkedProtocol('test', FUNCTION_NUMBERS, s.procedures, constants);
    const none = new Int32Array(0);
    const guests = s.guests ?? [{ program: none, smm: none }];
    this.m = new Machine({
      linked,
      layout: new Layout(topology({ threads: s.threads.length, vcpus: guests.length, ...s.topology })),
      threads: s.threads.map((t, i) => ({
        name: t.name ?? `t${i}`,
        entry: t.entry ?? fn.vmm_thread,
        args: t.args ?? [],
      })),
      context: {
        env: {
          scripts: s.threads.map((t) => t.script ?? none),
          resetAfterExits: s.resetAfterExits ?? 0,
          constants,
        },
        guest: new Guest(guests, constants),
        watchdogExits: 500,
        needbreak: null,
      },
      time: new TimeModel(resolveCosts({})),
      seed: 1,
      batchCapacity: 8_192,
    });
  }

  /** One step each, in turns, until nobody can go on (or so many rounds). Throws when a guest makes no progress. */
  run(roundsMax = 1_000_000): this {
    const { m } = this;
    for (let round = 0; round < roundsMax; round++) {
      let went = false;
      for (let t = 0; t < m.threads.length; t++) {
        if (m.status(t) !== STATUS.runnable) continue;
        if (m.step(t)) went = true;
        if (m.batchFull) this.drain();
        if (m.lost !== 0)
          throw new Error(`vcpu${m.lost - 1} makes no progress: ${JSON.stringify(m.where(t))}`);
      }
      if (!went) break;
    }
    this.drain();
    return this;
  }

  /** As a scheduler picks, until it picks nobody. */
  runWith(scheduler: Scheduler, seed: number): this {
    const { m } = this;
    m.s[m.w.layout.misc + MISC.PRNG_SCHEDULER] = Math.imul(seed, 0x9e3779b1);
    for (let t = scheduler.pick(m); t >= 0; t = scheduler.pick(m)) {
      m.step(t);
      if (m.batchFull) this.drain();
      if (m.lost !== 0) throw new Error(`vcpu${m.lost - 1} makes no progress: ${JSON.stringify(m.where(t))}`);
    }
    this.drain();
    return this;
  }

  private drain(): void {
    const { m } = this;
    const { batch } = m;
    const sites = new Map(m.sites.sites.map((s) => [s.id, s]));
    for (let i = 0; i < batch.length; i++) {
      const site = sites.get(batch.site[i]);
      this.told.push({
        thread: m.threads[batch.thread[i]].name,
        function: site?.function ?? '',
        label: site?.label ?? '',
        event: decodeEvent(batch, i),
      });
    }
    batch.length = 0;
  }

  /** Events of these types, in order. */
  only<N extends EventName>(...types: readonly N[]): Extract<RootlineEvent, { type: N }>[] {
    const out: Extract<RootlineEvent, { type: N }>[] = [];
    for (const { event } of this.told) {
      if ((types as readonly string[]).includes(event.type))
        out.push(event as Extract<RootlineEvent, { type: N }>);
    }
    return out;
  }
  count(type: EventName): number {
    return this.only(type).length;
  }
  /** Threads that have not ended, with where they stand. */
  open(): string[] {
    return this.m.threads.flatMap((spec, t) => {
      if (this.m.status(t) === STATUS.ended) return [];
      const at = this.m.where(t)[0];
      return [`${spec.name}: ${at.function} @ ${at.label}`];
    });
  }
}
