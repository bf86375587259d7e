// What the locals of procedures mean to a search: which hold pages, entries or vCPUs, so that names can be exchanged. By name;
// a local that this table does not know makes the search keep all names (a user's own protocol may have any).
import type { LinkedProtocol } from '../../machine/link.js';
import { liveLocals } from './liveness.js';
import { reachable } from './reachable.js';

/** `told`: decides nothing; only ever told in events, or dead where the frame stands. */
export const LOCAL = { told: 0, word: 1, page: 2, spte: 3, vcpu: 4 } as const;

const NAMES: { readonly [kind in keyof typeof LOCAL]: readonly string[] } = {
  // progress: the walk's own frame keeps what it is made of.
  told: ['removed', 'why', 'progress'],
  page: ['root', 'table', 'child', 'prev', 'next', 'parent', 'pt1', 'pt2', 'pt3', 'pt4'],
  spte: ['spte', 'old', 'new', 'want'],
  vcpu: ['vcpu', 'v'],
  word: [
    'mapped mirror private types a b c d e f g op pc result rounds loop0 loop1 loop2 access after alwaysReset anyChanged asId',
    'assertion baseGfn before bit blockable canYield cause change changed count end entering errno error',
    'exclusive failAfterMmuInit first firstGfn firstPage flags flush from gen gfn gift goal hi high',
    'holder hvaEnd hvaPage hvaStart index inside last level lo locked low mask mayBlock minLevel newFlags',
    'newState nextGfn notified oldBase oldFlags oldPages onlyValid other page pages pfn reason request',
    'retries role saved seq shared slot slotId span srcu start taken target targetLevel told vm wait wanted',
    'whole word write wrprot yieldedGfn young zapLevel',
  ].flatMap((line) => line.split(' ')),
};

/** Procedures that go from vCPU to vCPU in the order of their numbers: while one runs, vCPUs are not alike. */
const IN_ORDER = new Set(['kvm_make_all_cpus_request', 'kvm_arch_destroy_vm']);

const KIND_OF = new Map<string, number>();
for (const kind of Object.keys(LOCAL) as (keyof typeof LOCAL)[])
  for (const name of NAMES[kind]) KIND_OF.set(name, LOCAL[kind]);

export interface LocalKinds {
  /** By step number: LOCAL of each local of the frame. */
  readonly byStep: readonly Uint8Array[];
  /** By step number: 1 when its procedure visits vCPUs in order. */
  readonly inOrder: Uint8Array;
  /** Names of locals that are not known. */
  readonly unknown: readonly string[];
  /** Procedures with such locals that no thread is thought to come to. */
  readonly beyond: ReadonlySet<string>;
}

/** @param entries procedures at which threads begin: what they cannot come to does not count as unknown */
export function localKinds(
  linked: LinkedProtocol,
  entries: readonly string[] = linked.procedures.map((proc) => proc.name),
): LocalKinds {
  const reached = reachable(linked, entries);
  const unknown = new Set<string>();
  const beyond = new Set<string>();
  const byStep: Uint8Array[] = [];
  const inOrder = new Uint8Array(linked.steps.length);
  for (const proc of linked.procedures) {
    const { head } = proc.source;
    const kinds = [...head.params, ...(head.locals ?? [])].map((name) => {
      const kind = KIND_OF.get(name);
      if (kind === undefined && reached.has(proc.name)) unknown.add(`${proc.name}: ${name}`);
      if (kind === undefined && !reached.has(proc.name)) beyond.add(proc.name);
      return kind ?? LOCAL.word;
    });
    const live = liveLocals(proc);
    for (const [label, n] of proc.labels) {
      const alive = live.get(label) ?? [];
      byStep[n] = Uint8Array.from(kinds, (kind, k) => (alive[k] === true ? kind : LOCAL.told));
      if (IN_ORDER.has(proc.name)) inOrder[n] = 1;
    }
  }
  return { byStep, inOrder, unknown: [...unknown], beyond };
}
