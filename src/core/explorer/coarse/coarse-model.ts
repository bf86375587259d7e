// The coarse anchor behind the port: flat state, positions as numbers, one call a step.
import { ensure } from '../../base/assert.js';
import { type Model, type ModelThread, type Reductions, STEP, type Violation } from '../model.js';
import { CoarseSight } from './coarse-sight.js';
import { ENDED, type Linked, link, type Position } from './link.js';
import type { Lock, ProgramText } from './program.js';
import { type Locals, Shared, THREAD_WORDS } from './state.js';

type Condition = (s: Shared, l: Locals) => boolean;
type Effect = (s: Shared, l: Locals) => number | undefined;

const always: Condition = () => true;
const never: Condition = () => false;
const nothing: Effect = () => 0;

/** Whether a lock can be had, and what having it, and giving it back, does to the state. */
const LOCK_RULES: {
  readonly [L in Lock]: {
    readonly free: (s: Shared) => boolean;
    readonly take?: (s: Shared) => void;
    readonly drop?: (s: Shared) => void;
  };
} = {
  'mmu_lock:write': {
    free: (s) => s.writer === 0 && s.readers === 0,
    take: (s) => {
      s.writer = 1;
    },
    drop: (s) => {
      s.writer = 0;
    },
  },
  'mmu_lock:read': {
    free: (s) => s.writer === 0,
    take: (s) => {
      s.readers++;
    },
    drop: (s) => {
      s.readers--;
    },
  },
  tdp_mmu_pages_lock: {
    free: (s) => s.pagesLock === 0,
    take: (s) => {
      s.pagesLock = 1;
    },
    drop: (s) => {
      s.pagesLock = 0;
    },
  },
  'vcpu alive': {
    free: () => true,
    drop: (s) => {
      s.gone++;
    },
  },
  'all vcpus gone': { free: (s) => s.gone === s.vcpus },
  'item running': {
    free: () => true,
    take: (s) => {
      s.running++;
    },
    drop: (s) => {
      s.running--;
    },
  },
  'workqueue flushed': { free: (s) => s.running === 0 },
};

export class CoarseModel implements Model {
  readonly threads: readonly ModelThread[];
  readonly sight: CoarseSight;
  readonly words: number;
  readonly keyWords: number;

  private readonly shared: Shared;
  private readonly state: Int32Array;
  private readonly locals: readonly Locals[];
  private readonly linked: Linked;
  private readonly enabled: readonly Condition[];
  private readonly effect: readonly Effect[];
  /** next[position * 4 + exit] */
  private readonly next: Uint8Array;
  /** Pairs of equal threads that stand beside each other, as words of their states. */
  private readonly twins: readonly number[];
  private readonly initial: Int32Array;
  /** Thread whose twin stands before it in the last key, or itself. */
  private readonly renamedTo: Int32Array;
  private found: Violation | null = null;

  constructor(
    program: ProgramText,
    roots: number,
    private readonly reductions: Reductions,
  ) {
    const { threads } = program;
    this.threads = threads.map(({ name }) => ({ name }));
    this.linked = link(program);
    const kinds = new Map<string, number>();
    for (const { kind } of threads) kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
    this.sight = new CoarseSight(this.linked, kinds);
    const vcpus = threads.filter(({ holds }) => holds?.includes('vcpu alive')).length;
    this.shared = new Shared(roots, threads.length, vcpus);
    this.state = this.shared.words;
    this.words = this.state.length;
    this.keyWords = this.words;
    this.locals = threads.map((_, t) => this.shared.localsOf(t));
    this.locals.forEach((l, t) => {
      l.position = this.linked.starts[t];
      threads[t].begins?.(l);
    });
    this.initial = this.state.slice();
    this.renamedTo = Int32Array.from(threads, (_, t) => t);
    this.twins = threads.flatMap(({ kind }, t) => (threads[t + 1]?.kind === kind ? [t] : []));

    const { positions } = this.linked;
    this.next = new Uint8Array(positions.length * EXITS);
    positions.forEach((position, at) => {
      position?.next.forEach((to, exit) => {
        this.next[at * EXITS + exit] = to;
      });
    });
    this.enabled = positions.map(condition);
    this.effect = positions.map(effect);
  }

  reset(): void {
    this.state.set(this.initial);
  }

  load(from: Int32Array, at: number): void {
    const { state, words } = this;
    for (let k = 0; k < words; k++) state[k] = from[at + k];
  }

  save(to: Int32Array, at: number): void {
    const { state, words } = this;
    for (let k = 0; k < words; k++) to[at + k] = state[k];
  }

  key(to: Int32Array): number {
    const { state, words } = this;
    for (let k = 0; k < words; k++) to[k] = state[k];
    if (this.reductions.symmetry) this.sortTwins(to);
    return words;
  }

  /** The twin with the smaller state stands first. */
  private sortTwins(key: Int32Array): void {
    for (let n = 0; n < this.twins.length; n++) {
      const t = this.twins[n];
      const at = this.shared.threadsAt + t * THREAD_WORDS;
      const [a0, a1, b0, b1] = [key[at], key[at + 1], key[at + 2], key[at + 3]];
      const swap = b0 < a0 || (b0 === a0 && b1 < a1);
      this.renamedTo[t] = swap ? t + 1 : t;
      this.renamedTo[t + 1] = swap ? t : t + 1;
      if (!swap) continue;
      key[at] = b0;
      key[at + 1] = b1;
      key[at + 2] = a0;
      key[at + 3] = a1;
    }
  }

  renamed(t: number): number {
    return this.renamedTo[t];
  }

  choices(t: number): number {
    const l = this.locals[t];
    return this.enabled[l.position](this.shared, l) ? 1 : 0;
  }

  step(t: number, _choice: number): number {
    const { shared } = this;
    const l = this.locals[t];
    const at = l.position;
    if (this.sight.on) this.sight.note(t, this.locals);
    const exit = this.effect[at](shared, l);
    l.position = exit === END_HERE ? ENDED : this.next[at * EXITS + (exit as number)];
    if (shared.broken === '') return STEP.taken;
    const { function: name, label } = this.positionAt(at);
    this.found = {
      rule: shared.broken,
      kind: 'safety',
      what: shared.brokenWhat,
      thread: t,
      function: name,
      label,
    };
    shared.broken = '';
    return STEP.violated;
  }

  violation(): Violation {
    return ensure(this.found, 'violation of the last step');
  }

  forced(): number {
    const { locals } = this;
    const { clash, positions } = this.linked;
    for (let t = 0; t < locals.length; t++) {
      const row = locals[t].position * positions.length;
      if (row === 0) continue;
      let alone = true;
      for (let u = 0; alone && u < locals.length; u++) {
        if (u !== t && clash[row + locals[u].position] === 1) alone = false;
      }
      if (alone && this.choices(t) === 1) return t;
    }
    return -1;
  }

  ended(): boolean {
    return this.locals.every((l) => l.position === ENDED);
  }

  endViolation(): null {
    return null;
  }

  where(t: number): readonly { readonly function: string; readonly label: string }[] {
    const at = this.locals[t].position;
    if (at === ENDED) return [];
    const { function: name, label, caller } = this.positionAt(at);
    return caller === null ? [{ function: name, label }] : [{ function: name, label }, caller];
  }

  /** For tests: position of a thread, and the table of positions. */
  positionOf(t: number): Position | null {
    return this.linked.positions[this.locals[t].position];
  }

  private positionAt(at: number): Position {
    return ensure(this.linked.positions[at], `position ${at}`);
  }
}

/** Most exits of a step, a power of two. */
const EXITS = 4;
/** Answer of an effect: the thread ends. */
const END_HERE = EXITS;

function condition(position: Position | null): Condition {
  if (position === null) return never;
  const { takes, awaits, when, ends } = position.step;
  const lock = takes ?? awaits;
  if (lock === undefined) return when ?? always;
  const { free } = LOCK_RULES[lock];
  if (when === undefined) return free;
  if (ends === undefined) return (s, l) => free(s) && when(s, l);
  return (s, l) => ends(s, l) || (free(s) && when(s, l));
}

function effect(position: Position | null): Effect {
  if (position === null) return nothing;
  const { takes, drops, does, ends } = position.step;
  const take = takes && LOCK_RULES[takes].take;
  const drop = drops && LOCK_RULES[drops].drop;
  const body: Effect = does === undefined ? nothing : (s, l) => does(s, l) ?? 0;
  if (ends !== undefined) {
    return (s, l) => {
      if (ends(s, l)) return END_HERE;
      take?.(s);
      return body(s, l);
    };
  }
  const change = take ?? drop;
  if (change === undefined) return body;
  if (does === undefined) {
    return (s) => {
      change(s);
      return 0;
    };
  }
  return (s, l) => {
    change(s);
    return does(s, l) ?? 0;
  };
}
