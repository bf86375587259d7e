// A root's lane: what state it is in, from event to event, and its reference count as steps.
import { role_is_invalid } from '../aggregates/role.js';
import { E } from '../events/catalogue.js';
import { ROOT_COUNTED, ROOT_STATE } from '../projections/root-span.js';
import type { RootView } from '../projections/roots.js';
import { roleView } from '../projections/words.js';

export interface RootLaneView {
  readonly root: number;
  /** null: it was born before anything that is known here. */
  readonly address: number | null;
  /** VM that lists it; null: not known here. */
  readonly vm: number | null;
  readonly role: string;
  readonly smm: boolean;
  /** Events of the stretch that are about it. */
  readonly events: number;
  /** Index in ROOT_STATES, from, to. */
  readonly states: readonly number[];
  /** Position, refcount from there on; -1: unknown (imported). */
  readonly counts: readonly number[];
  readonly born: number | null;
  readonly freed: number | null;
  /** Touched after it was freed: positions. */
  readonly touched: readonly number[];
}

export class RootLane {
  events = 0;
  private readonly states: number[] = [];
  private readonly counts: number[] = [];
  private readonly touched: number[] = [];
  private state = -1;
  private since = 0;
  private invalid = false;
  private zaps = 0;
  private waits = false;
  private address: number | null = null;
  private vm: number | null = null;
  private role = 0;
  private born: number | null = null;
  private freed: number | null = null;

  constructor(readonly root: number) {}

  startAt(view: RootView, from: number): void {
    this.address = view.address;
    this.vm = view.vm;
    this.role = view.role.word;
    this.invalid = view.role.invalid;
    this.zaps = view.zapsUnderWay;
    this.waits = view.waitsForRcu;
    this.counts.push(from, view.refcount);
    this.show(from);
  }

  row(type: number, a: number, b: number, c: number, at: number): void {
    this.events++;
    switch (type) {
      case E.RootAllocated:
        this.address = c;
        this.role = a;
        this.born = at;
        break;
      case E.RootFound:
        this.address = c;
        this.role = a;
        this.invalid = role_is_invalid(a);
        break;
      case E.RootListed:
        this.vm = a;
        break;
      case E.RootInvalidated:
        this.invalid = true;
        break;
      case E.RootZapStarted:
        this.zaps++;
        break;
      case E.RootZapFinished:
        this.zaps--;
        break;
      case E.RootFreeQueued:
        this.waits = true;
        break;
      case E.FreedPageTouched:
        this.touched.push(at);
        return;
      case E.RootFreed:
        this.freed = at;
        this.close(at);
        return;
    }
    if (this.freed !== null) return;
    if (ROOT_COUNTED[type] === true && this.counts.at(-1) !== b) this.counts.push(at, b);
    this.show(at);
  }

  view(end: number): RootLaneView {
    this.close(end);
    const { root, address, vm, events, states, counts, born, freed, touched } = this;
    const { text, smm } = roleView(this.role);
    return { root, address, vm, role: text, smm, events, states, counts, born, freed, touched };
  }

  private show(at: number): void {
    const now = this.waits
      ? ROOT_STATE.waits
      : this.zaps > 0
        ? ROOT_STATE.zapped
        : this.invalid
          ? ROOT_STATE.invalid
          : ROOT_STATE.valid;
    if (now === this.state) return;
    this.close(at);
    this.state = now;
    this.since = at;
  }

  private close(at: number): void {
    if (this.state >= 0 && this.since < at) this.states.push(this.state, this.since, at);
    this.state = -1;
  }
}
