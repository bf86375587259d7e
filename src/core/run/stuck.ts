// The watchdog's report: which exits repeat, and where the vCPU stands.

import { STATUS } from '../aggregates/layout.js';
import { E } from '../events/catalogue.js';
import { EXIT_NAMES, MILESTONE_NAMES } from '../events/constants.js';
import { CHANNEL, type EventBatch, S_VCPU, WAIT, WAIT_NAMES } from '../machine/batch.js';
import type { Machine } from '../machine/machine.js';
import type { OutcomeDetail } from './contract.js';
import type { Stage } from './fork-stages.js';

const RING = 64;

/** The last exits of all vCPUs, packed: vcpu, reason, gfn, site. */
export class RecentExits {
  private readonly ring = new Float64Array(RING * 4);
  private count = 0;

  consume(batch: EventBatch): void {
    for (let i = Math.max(0, batch.length - 4_096); i < batch.length; i++) {
      if (batch.type[i] !== E.VcpuExited) continue;
      const at = (this.count % RING) * 4;
      this.ring[at] = (batch.subject[i] - S_VCPU) / 16;
      this.ring[at + 1] = batch.a[i];
      this.ring[at + 2] = batch.b[i];
      this.ring[at + 3] = batch.site[i];
      this.count++;
    }
  }

  save(): number[] {
    return [this.count, ...this.ring];
  }

  restore(saved: readonly number[]): void {
    this.count = saved[0] ?? 0;
    for (let i = 0; i < this.ring.length; i++) this.ring[i] = saved[i + 1] ?? 0;
  }

  /** The exit that came most often of late: where SMIs or interrupts come between, no block of exits repeats exactly. */
  commonest(vcpu: number): number {
    const times = new Map<number, number>();
    for (let at = 0; at < Math.min(this.count, RING) * 4; at += 4) {
      const reason = this.ring[at + 1];
      if (this.ring[at] === vcpu) times.set(reason, (times.get(reason) ?? 0) + 1);
    }
    return [...times].sort((a, b) => b[1] - a[1] || a[0] - b[0])[0]?.[0] ?? 0;
  }

  /** The shortest block of exits that repeats to the end of the ring, newest block last; [] when none does. */
  loop(vcpu: number): { readonly reason: number; readonly gfn: number }[] {
    const last: { reason: number; gfn: number }[] = [];
    const n = Math.min(this.count, RING);
    for (let k = this.count - n; k < this.count; k++) {
      const at = (k % RING) * 4;
      if (this.ring[at] === vcpu) last.push({ reason: this.ring[at + 1], gfn: this.ring[at + 2] });
    }
    for (let period = 1; period * 2 <= last.length; period++) {
      let repeats = true;
      for (let i = last.length - 1; i >= period && repeats; i--) {
        repeats = last[i].reason === last[i - period].reason && last[i].gfn === last[i - period].gfn;
      }
      if (repeats) return last.slice(last.length - period);
    }
    return [];
  }
}

/** What an outcome `no_forward_progress` says. `phase` is the milestone reached last. */
export function stuckAt(
  recent: RecentExits,
  vcpu: number,
  lastMilestone: string,
  where: { readonly function: string; readonly label: string },
): NonNullable<OutcomeDetail['stuckAt']> {
  const loop = recent.loop(vcpu);
  const text = (e: { readonly reason: number; readonly gfn: number }): string =>
    e.reason === 1 ? `${EXIT_NAMES[e.reason]} gfn 0x${e.gfn.toString(16)}` : EXIT_NAMES[e.reason];
  // The exit that names the loop: the one that is not a plain EPT violation, if there is one.
  const named = (loop.find((e) => e.reason !== 1) ?? loop[0])?.reason ?? recent.commonest(vcpu);
  const at = MILESTONE_NAMES.indexOf(lastMilestone);
  return {
    phase: at < 0 ? 'resetVector' : (MILESTONE_NAMES[at + 1] ?? lastMilestone),
    exit: named === 0 ? 'unknown' : EXIT_NAMES[named],
    function: where.function,
    label: where.label,
    loop: loop.map(text),
  };
}

/** Why nothing goes on. */
export type Standstill =
  | 'done'
  | 'waiting'
  | { readonly outcome: 'completed' | 'failed'; readonly message: string };

/**
 * Why nothing goes on: everything is done, or a command must come, or the threads wait for each other. Behind the schedule of
 * a scripted run nobody goes on, also where its decisions are followed again.
 */
export function standstill(
  m: Machine,
  threads: readonly { readonly kind: 'vmm' | 'daemon' }[],
  stage: Pick<Stage, 'scheduler' | 'forced' | 'forcedFrom'>,
  steps: number,
): Standstill {
  const open = [...threads.keys()].filter((t) => threads[t]!.kind === 'vmm' && m.status(t) !== STATUS.ended);
  if (open.length === 0) return 'done';
  if (stage.scheduler === 'scripted') return behindSchedule(m, stage, steps);
  if (open.some((t) => m.waitsOn(t) === WAIT.COMMAND + t)) return 'waiting';
  return { outcome: 'failed', message: deadlockText(m, open) };
}

function behindSchedule(
  m: Machine,
  { forced, forcedFrom }: Pick<Stage, 'forced' | 'forcedFrom'>,
  steps: number,
): Standstill {
  let at = forcedFrom;
  const next = forced.find((turn) => {
    at += turn.steps;
    return at > steps;
  });
  if (next === undefined) return { outcome: 'completed', message: 'the schedule is through' };
  const why = m.status(next.thread) === STATUS.ended ? 'has ended' : 'waits';
  const who = m.threads[next.thread]!.name;
  return {
    outcome: 'failed',
    message: `the schedule cannot be followed: behind ${steps} steps ${who} ${why}`,
  };
}

/** What each of the threads waits for. */
function deadlockText(m: Machine, threads: readonly number[]): string {
  const waits = threads.map((t) => {
    const at = m.where(t)[0]!;
    const channel = m.waitsOn(t);
    return `${m.threads[t]!.name} at ${at.function} @ ${at.label} waits for ${WAIT_NAMES[Math.floor(channel / CHANNEL)]} ${channel % CHANNEL}`;
  });
  return `deadlock: ${waits.join('; ')}`;
}
