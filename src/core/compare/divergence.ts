// The first real divergence of two sessions, explained: which step, which two steps came in another order or which one exists
// on one side only, on which object, and the last thing that both have in common before it.
import { LOCK_NAMES, LOCKS_PER_VM } from '../aggregates/layout.js';
import { decodeEvent } from '../events/catalogue.js';
import { SUBJECT_CODE } from '../events/define.js';
import { eventText } from '../projections/event-text.js';
import { type History, type HistoryRows, type Place, placeOf } from '../projections/history.js';
import type { Alignment, AlignmentResult, ThreadDivergence } from './alignment.js';
import { OBJECT, objectNumber, TOUCHES } from './event-forms.js';
import { NOBODY } from './object-states.js';
import { type QueuedStep, STEP } from './step-queue.js';

export const DIVERGENCE_KINDS = {
  order: 'two steps on the same object came in another order',
  onlyIn: 'one session has a step that the other does not have',
  step: 'a thread went on with another step',
  site: 'a thread took the same step at another place of the code',
  value: 'the same step came out otherwise',
} as const;
export type DivergenceKind = keyof typeof DIVERGENCE_KINDS;

export interface StepView extends Place {
  /** In words; roots by birth, pages by address, as this session has them. */
  readonly event: string;
}
/** In the first and the second session; null: it does not come there. */
export type StepPair = readonly [StepView | null, StepView | null];

export interface Divergence {
  readonly kind: DivergenceKind;
  readonly text: string;
  readonly thread: string;
  /** Next steps of the thread behind what is common. */
  readonly steps: StepPair;
  /** onlyIn: index of the session that has the step. */
  readonly onlyIn: 0 | 1 | null;
  /** What the two steps are about. */
  readonly object: string | null;
  /** The step of another thread that came before it in one session (index `firstIn`), and in the other after it or never. */
  readonly other: { readonly steps: StepPair; readonly firstIn: 0 | 1 } | null;
  /** The last step that it depends on; both sessions have it, with the same past. */
  readonly lastCommon: StepPair | null;
}

type Side = 0 | 1;
const flip = (side: Side): Side => (side === 0 ? 1 : 0);

export interface ThreadSlots {
  readonly names: readonly string[];
  /** Slot -> thread number of each session; -1: it has no such thread. */
  readonly numbers: readonly [readonly number[], readonly number[]];
}

const LOCATE_ROWS = 512;
/** Rows in which a step that stole another one's work is looked for. */
const LOOK_BACK_ROWS = 50_000;
/** Subjects whose numbers are the same in every session of a scenario. */
const SAME_NUMBER: ReadonlySet<number> = new Set([
  SUBJECT_CODE.vm,
  SUBJECT_CODE.vcpu,
  SUBJECT_CODE.lock,
  SUBJECT_CODE.slot,
  SUBJECT_CODE.page,
]);

/** Null: there is none. */
export function explainDivergence(
  alignment: Alignment,
  result: AlignmentResult,
  histories: readonly [History, History],
  threads: ThreadSlots,
  /** `session 3`, ... */
  sessions: readonly [string, string],
): Divergence | null {
  const explainer = new Explainer(alignment, result.divergences, histories, threads, sessions);
  return explainer.explain();
}

/** A step by its thread's slot and number. */
interface StepId {
  readonly slot: number;
  readonly step: number;
}

class Explainer {
  constructor(
    private readonly alignment: Alignment,
    private readonly divergences: AlignmentResult['divergences'],
    private readonly histories: readonly [History, History],
    private readonly threads: ThreadSlots,
    private readonly sessions: readonly [string, string],
  ) {}

  explain(): Divergence | null {
    const inFirst = this.earliest(0);
    const inSecond = this.earliest(1);
    const found = inFirst ?? inSecond;
    if (found === null) return null;
    const [a, b] = found.steps;
    if (a !== null && b !== null && sameKey(a, b)) {
      const order = this.order(found, 0) ?? (inSecond === null ? null : this.order(inSecond, 1));
      if (order !== null) return order;
      return this.sameStep(found);
    }
    return this.otherStep(found);
  }

  /** The first divergence in the order of one session. */
  private earliest(side: Side): ThreadDivergence | null {
    let best: ThreadDivergence | null = null;
    for (const divergence of this.divergences.values()) {
      const position = divergence.steps[side]?.position;
      if (position !== undefined && position < (best?.steps[side]?.position ?? Number.POSITIVE_INFINITY))
        best = divergence;
    }
    return best;
  }

  /**
   * The same step in both; before it, the session other than `side` has a step on the same object that `side` does not have
   * there.
   */
  private order(found: ThreadDivergence, side: Side): Divergence | null {
    const there = flip(side);
    const [own, theirs] = [found.steps[side], found.steps[there]];
    if (own === null || theirs === null || !sameKey(own, theirs)) return null;
    for (let touch = 0; touch < 2; touch++) {
      const other = before(theirs, touch);
      if (other === null || other.slot === found.slot || this.isCommon(other)) continue;
      const object = this.objectText(there, theirs, touch);
      const others = this.earlyStep(there, other);
      const thread = this.threads.names[found.slot];
      const otherThread = this.threads.names[other.slot];
      const text =
        `${object}: ${thread} comes before ${otherThread} in ${this.sessions[side]}` +
        ` and after it in ${this.sessions[there]}`;
      return this.document(found, {
        kind: 'order',
        text,
        object,
        other: { steps: others, firstIn: there },
        side,
      });
    }
    return null;
  }

  /** The same step with the same steps before it, at another site or with another outcome. */
  private sameStep(found: ThreadDivergence): Divergence {
    const thread = this.threads.names[found.slot];
    const views = this.viewsOf(found.steps);
    const sameSite = siteKey(views[0]) === siteKey(views[1]);
    const sameOutcome = views[0]?.event === views[1]?.event;
    const kind = sameSite && !sameOutcome ? 'value' : sameSite ? 'order' : 'site';
    const text =
      kind === 'site'
        ? `${thread} takes the same step at another place of the code`
        : kind === 'value'
          ? `${thread} takes the same step, and it comes out otherwise`
          : `${thread} takes the same step after other steps on the same object`;
    return this.document(found, { kind, text, object: null, other: null, side: 0 });
  }

  private otherStep(found: ThreadDivergence): Divergence {
    const thread = this.threads.names[found.slot];
    const [a, b] = found.steps;
    const side: Side = a === null ? 1 : 0;
    const cause = this.orderBehind(found);
    const extra = [this.isExtra(a, 0), this.isExtra(b, 1)] as const;
    const onlyIn: Side | null =
      a === null || b === null ? side : extra[0] === extra[1] ? null : extra[0] ? 0 : 1;
    const views = this.viewsOf(found.steps);
    const lead = cause === null ? '' : `${cause.text}; `;
    const told = (k: Side): string =>
      views[k] === null
        ? `has no more steps in ${this.sessions[k]}`
        : `goes on with "${views[k].event}" in ${this.sessions[k]}`;
    const [one, two]: readonly [Side, Side] = onlyIn === 1 ? [1, 0] : [0, 1];
    const rarer =
      onlyIn === null || views[two] === null ? '' : `, which ${this.sessions[two]} has less often`;
    const text = `${lead}${thread} ${told(one)}${rarer}; it ${told(two)}`;
    return this.document(found, {
      kind: onlyIn === null ? 'step' : 'onlyIn',
      text,
      object: cause?.object ?? null,
      other: cause?.other ?? null,
      onlyIn,
      side,
    });
  }

  /** A step of another thread that both have, and that came before this one in one session only: a likely cause. */
  private orderBehind(found: ThreadDivergence): Pick<Divergence, 'text' | 'object' | 'other'> | null {
    for (const side of [0, 1] as const) {
      const [own, theirs] = [found.steps[side], found.steps[flip(side)]];
      if (own === null) continue;
      for (let touch = 0; touch < 2; touch++) {
        const other = before(own, touch);
        if (other === null || other.slot === found.slot) continue;
        const steps = this.pairOf(other);
        const late = steps[flip(side)];
        if (late !== null && theirs !== null && late.position < theirs.position) continue;
        const object = this.objectText(side, own, touch);
        const [thread, otherThread] = [this.threads.names[found.slot], this.threads.names[other.slot]];
        const when = late === null ? 'not at all' : 'only after it';
        const text =
          `${object}: ${otherThread} comes before ${thread} in ${this.sessions[side]},` +
          ` and ${when} in ${this.sessions[flip(side)]}`;
        return { text, object, other: { steps, firstIn: side } };
      }
    }
    return this.touchBehind(found, 0) ?? this.touchBehind(found, 1);
  }

  /**
   * The session other than `side` does not take the step any more: there, another thread's step on the same subject came
   * before, which is not common.
   */
  private touchBehind(
    found: ThreadDivergence,
    side: Side,
  ): Pick<Divergence, 'text' | 'object' | 'other'> | null {
    const there = flip(side);
    const [own, theirs] = [found.steps[side], found.steps[there]];
    if (own === null || theirs === null) return null;
    const row = this.rowAt(side, own.position);
    // Roots and tables have other numbers in the other session.
    if (!SAME_NUMBER.has(row.subject[0] & 15)) return null;
    const history = this.histories[there];
    const to = theirs.position - 1;
    const rows = history.rows({
      from: Math.max(1, to - LOOK_BACK_ROWS),
      to,
      limit: 1,
      backward: true,
      subject: row.subject[0],
      types: [row.type[0]],
    });
    if (rows.length === 0) return null;
    const slot = this.threads.numbers[there].indexOf(rows.thread[0]);
    const first = this.divergences.get(slot)?.steps[there]?.position;
    if (slot === found.slot || first === undefined || rows.position[0] < first) return null;
    const object = this.objectText(side, own, 0);
    const text =
      `${object}: ${this.threads.names[slot]} comes before ${this.threads.names[found.slot]} in` +
      ` ${this.sessions[there]}`;
    const early = viewOf(history, rows, 0);
    return { text, object, other: { steps: there === 0 ? [early, null] : [null, early], firstIn: there } };
  }

  private document(
    found: ThreadDivergence,
    what: Pick<Divergence, 'kind' | 'text' | 'object' | 'other'> & {
      readonly side: Side;
      readonly onlyIn?: Side | null;
    },
  ): Divergence {
    const { kind, text, object, other, side, onlyIn = null } = what;
    return {
      kind,
      text,
      thread: this.threads.names[found.slot],
      steps: this.viewsOf(found.steps),
      onlyIn,
      object,
      other,
      lastCommon: this.lastCommon(found, side),
    };
  }

  /** Of the steps right before it: what it depends on is common where it is the first divergence of its session. */
  private lastCommon(found: ThreadDivergence, side: Side): StepPair | null {
    const own = found.steps[side];
    if (own === null) return null;
    const candidates: StepId[] = [];
    if (own.number > 0) candidates.push({ slot: found.slot, step: own.number - 1 });
    for (let touch = 0; touch < 2; touch++) {
      const other = before(own, touch);
      if (other !== null && this.isCommon(other)) candidates.push(other);
    }
    let last: StepPair | null = null;
    for (const candidate of candidates) {
      const pair = this.pairOf(candidate);
      if (last === null || (pair[side]?.position ?? 0) > (last[side]?.position ?? 0)) last = pair;
    }
    return last;
  }

  /** Both sessions have it, with the same past. What was pending when the first divergence was settled is not. */
  private isCommon({ slot, step }: StepId): boolean {
    return step < this.alignment.streams[0].queues[slot].taken;
  }

  /**
   * A step that one session has before something and the other has not: there its thread's own first unequal step, where that
   * is the same step, or none.
   */
  private earlyStep(there: Side, id: StepId): StepPair {
    const early = this.locate(there, id);
    const late = this.locate(flip(there), id);
    if (early === null || (late !== null && early.event === late.event && early.label === late.label))
      return there === 0 ? [early, late] : [late, early];
    const own = this.divergences.get(id.slot);
    if (own?.steps[0] != null && own.steps[1] !== null && sameKey(own.steps[0], own.steps[1]))
      return this.viewsOf(own.steps);
    return there === 0 ? [early, null] : [null, early];
  }

  /** The session has the step more often than the other one has. */
  private isExtra(step: QueuedStep | null, side: Side): boolean {
    if (step === null) return false;
    const counts = this.alignment.occurrences.of(step.words[STEP.KEY], step.words[STEP.KEY + 1]);
    return counts !== null && counts[side] > counts[flip(side)];
  }

  private viewsOf(steps: ThreadDivergence['steps']): StepPair {
    const view = (side: Side): StepView | null => {
      const step = steps[side];
      return step === null ? null : this.viewAt(side, step.position);
    };
    return [view(0), view(1)];
  }

  private pairOf(id: StepId): StepPair {
    return [this.locate(0, id), this.locate(1, id)];
  }

  /** Reads on from a remembered step of the thread. */
  private locate(side: Side, { slot, step }: StepId): StepView | null {
    const stream = this.alignment.streams[side];
    if (step >= stream.stepsOf(slot)) return null;
    const history = this.histories[side];
    let { position: from, step: at } = stream.checkpoint(slot, step);
    for (;;) {
      const rows = history.rows({
        from,
        to: history.end,
        limit: LOCATE_ROWS,
        thread: this.threads.numbers[side][slot],
      });
      if (rows.length === 0) return null;
      for (let i = 0; i < rows.length; i++) {
        if (!stream.compares(rows.type[i])) continue;
        if (at === step) return viewOf(history, rows, i);
        at++;
      }
      from = rows.position[rows.length - 1] + 1;
    }
  }

  private viewAt(side: Side, position: number): StepView {
    return viewOf(this.histories[side], this.rowAt(side, position), 0);
  }

  private rowAt(side: Side, position: number): HistoryRows {
    return this.histories[side].rows({ from: position, to: position, limit: 1 });
  }

  private objectText(side: Side, step: QueuedStep, touch: number): string {
    const rows = this.rowAt(side, step.position);
    const type = rows.type[0];
    const number = rows.subject[0] >> 4;
    const kind = TOUCHES[type * 4 + 2 * touch];
    return objectText(kind, number, objectNumber(kind, type, number, rows.a[0]), rows.a[0]);
  }
}

function before(step: QueuedStep, touch: number): StepId | null {
  const at = STEP.BEFORE + 2 * touch;
  const slot = step.words[at];
  return slot === NOBODY ? null : { slot, step: step.words[at + 1] };
}

function sameKey(x: QueuedStep, y: QueuedStep): boolean {
  return x.words[STEP.KEY] === y.words[STEP.KEY] && x.words[STEP.KEY + 1] === y.words[STEP.KEY + 1];
}

function siteKey(view: StepView | null): string {
  if (view === null) return '';
  const frames = [{ function: view.function, label: view.label }, ...view.callers];
  return frames.map((frame) => `${frame.function}@${frame.label}`).join(' ');
}

function viewOf(history: History, rows: HistoryRows, i: number): StepView {
  return { ...placeOf(history, rows, i), event: eventText(decodeEvent(rows, i)) };
}

function objectText(kind: number, number: number, id: number, a: number): string {
  switch (kind) {
    case OBJECT.lock: {
      const vm = Math.floor(number / LOCKS_PER_VM);
      return `${LOCK_NAMES[number % LOCKS_PER_VM]} of VM ${vm}`;
    }
    case OBJECT.root:
      return `root ${number}`;
    case OBJECT.table:
      return `page table at page ${number}`;
    case OBJECT.entry:
      return `SPTE ${a} of the table at page ${number}`;
    case OBJECT.rootList:
      return `list of roots of VM ${id}`;
    case OBJECT.workqueue:
      return `work queue of VM ${id}`;
    case OBJECT.vcpu:
      return `vCPU ${number}`;
    case OBJECT.vcpuMode:
      return `mode of vCPU ${number}`;
    case OBJECT.vcpuRequest:
      return `a request to vCPU ${number}`;
    case OBJECT.vmUsers:
      return `users of VM ${number}`;
    case OBJECT.notifier:
      return `MMU notifier of VM ${number}`;
    case OBJECT.srcu:
      return `SRCU of VM ${number}`;
    case OBJECT.slots:
      return `memslots of VM ${number}`;
    case OBJECT.slot:
      return `memslot ${number}`;
    case OBJECT.dirtyWord:
      return `dirty bits of memslot ${number}`;
    case OBJECT.hostPage:
      return `host page ${number}`;
    case OBJECT.rcuCallbacks:
      return 'RCU callbacks';
    default:
      return `VM ${number}`;
  }
}
