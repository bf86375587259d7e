// Where the private memory of each invariant lies, and what its words mean to a search. Invariants take words when they are
// made; a wrapper sees what they take. An invariant that this table does not know is kept word by word, and then pages keep
// their names, because a word of it might be one.
import type { World } from '../../aggregates/world.js';
import { INVARIANTS } from '../../invariants/catalogue.js';
import type { Invariant } from '../../invariants/invariant.js';

/**
 * Words per what, and what they hold. `derived`: a function of the world, or 0 until something is broken. `range`: two words by
 * thread, 0 while the `perThread` of the same invariant that it goes with (the first with the first) is 0.
 */
export type Held =
  | 'derived'
  | 'perVm'
  | 'perThread'
  | 'perThreadEntry'
  | 'range'
  | 'perVcpu'
  | 'perVcpuPage'
  | 'perPage'
  | 'perPageThread'
  | 'special';

/** By invariant number: what it takes, in order. */
const TAKES: { readonly [number: number]: readonly Held[] } = {
  1: ['derived'],
  // clock, begunAt, queuedAs, reachable, section
  5: ['special', 'special', 'special', 'perPage', 'special'],
  11: ['derived', 'derived'],
  // From v6.6 on.
  12: ['perThread'],
  15: ['special'],
  20: ['perVm'],
  // leafs, tables, frozen, cleared, the gfns of the leafs and of the tables, owes
  22: ['perThread', 'perThread', 'perThreadEntry', 'perThreadEntry', 'range', 'range', 'perVcpu'],
  23: ['perVcpuPage'],
  24: ['perThreadEntry', 'perPageThread'],
  26: ['perThread'],
  28: ['perThread'],
  31: ['perPage'],
  33: ['perPage'],
  // clock, section, invalidated, requested
  34: ['special', 'special', 'perVm', 'special'],
  36: ['derived'],
  39: ['perThread'],
};

/** What RunFacts takes, in its order; see invariants/run-facts.ts. */
export const FACTS = [
  'slots',
  'parent',
  'got',
  'put',
  'work',
  'zapsAll',
  'notifier',
  'yields',
  'iterators',
  'iteratorSerials',
  'iteratorsHeld',
] as const;
export const ITERATORS = 4;

export interface Taken {
  readonly number: number;
  readonly held: Held;
  readonly words: Int32Array;
}

export class InvariantMemory {
  private takes: { readonly number: number; readonly words: Int32Array }[] = [];

  /** Safety invariants, each telling what it takes. Metrics and liveness are not a matter of one step. */
  readonly watched: readonly Invariant[];

  constructor(all: readonly Invariant[] = INVARIANTS) {
    this.watched = all
      .filter((x) => x.kind !== 'performance' && x.kind !== 'liveness')
      .map((x) => ({
        ...x,
        create: (w, rules, probe, facts, take) =>
          x.create(w, rules, probe, facts, (n) => {
            const words = take(n);
            // They are made twice; the first time only to be counted.
            if (words.length === n && n > 0) this.takes.push({ number: x.number, words });
            return words;
          }),
      }));
  }

  /** Everything that was taken, with its meaning; null when the table does not fit what was taken. */
  describe(w: World): readonly Taken[] | null {
    const out: Taken[] = [];
    const seen = new Map<number, number>();
    for (const { number, words } of this.takes) {
      const k = seen.get(number) ?? 0;
      seen.set(number, k + 1);
      const held = TAKES[number]?.[k];
      if (held === undefined || !fits(w, held, words.length)) return null;
      out.push({ number, held, words });
    }
    for (const [number, n] of seen) if (TAKES[number]?.length !== n) return null;
    return out;
  }
}

function fits(w: World, held: Held, n: number): boolean {
  switch (held) {
    case 'perVm':
      return n === w.vms;
    case 'perThread':
    case 'perThreadEntry':
      return n === w.threads;
    case 'range':
      return n === 2 * w.threads;
    case 'perVcpu':
    case 'perVcpuPage':
      return n === w.vcpus;
    case 'perPage':
    case 'perPageThread':
      return n === w.layout.topology.pages;
    default:
      return true;
  }
}

export type Facts = { readonly [K in (typeof FACTS)[number]]: Int32Array };

/** The words of RunFacts, which come first in the memory. */
export function factsOf(memory: Int32Array, w: World): Facts {
  const { pages } = w.layout.topology;
  const out: Record<string, Int32Array> = {};
  let at = 0;
  for (const name of FACTS) {
    const n =
      name === 'slots' || name === 'parent'
        ? pages
        : name === 'iterators' || name === 'iteratorSerials'
          ? w.threads * ITERATORS
          : w.threads;
    out[name] = memory.subarray(at, at + n);
    at += n;
  }
  return out as Facts;
}

/** What invariants remember, by what it belongs to. */
export interface Remembered {
  readonly perVm: readonly Int32Array[];
  readonly perVcpu: readonly Int32Array[];
  readonly perVcpuPage: readonly Int32Array[];
  readonly perThread: readonly Int32Array[];
  /** By place in perThread: the range that goes with it. */
  readonly ranges: readonly (Int32Array | undefined)[];
  readonly perThreadEntry: readonly Int32Array[];
  readonly perPage: readonly Int32Array[];
  readonly perPageThread: readonly Int32Array[];
  /** What I5, I15 and I34 take; undefined where they do not apply. */
  readonly rcuWords: readonly Int32Array[] | undefined;
  readonly births: readonly Int32Array[] | undefined;
  readonly asked: readonly Int32Array[] | undefined;
}

export function remembered(taken: readonly Taken[] | null): Remembered {
  const by = (held: Held): Int32Array[] => (taken ?? []).filter((x) => x.held === held).map((x) => x.words);
  const special = (number: number): Int32Array[] | undefined => {
    const own = (taken ?? []).filter((x) => x.held === 'special' && x.number === number);
    return own.length > 0 ? own.map((x) => x.words) : undefined;
  };
  const ranges = (taken ?? []).flatMap((x, k, all) => {
    if (x.held !== 'perThread') return [];
    const before = all.slice(0, k).filter((y) => y.number === x.number && y.held === 'perThread').length;
    return [all.filter((y) => y.number === x.number && y.held === 'range')[before]?.words];
  });
  return {
    perVm: by('perVm'),
    perVcpu: by('perVcpu'),
    perVcpuPage: by('perVcpuPage'),
    perThread: by('perThread'),
    ranges,
    perThreadEntry: by('perThreadEntry'),
    perPage: by('perPage'),
    perPageThread: by('perPageThread'),
    rcuWords: special(5),
    births: special(15),
    asked: special(34),
  };
}
