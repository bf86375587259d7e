// A protocol: the root-lifetime rules of one kernel era. A base is a table of procedures; a derived one is its base plus
// a table of replacements, so that the diff of two protocols is the table and nothing else.
import { BadInput } from '../base/errors.js';
import { FUNCTION_NUMBERS } from '../kernel/functions.js';
import { LinkedProtocol } from '../machine/link.js';
import type { Procedure } from '../machine/procedure.js';

/** Facts about an era that invariants and figures need; data, never branched on by procedures. */
export interface ProtocolRules {
  /** Letter of the era in the reference: a (v5.10) ... h (v6.14). */
  readonly era: string;
  /** 1: the vCPU's reference; 2: and the TDP MMU's own. */
  readonly initialRefcount: 1 | 2;
  /** The last put of a valid root resurrects it for a worker (v5.18). */
  readonly resurrects: boolean;
  /** Most valid roots per VM. */
  readonly validRootsMax: number;
  /** Unit of the range that an MMU notifier invalidates; absent: the era's. */
  readonly notifierRange?: 'hva' | 'gfn';
  /** The rules in words, for people and for diffs; nothing reads them to decide anything. */
  readonly words: RuleWords;
}

/** One sentence a rule (reference 2.10). `mmu_lock`: W held for write, R for read, P tdp_mmu_pages_lock as well. */
export interface RuleWords {
  readonly newRoot: string;
  readonly lastPutOfValidRoot: string;
  readonly lastPutOfInvalidRoot: string;
  readonly invalidation: string;
  readonly zapAfterInvalidation: string;
  readonly lookupLock: string;
  readonly dropLock: string;
  /** Which roots a range zap (APIC page, MTRR) goes through, and which the MMU notifier's unmap. */
  readonly rangeZap: string;
  readonly notifierUnmap: string;
  readonly destruction: string;
}

export interface Protocol {
  readonly id: string;
  readonly title: string;
  /** Commit or mail that the rules are taken from. */
  readonly source: string;
  /** Protocol this one extends, null for a base. */
  readonly base: string | null;
  readonly procedures: readonly Procedure[];
  /** C names that this protocol replaces in its base, adds to it, or has no more. */
  readonly replaced: readonly string[];
  readonly added?: readonly string[];
  readonly dropped?: readonly string[];
  readonly constants: Readonly<Record<string, number>>;
  readonly rules: ProtocolRules;
  /** File of a protocol that a user brought. */
  readonly file?: string;
  /** The rule of its base that it lacks (relax/). */
  readonly without?: string;
}

/** What a derived protocol says of itself. */
export interface OwnRules {
  readonly id: string;
  readonly title: string;
  readonly source: string;
  readonly replace: readonly Procedure[];
  readonly add?: readonly Procedure[];
  readonly drop?: readonly string[];
  readonly constants?: Readonly<Record<string, number>>;
  readonly rules?: Partial<Omit<ProtocolRules, 'words'>> & { readonly words?: Partial<RuleWords> };
}

/**
 * A protocol that extends `base`: replacements by C name, functions that are new, names of those that are gone. To replace or
 * drop a name that the base lacks, or to add one that it has, is an error.
 */
export function extend(base: Protocol, own: OwnRules): Protocol {
  const names = new Set(base.procedures.map((p) => p.name));
  const by = new Map(own.replace.map((p) => [p.name, p]));
  const added = own.add ?? [];
  const dropped = own.drop ?? [];
  for (const [name, what] of [
    ...[...by.keys()].map((name) => [name, 'replace'] as const),
    ...dropped.map((name) => [name, 'drop'] as const),
  ]) {
    if (!names.has(name))
      throw new BadInput(
        'unknown-function',
        `protocol ${own.id}: ${base.id} has no function ${name} to ${what}`,
      );
  }
  for (const { name } of added) {
    if (names.has(name))
      throw new BadInput(
        'known-function',
        `protocol ${own.id}: ${base.id} has a function ${name} already; replace it`,
      );
  }
  return {
    id: own.id,
    title: own.title,
    source: own.source,
    base: base.id,
    procedures: [
      ...base.procedures.filter((p) => !dropped.includes(p.name)).map((p) => by.get(p.name) ?? p),
      ...added,
    ],
    replaced: [...by.keys()],
    added: added.map((p) => p.name),
    dropped,
    constants: { ...base.constants, ...own.constants },
    rules: { ...base.rules, ...own.rules, words: { ...base.rules.words, ...own.rules?.words } },
  };
}

export function link(protocol: Protocol, constants: Readonly<Record<string, number>> = {}): LinkedProtocol {
  return new LinkedProtocol(protocol.id, FUNCTION_NUMBERS, protocol.procedures, {
    ...protocol.constants,
    ...constants,
  });
}
