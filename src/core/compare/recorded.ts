// A recorded and a simulated session matched step by step, though no thread of one is a thread of the other: a step is what was done
// (the event, and who holds a reference), to which object (the vCPU by number, the root by VM, level and SMM), and the how-many-th of
// those it is. Compared is what the recording observed; what it infers, and what no probe shows, is nobody's difference.
import { ROLE } from '../aggregates/role.js';
import { CATALOGUE, E, type EventName, IS_LIFECYCLE } from '../events/catalogue.js';
import { ACCESS } from '../events/constants.js';
import type { EventRows } from '../projections/rows.js';

/** Matched steps that are listed with their times. */
export const MAX_MATCHES = 1_000;
/** Different steps that are counted. */
const MAX_KEYS = 100_000;

/** Types that a recording shows, and the value that says what was done. */
type Operand = (rows: EventRows, i: number) => string;
const OPERANDS: readonly (readonly [EventName, Operand])[] = [
  ['RootAllocated', () => ''],
  ['RootGot', (rows, i) => String(rows.a[i])],
  ['RootPut', (rows, i) => String(rows.a[i])],
  ['RootZapScheduled', () => ''],
  ['RootZapStarted', () => ''],
  ['RootFreed', () => ''],
  ['WorkQueued', () => ''],
  ['WorkStarted', () => ''],
  ['WorkFinished', () => ''],
  ['RootLoaded', () => ''],
  ['RootDropped', () => ''],
  ['SmmEntered', () => ''],
  ['SmmLeft', () => ''],
  ['ContextReset', () => ''],
  ['VcpuEntered', () => ''],
  ['VcpuExited', (rows, i) => String(rows.a[i])],
  ['FaultBegun', (rows, i) => `${rows.a[i]} ${rows.b[i]! & ~ACCESS.PRESENT}`],
  ['FaultFixed', (rows, i) => `${rows.a[i]}`],
  ['FastZapBegun', () => ''],
  ['FastZapEnded', () => ''],
  ['VmDestroyBegun', () => ''],
];
const COMPARED: ReadonlyMap<number, Operand> = new Map(
  OPERANDS.map(([name, operand]) => [E[name]!, operand]),
);

/** Those that are listed with their times: few, and they say how the runs went. */
const LISTED: ReadonlySet<number> = new Set([
  E.RootAllocated!,
  E.RootZapStarted!,
  E.RootFreed!,
  E.SmmEntered!,
  E.SmmLeft!,
  E.FastZapBegun!,
  E.FastZapEnded!,
  E.VmDestroyBegun!,
]);

const COMMON_ROLE = ROLE.LEVEL_MASK | ROLE.SMM;

export interface StepCount {
  /** Type of event. */
  readonly type: string;
  readonly steps: number;
}

export interface MatchedStep {
  readonly type: string;
  /** `vcpu 0`, `SMM root`, `root`, `vm 0`. */
  readonly object: string;
  /** From 1. */
  readonly occurrence: number;
  readonly positions: readonly [number, number];
  /** On the one clock. */
  readonly timesNs: readonly [number, number];
}

export interface RecordedMatch {
  /** Events that both keep and the recording observed. */
  readonly compared: readonly string[];
  readonly steps: readonly [number, number];
  readonly matched: number;
  readonly onlyIn: readonly [readonly StepCount[], readonly StepCount[]];
  /** In the order of the first session, at most MAX_MATCHES. */
  readonly matches: readonly MatchedStep[];
  readonly matchesLeftOut: number;
}

interface Key {
  readonly type: number;
  readonly shown: number;
  readonly object: string;
  readonly counts: [number, number];
  /** Position and time of each occurrence, where they are listed. */
  readonly places: readonly [number[], number[]];
}

class Side {
  /** Role of a root by its number, as far as it is compared. */
  readonly roles = new Map<number, string>();
}

export class RecordedMatching {
  private readonly keys = new Map<string, Key>();
  private readonly sides = [new Side(), new Side()] as const;
  /** Types that the recording observed, those of references by holder. */
  private readonly observed = new Set<number>();
  private full = false;

  /**
   * @param recorded which of both sessions is the recording
   * @param isObserved by site of the recording: whether its event was seen
   * @param zeroNs own times of both that are zero
   */
  constructor(
    private readonly recorded: 0 | 1,
    private readonly isObserved: (site: number) => boolean,
    private readonly zeroNs: readonly [number, number],
    /** The simulated one has kept only the lifecycle types. */
    private readonly lifecycleOnly = false,
  ) {}

  /** Rows of one session in order, the first of them at `position`. */
  take(side: 0 | 1, rows: EventRows, length: number, position: number): void {
    for (let i = 0; i < length; i++) this.row(side, rows, i, position + i);
  }

  private row(side: 0 | 1, rows: EventRows, i: number, position: number): void {
    const type = rows.type[i]!;
    const number = rows.subject[i]! >> 4;
    const { roles } = this.sides[side];
    if (type === E.RootAllocated || type === E.RootFound) roles.set(number, rootText(rows.a[i]!));
    const operand = COMPARED.get(type);
    if (operand === undefined || (this.lifecycleOnly && IS_LIFECYCLE[type] !== 1)) return;
    if (side === this.recorded) {
      if (!this.isObserved(rows.site[i]!)) return;
      this.observed.add(shownAs(type, rows.a[i]!));
    }
    const object = this.objectOf(type, roles, number);
    const shown = shownAs(type, rows.a[i]!);
    const key = this.keyOf(`${type} ${object} ${operand(rows, i)}`, type, shown, object);
    if (key === null) return;
    const nth = ++key.counts[side];
    if (!LISTED.has(type) || nth > MAX_MATCHES) return;
    key.places[side].push(position, rows.timeNs[i]! - this.zeroNs[side]);
  }

  private objectOf(type: number, roles: ReadonlyMap<number, string>, number: number): string {
    const subject = CATALOGUE_BY_CODE[type]?.subject;
    if (subject === 'root') return roles.get(number) ?? 'root of unknown role';
    return `${subject} ${number}`;
  }

  private keyOf(text: string, type: number, shown: number, object: string): Key | null {
    const known = this.keys.get(text);
    if (known !== undefined) return known;
    if (this.keys.size >= MAX_KEYS) {
      this.full = true;
      return null;
    }
    const key: Key = { type, shown, object, counts: [0, 0], places: [[], []] };
    this.keys.set(text, key);
    return key;
  }

  /** Null: too many different steps. */
  result(): RecordedMatch | null {
    if (this.full) return null;
    const steps: [number, number] = [0, 0];
    const only = [new Map<number, number>(), new Map<number, number>()] as const;
    const matches: MatchedStep[] = [];
    let matched = 0;
    for (const { type, shown, object, counts, places } of this.keys.values()) {
      // What the recording never shows is unknown there, not missing.
      if (!this.observed.has(shown)) continue;
      const both = Math.min(...counts);
      matched += both;
      for (const side of [0, 1] as const) {
        steps[side] += counts[side];
        const more = counts[side] - both;
        if (more > 0) only[side].set(type, (only[side].get(type) ?? 0) + more);
      }
      const listed = Math.min(both, places[0].length / 2, places[1].length / 2);
      for (let k = 0; k < listed; k++)
        matches.push({
          type: nameOf(type),
          object,
          occurrence: k + 1,
          positions: [places[0][2 * k]!, places[1][2 * k]!],
          timesNs: [places[0][2 * k + 1]!, places[1][2 * k + 1]!],
        });
    }
    matches.sort((a, b) => a.positions[0] - b.positions[0]);
    return {
      compared: [...new Set([...this.observed].map((shown) => shown % TYPES))]
        .sort((a, b) => a - b)
        .map(nameOf),
      steps,
      matched,
      onlyIn: [countsOf(only[0]), countsOf(only[1])],
      matches: matches.slice(0, MAX_MATCHES),
      matchesLeftOut: Math.max(0, matches.length - MAX_MATCHES),
    };
  }
}

const CATALOGUE_BY_CODE: readonly ((typeof CATALOGUE)[number] | undefined)[] = byCode();

function byCode(): ((typeof CATALOGUE)[number] | undefined)[] {
  const out: ((typeof CATALOGUE)[number] | undefined)[] = [];
  for (const def of CATALOGUE) out[def.code] = def;
  return out;
}

const TYPES = 256;

/** Who takes or gives back a reference decides whether a probe shows it. */
const shownAs = (type: number, holder: number): number =>
  type === E.RootGot || type === E.RootPut ? holder * TYPES + type : type;

const nameOf = (type: number): string => CATALOGUE_BY_CODE[type]?.name ?? String(type);

const rootText = (role: number): string =>
  `${(role & COMMON_ROLE & ROLE.SMM) !== 0 ? 'SMM root' : 'root'} of level ${role & ROLE.LEVEL_MASK}`;

const countsOf = (counts: ReadonlyMap<number, number>): StepCount[] =>
  [...counts]
    .map(([type, steps]) => ({ type: nameOf(type), steps }))
    .sort((a, b) => b.steps - a.steps || (a.type < b.type ? -1 : 1));
