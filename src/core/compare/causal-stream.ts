// One session as steps that know their past. Each step's digest covers what it is, the step of its thread before it and, for
// every object that it touches, the touches it depends on: two steps have the same digest exactly when everything that
// happened before them is the same, in whatever order independent steps came. One pass, state by object and thread.
import { ROLE } from '../aggregates/role.js';
import { E, IS_LIFECYCLE } from '../events/catalogue.js';
import { SUBJECT_CODE } from '../events/define.js';
import { LOCK_MODE } from '../events/lock.events.js';
import type { SiteName } from '../projections/moment.js';
import type { EventRows } from '../projections/rows.js';
import { COMPARED, OBJECT, objectNumber, TOUCH, TOUCHES, VALUE, VALUES } from './event-forms.js';
import { ObjectNames } from './object-names.js';
import { NOBODY, ObjectStates, STATE } from './object-states.js';
import type { Occurrences } from './occurrences.js';
import { STEP, StepQueue } from './step-queue.js';

export interface StreamOptions {
  /** Slot of each thread number: the same for threads of one name in both sessions. */
  readonly slots: Uint8Array;
  /** By number. */
  readonly sites: readonly (SiteName | undefined)[];
  /** The same procedures in both: where in the code a step was, and how it came out, count as well. */
  readonly sameProcedures: boolean;
  /** One of the sessions has kept only the lifecycle types. */
  readonly lifecycleOnly: boolean;
  readonly occurrences: Occurrences | null;
  /** 0 or 1: the first or the second session. */
  readonly side: 0 | 1;
}

/** Role bits that mean the same in every protocol: level, guest mode, SMM. */
const COMMON_ROLE = ROLE.LEVEL_MASK | ROLE.GUEST_MODE | ROLE.SMM;
const CHECKPOINT_STEPS = 64;

export class CausalStream {
  readonly queues: StepQueue[] = Array.from({ length: 256 }, () => new StepQueue());
  /** By slot: 1 where nothing more is to be compared. */
  readonly closed = new Uint8Array(256);
  /** Steps that were compared or could be. */
  steps = 0;
  /** False: only occurrences are still counted. */
  causal = true;
  private readonly names: ObjectNames;
  private readonly states = new ObjectStates();
  private readonly siteDigests: Int32Array;
  private readonly compared: Uint8Array;
  private readonly past = new Int32Array(512);
  private readonly counts = new Int32Array(256);
  /** By slot: position of every CHECKPOINT_STEPS-th step. */
  private readonly checkpoints: number[][] = Array.from({ length: 256 }, () => []);
  private readonly roleMask: number;
  private readonly key = new Int32Array(3);

  constructor(private readonly options: StreamOptions) {
    this.names = new ObjectNames(!options.sameProcedures);
    this.siteDigests = digestSites(options.sites);
    this.roleMask = options.sameProcedures ? ~ROLE.INVALID : COMMON_ROLE;
    this.compared = COMPARED.map((yes, type) =>
      yes !== 0 && (!options.lifecycleOnly || IS_LIFECYCLE[type] === 1) ? 1 : 0,
    );
  }

  /** Whether events of this type are steps here. */
  compares(type: number): boolean {
    return this.compared[type] === 1;
  }

  /** A position at or before that of a thread's step, and the number of the step there. */
  checkpoint(slot: number, step: number): { readonly position: number; readonly step: number } {
    const k = Math.floor(step / CHECKPOINT_STEPS);
    return { position: this.checkpoints[slot][k], step: k * CHECKPOINT_STEPS };
  }

  /** Steps of the thread so far. */
  stepsOf(slot: number): number {
    return this.counts[slot];
  }

  /** Rows [from, to), the first of them at `position`. */
  take(rows: EventRows, from: number, to: number, position: number): void {
    const { occurrences, side } = this.options;
    for (let i = from; i < to; i++) {
      const type = rows.type[i];
      if (this.compared[type] === 0) continue;
      const slot = this.options.slots[rows.thread[i]];
      this.steps++;
      this.nameAndKey(rows, i, type, slot);
      if (occurrences !== null) occurrences.count(side, this.key[0], this.key[1], type);
      if (this.causal) this.step(rows, i, type, slot, position + i - from);
      if (type === E.RootFreed || type === E.TableFreed) this.forget(type, rows.subject[i] >> 4, rows.c[i]);
    }
  }

  private nameAndKey(rows: EventRows, i: number, type: number, slot: number): void {
    const { names, key } = this;
    const subject = rows.subject[i];
    const number = subject >> 4;
    const a = rows.a[i];
    if (type === E.RootAllocated) names.rootBorn(number, rows.c[i], slot, a & this.roleMask);
    else if (type === E.TableAllocated) names.tableBorn(number, slot, a);
    key[0] = (type << 8) | slot;
    key[1] = Math.imul(key[0], 0x9e3779b1);
    key[2] = 0;
    const kind = subject & 15;
    if (kind === SUBJECT_CODE.root) {
      this.word(names.root(number, 0));
      this.word(names.root(number, 1));
    } else if (kind === SUBJECT_CODE.table) {
      this.word(names.page(number, 0));
      this.word(names.page(number, 1));
    } else {
      this.word(number);
    }
    const at = type * 4;
    if (VALUES[at] !== VALUE.skip) this.value(VALUES[at], a);
    if (VALUES[at + 1] !== VALUE.skip) this.value(VALUES[at + 1], rows.b[i]);
    if (VALUES[at + 2] !== VALUE.skip) this.value(VALUES[at + 2], rows.c[i]);
  }

  private value(how: number, v: number): void {
    const { names } = this;
    switch (how) {
      case VALUE.operand:
        this.word(v);
        break;
      case VALUE.result:
        this.key[2] = Math.imul(this.key[2] ^ v, 0x2c1b3c6d) + 1;
        break;
      case VALUE.tag:
        this.word(v === 0 ? 0 : names.page(v - 1, 0));
        this.word(v === 0 ? 0 : names.page(v - 1, 1));
        break;
      case VALUE.page:
        this.word(names.page(v, 0));
        this.word(names.page(v, 1));
        break;
      case VALUE.spte:
        this.word(names.spte(v, 0));
        this.word(names.spte(v, 1));
        break;
      case VALUE.role:
        this.word(v & (this.roleMask | ROLE.INVALID));
        break;
      default:
        this.word(names.root(v, 0));
        this.word(names.root(v, 1));
    }
  }

  private word(x: number): void {
    const { key } = this;
    const h = Math.imul(key[0] ^ x, 0xcc9e2d51);
    key[0] = h ^ (h >>> 15);
    const g = Math.imul(key[1] + x, 0x85ebca6b);
    key[1] = (g ^ (g >>> 13)) + h;
  }

  private step(rows: EventRows, i: number, type: number, slot: number, position: number): void {
    const { past, key, states } = this;
    const number = this.counts[slot]++;
    if (number % CHECKPOINT_STEPS === 0) this.checkpoints[slot].push(position);
    const rest = this.options.sameProcedures ? key[2] ^ this.siteDigests[rows.site[i]] : 0;
    let p0 = 0;
    let p1 = 0;
    const queue = this.closed[slot] === 0 ? this.queues[slot] : null;
    const out = queue === null ? -1 : queue.push(position);
    if (queue !== null) {
      queue.words[out + STEP.BEFORE] = NOBODY;
      queue.words[out + STEP.BEFORE + 2] = NOBODY;
    }
    const first = type * 4;
    // Both are looked up before either is changed: the first look-up may move the words of the second.
    for (let touch = 0; touch < 4; touch += 2) {
      const kind = TOUCHES[first + touch];
      if (kind === OBJECT.none) break;
      const at = this.stateOf(kind, rows, i, type);
      const { words } = states;
      const shared = isShared(TOUCHES[first + touch + 1], rows.a[i]);
      const factor = touch === 0 ? 0x9e3779b1 : 0x7feb352d;
      let h0 = words[at + STATE.EXCLUSIVE];
      let h1 = words[at + STATE.EXCLUSIVE + 1];
      if (!shared) {
        h0 = (h0 ^ Math.imul(words[at + STATE.SHARED], 0x165667b1)) | 0;
        h1 = (h1 ^ Math.imul(words[at + STATE.SHARED + 1], 0x27d4eb2f)) | 0;
      }
      p0 = (p0 + Math.imul(h0, factor)) | 0;
      p1 = (p1 + Math.imul(h1, factor)) | 0;
      if (queue !== null) {
        const before = shared ? STATE.EXCLUSIVE_THREAD : STATE.LAST_THREAD;
        queue.words[out + STEP.BEFORE + touch] = words[at + before];
        queue.words[out + STEP.BEFORE + touch + 1] = words[at + before + 1];
      }
    }
    const x0 = Math.imul(Math.imul(past[2 * slot] ^ key[0], 0xcc9e2d51) + (p0 ^ rest), 0x85ebca6b);
    const x1 = Math.imul(Math.imul(past[2 * slot + 1] + key[1], 0x1b873593) ^ (p1 + rest), 0xc2b2ae35);
    const h0 = x0 ^ (x0 >>> 16) ^ 0x5bd1e995;
    const h1 = x1 ^ (x1 >>> 15) ^ (h0 << 1);
    past[2 * slot] = h0;
    past[2 * slot + 1] = h1;
    if (queue !== null) {
      const { words } = queue;
      words[out + STEP.PAST] = h0;
      words[out + STEP.PAST + 1] = h1;
      words[out + STEP.KEY] = key[0];
      words[out + STEP.KEY + 1] = key[1];
      words[out + STEP.REST] = rest;
    }
    for (let touch = 0; touch < 4; touch += 2) {
      const kind = TOUCHES[first + touch];
      if (kind === OBJECT.none) break;
      const at = this.stateOf(kind, rows, i, type);
      const { words } = states;
      words[at + STATE.LAST_THREAD] = slot;
      words[at + STATE.LAST_STEP] = number;
      if (isShared(TOUCHES[first + touch + 1], rows.a[i])) {
        words[at + STATE.SHARED] += h0;
        words[at + STATE.SHARED + 1] += h1;
        continue;
      }
      words[at + STATE.EXCLUSIVE] = h0;
      words[at + STATE.EXCLUSIVE + 1] = h1;
      words[at + STATE.SHARED] = 0;
      words[at + STATE.SHARED + 1] = 0;
      words[at + STATE.EXCLUSIVE_THREAD] = slot;
      words[at + STATE.EXCLUSIVE_STEP] = number;
    }
  }

  private stateOf(kind: number, rows: EventRows, i: number, type: number): number {
    const number = rows.subject[i] >> 4;
    if (kind === OBJECT.entry) return this.states.atEntry(number, rows.a[i]);
    return this.states.at(kind, objectNumber(kind, type, number, rows.a[i]));
  }

  /** Its number or page will belong to another one. */
  private forget(type: number, number: number, address: number): void {
    const page = type === E.RootFreed ? address : number;
    if (type === E.RootFreed) this.states.forget(OBJECT.root, number);
    this.states.forget(OBJECT.table, page);
    this.states.forgetEntries(page);
  }
}

export function isShared(touch: number, a: number): boolean {
  return touch === TOUCH.shared || (touch === TOUCH.byMode && a === LOCK_MODE.read);
}

/** A digest of each site with its callers, from names alone. */
function digestSites(sites: readonly (SiteName | undefined)[]): Int32Array {
  const digests = new Int32Array(Math.max(65_536, sites.length));
  sites.forEach((site, id) => {
    if (site === undefined) return;
    let h = digests[site.parent] ^ 0x3c6ef372;
    for (const text of [site.function, '@', site.label]) {
      for (let k = 0; k < text.length; k++) {
        h = Math.imul(h ^ text.charCodeAt(k), 0x01000193);
        h ^= h >>> 15;
      }
    }
    digests[id] = h;
  });
  return digests;
}
