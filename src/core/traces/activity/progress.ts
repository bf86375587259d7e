// Whether the vCPUs of a trace get on. Livelock: one instruction faults over and over and is never carried out, or a walk gives its
// lock up over and over where it stands. Thrash: guests get on, and most of their faults map again what a dropped root had mapped.
// Idle: they wait in HLT. What tells them apart is what follows: another instruction, another page, another halt.
import { type Activity, birthsOf } from './activity.js';
import type { ChurnReport } from './churn-report.js';
import type { Vcpu } from './vcpus.js';

export type ProgressVerdict = 'progress' | 'livelock' | 'thrash' | 'idle' | 'unknown';

export interface VcpuProgress {
  readonly vm: number;
  readonly vcpu: number;
  readonly verdict: ProgressVerdict;
  readonly why: string;
  readonly from: number;
  readonly to: number;
}

export interface Progress {
  readonly verdict: ProgressVerdict;
  readonly why: string;
  /** First and last line that it is about; of a simulated session positions. */
  readonly from: number;
  readonly to: number;
  /** From the first event on; null: the trace's clock has no seconds. */
  readonly fromNs: number | null;
  readonly toNs: number | null;
  readonly vcpus: readonly VcpuProgress[];
}

/** Faults of one instruction without an end. In the recordings a deleted memslot holds an instruction for some hundreds. */
export const LIVELOCK_FAULTS = 2_000;
/** ... or so many, for so long. */
const LIVELOCK_FAULTS_LONG = 64;
const LIVELOCK_NS = 1_000_000_000;
/** Yields of one walk without getting on. */
export const LIVELOCK_YIELDS = 64;
/** A zap that has not come back for so long. */
const OPEN_NS = 10_000_000_000;
/** Roots given again, and the share of faults that they cost, from which on it is thrash. */
export const THRASH_BIRTHS = 16;
const THRASH_FAULTS = 0.5;
const THRASH_EXITS = 0.25;
/** Share of its time, out of the guest and in it, that an idle vCPU spends in HLT. */
const IDLE_SHARE = 0.9;
const IDLE_HALTS = 2;
export const PROGRESS_VCPUS_LISTED = 64;

interface Judged extends VcpuProgress {
  readonly fromTime: number;
  readonly toTime: number;
}

const RANKS: readonly ProgressVerdict[] = ['livelock', 'thrash', 'progress', 'idle', 'unknown'];

export function progressOf(a: Activity, churn: ChurnReport): Progress {
  const vcpus = a.vcpus.all.map((v) => judge(v, a));
  const [whole] = [...stuckWalks(a), ...overall(a, churn, vcpus)];
  const { verdict, why, from, to, fromTime, toTime } = whole;
  const listed = vcpus
    .toSorted((x, y) => RANKS.indexOf(x.verdict) - RANKS.indexOf(y.verdict))
    .slice(0, PROGRESS_VCPUS_LISTED)
    .map(({ vm, vcpu, verdict: of, why: because, from: first, to: last }) => ({
      vm,
      vcpu,
      verdict: of,
      why: because,
      from: first,
      to: last,
    }));
  return {
    verdict,
    why,
    from,
    to,
    fromNs: a.timed ? fromTime - a.firstTime : null,
    toNs: a.timed ? toTime - a.firstTime : null,
    vcpus: listed,
  };
}

type Whole = Omit<Judged, 'vm' | 'vcpu'>;

function overall(a: Activity, churn: ChurnReport, vcpus: readonly Judged[]): [Whole] {
  const all = { from: a.firstLine, to: a.lastLine, fromTime: a.firstTime, toTime: a.lastTime };
  const stuck = vcpus.find(({ verdict }) => verdict === 'livelock');
  if (stuck !== undefined) {
    const others = vcpus.filter(({ verdict }) => verdict === 'livelock').length - 1;
    const more = others > 0 ? `; so are ${others} more` : '';
    return [{ ...stuck, why: `vCPU ${stuck.vcpu} is stuck: ${stuck.why}${more}` }];
  }
  const thrash = thrashOf(a, churn);
  if (thrash !== null) return [{ verdict: 'thrash', why: thrash, ...all }];
  const on = vcpus.find(({ verdict }) => verdict === 'progress');
  if (on !== undefined) {
    const n = vcpus.filter(({ verdict }) => verdict === 'progress').length;
    return [
      {
        verdict: 'progress',
        why: `${n} of ${vcpus.length} vCPUs get on; vCPU ${on.vcpu}: ${on.why}`,
        ...all,
      },
    ];
  }
  const idle = vcpus.find(({ verdict }) => verdict === 'idle');
  if (idle !== undefined && vcpus.every(({ verdict }) => verdict === 'idle' || verdict === 'unknown'))
    return [{ verdict: 'idle', why: `vCPU ${idle.vcpu}: ${idle.why}`, ...all }];
  const why =
    vcpus.length === 0 || (a.exits === 0 && a.faults === 0)
      ? 'no vCPU enters or leaves the guest in this trace: kvm:kvm_entry, kvm:kvm_exit and kvm:kvm_page_fault would tell'
      : `nothing shows that a guest got on: ${vcpus[0]?.why ?? ''}`;
  return [{ verdict: 'unknown', why, ...all }];
}

function thrashOf(a: Activity, { causes, refault, faults, exits }: ChurnReport): string | null {
  const again = birthsOf(a.births) - (a.births.get('first') ?? 0);
  if (again < THRASH_BIRTHS || refault.faults < faults * THRASH_FAULTS || faults < exits * THRASH_EXITS)
    return null;
  const [top] = causes
    .filter(({ cause }) => cause !== 'first')
    .toSorted((x, y) => y.allocations - x.allocations);
  return `guests get on, but ${refault.faults} of ${faults} page faults, in ${exits} exits, map again what a dropped root had mapped: ${again} roots were given again, most after ${top?.text ?? 'something'}`;
}

function stuckWalks(a: Activity): Whole[] {
  for (const y of a.yields.values()) {
    if (y.times < LIVELOCK_YIELDS) continue;
    const why = `${y.task} gives mmu_lock up and takes it again ${y.times} times without getting on`;
    return [{ verdict: 'livelock', why, from: y.line, to: y.lastLine, fromTime: y.time, toTime: y.lastTime }];
  }
  for (const o of a.open.values()) {
    const time = a.lastTime - o.time;
    if (!a.timed || time < OPEN_NS || a.lost > 0) continue;
    const why = `${o.task} (${o.pid}) has been in ${o.what} for ${(time / 1e9).toFixed(1)} s and has not come back`;
    return [{ verdict: 'livelock', why, from: o.line, to: a.lastLine, fromTime: o.time, toTime: a.lastTime }];
  }
  return [];
}

function judge(v: Vcpu, a: Activity): Judged {
  const of = { vm: v.vm.key, vcpu: v.index };
  const all = { from: v.firstLine, to: v.lastLine, fromTime: v.firstTime, toTime: v.lastTime };
  const { place } = v;
  const held = place.lastTime - place.sinceTime;
  const long = a.timed && held >= LIVELOCK_NS && place.faults >= LIVELOCK_FAULTS_LONG;
  // Without the instruction's address nothing is known of one.
  if (place.rip !== null && (place.faults >= LIVELOCK_FAULTS || long)) {
    const births = place.births > 0 ? `, with ${place.births} new roots in between` : '';
    return {
      ...of,
      verdict: 'livelock',
      why: `the instruction at ${place.rip} has faulted ${place.faults} times at ${place.addresses.map((at) => `0x${at.toString(16)}`).join(', ')}${births} and was never carried out`,
      from: place.sinceLine,
      to: place.lastLine,
      fromTime: place.sinceTime,
      toTime: place.lastTime,
    };
  }
  if (v.gaveUpAfter !== null)
    return {
      ...of,
      verdict: 'livelock',
      why: `the watchdog saw no progress of its guest within ${v.gaveUpAfter} exits`,
      ...all,
    };
  // Halted, or waiting in HLT when the trace ends.
  const waiting = v.exitedAt !== null && /^(?:hlt|mwait)/i.test(v.reason) ? a.lastTime - v.exitedAt : 0;
  const halted = v.haltedTime + waiting;
  const time = a.lastTime - v.firstTime;
  if (v.halts >= IDLE_HALTS && time > 0 && halted >= time * IDLE_SHARE)
    return {
      ...of,
      verdict: 'idle',
      why: `it waits in HLT for ${Math.round((100 * halted) / time)} % of the time (${v.halts} halts in ${v.exits} exits)`,
      ...all,
    };
  if (place.steps > 0)
    return {
      ...of,
      verdict: 'progress',
      why:
        place.steps === 1
          ? 'a fault or exit was followed by another instruction'
          : `${place.steps} faults and exits were followed by another instruction`,
      ...all,
    };
  const why =
    v.exits === 0 ? 'it never leaves the guest' : `it leaves the guest ${v.exits} times, always at one place`;
  return { ...of, verdict: 'unknown', why, ...all };
}
