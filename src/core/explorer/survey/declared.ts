// Which locks an operation must hold: from the lockdep assertions in the protocol's own procedures, and, where the kernel
// asserts nothing, from a table of the rules that the reference states (/reference/tdp-mmu-protocol.md, sections named).
// An operation that neither speaks of has nothing declared: its row only says what was held.
import { LOCK_KIND } from '../../aggregates/layout.js';
import { E } from '../../events/catalogue.js';
import { LOCK_MODE } from '../../events/lock.events.js';
import { HOLDER } from '../../events/root.events.js';
import { type InvariantRules, invariantRules, type ProtocolFacts } from '../../invariants/rules.js';
import type { LinkedProcedure, LinkedProtocol } from '../../machine/link.js';
import { OP } from '../../machine/op.js';
import { HELD, type LockKind, modeHeld } from './held.js';
import { kindOf, lockOf, operandOf } from './operation.js';

export interface Declaration {
  /** `mmu_lock W`, `mmu_lock R + rcu, or mmu_lock W` ... */
  readonly text: string;
  /** The function that asserts it, or the section of the reference. */
  readonly source: string;
  readonly allows: (set: number) => boolean;
}

const { read: R, write: W } = LOCK_MODE;
const mmu = (set: number): number => modeHeld(set, LOCK_KIND.mmu_lock);
const has = (set: number, kind: LockKind): boolean => modeHeld(set, kind) !== 0;
const rcu = (set: number): boolean => (set & HELD.rcu) !== 0;
const alone = (set: number): boolean => (set & HELD.noUsers) !== 0;
const NONE: readonly Declaration[] = [];

export class Declared {
  private readonly rules: InvariantRules;
  private readonly asserted = new Map<string, Declaration>();
  /** By operation; they hang on the era. */
  private readonly known = new Map<number, readonly Declaration[]>();

  constructor(linked: LinkedProtocol, facts: ProtocolFacts) {
    this.rules = invariantRules(facts);
    for (const proc of linked.procedures) {
      const declaration = assertionOf(proc);
      if (declaration !== null) this.asserted.set(proc.name, declaration);
    }
  }

  /** Everything that is declared of the operation where this function takes it. */
  of(name: string, operation: number): readonly Declaration[] {
    let out = this.known.get(operation);
    if (out === undefined) {
      out = this.table(operation);
      this.known.set(operation, out);
    }
    const asserted = this.asserted.get(name);
    // A yield lets go of the lock and takes it again: what is done to the lock itself is not done under it.
    const onTheLock = kindOf(operation) === OP.LOCK && lockOf(operation) === LOCK_KIND.mmu_lock;
    return asserted === undefined || onTheLock ? out : [asserted, ...out];
  }

  private table(operation: number): readonly Declaration[] {
    const { rules } = this;
    const spin = rules.era === 'a';
    const any: Declaration = { text: 'mmu_lock', source: 'I29', allows: (set) => mmu(set) !== 0 };
    const write: Declaration = { text: 'mmu_lock W', source: '2.10', allows: (set) => mmu(set) === W };
    const vcpu = rules.vcpuRootMode === R;
    const lookup: Declaration = {
      text: vcpu ? 'mmu_lock R' : 'mmu_lock W',
      source: '2.10, lookup/alloc lock',
      allows: (set) => mmu(set) === rules.vcpuRootMode,
    };
    const pages: Declaration = {
      text: 'tdp_mmu_pages_lock',
      source: '1.1, I6',
      allows: (set) => has(set, LOCK_KIND.tdp_mmu_pages_lock),
    };
    switch (kindOf(operation)) {
      case OP.ALLOC_ROOT:
        return [lookup];
      case OP.LIST_ADD:
        return spin ? [write] : [lookup, pages];
      case OP.LIST_DEL:
        return spin ? [write] : [any, pages];
      case OP.LIST_FIRST:
      case OP.LIST_NEXT:
        return spin ? [write] : [this.listRead()];
      case OP.XCHG_INVALID:
      case OP.SET_INVALID:
        return [this.invalidation()];
      case OP.INC_NOT_ZERO:
      case OP.REFCOUNT_SET:
        return [any];
      case OP.DEC_AND_TEST:
        if (operandOf(operation) !== HOLDER.vcpu) return [any];
        return [{ ...lookup, source: '2.10, vCPU drop lock' }];
      case OP.TAKE_ZAP:
        return [
          {
            text: 'slots_lock, or no users',
            source: '2.7',
            allows: (set) => has(set, LOCK_KIND.slots_lock) || alone(set),
          },
        ];
      case OP.CMPXCHG_SPTE:
        return spin ? [write] : [this.walk()];
      case OP.READ_SPTE:
      case OP.NEXT_PRESENT:
        return spin ? [] : [this.walk()];
      case OP.XCHG_NEXT_REMOVED:
        return operandOf(operation) === 1 ? [any] : [write];
      case OP.LOCK:
        return this.order(lockOf(operation));
      case OP.SRCU_SYNC_START:
      case OP.SRCU_SYNC_WAIT:
        return [SLEEPS_IN_SRCU];
      case OP.EMIT:
        return this.stored(operandOf(operation));
      default:
        return NONE;
    }
  }

  private listRead(): Declaration {
    const under = (set: number): boolean =>
      mmu(set) === W || rcu(set) || (mmu(set) === R && has(set, LOCK_KIND.tdp_mmu_pages_lock));
    // From v6.6 on nobody deletes roots while the last user destroys the VM; and without a vCPU there is none.
    const byItself = this.rules.era >= 'f';
    return {
      text: `mmu_lock W, mmu_lock R + tdp_mmu_pages_lock, or rcu${byItself ? '; or no users, or no vCPU' : ''}`,
      source: byItself ? '1.1, 2.7' : '1.1, 2.6, B13',
      allows: (set) => under(set) || (byItself && (alone(set) || (set & HELD.noVcpus) !== 0)),
    };
  }

  private invalidation(): Declaration {
    const { invalidatesInPut, invalidatesAtDestruction } = this.rules;
    return {
      text: `mmu_lock W${invalidatesInPut ? ', or any mode in the last put' : ''}${
        invalidatesAtDestruction ? '; or no users' : ''
      }`,
      source: 'I9',
      allows: (set) =>
        mmu(set) === W || (invalidatesInPut && mmu(set) !== 0) || (invalidatesAtDestruction && alone(set)),
    };
  }

  /** An entry of a tree that others may see: who is not exclusive is in a read section. */
  private walk(): Declaration {
    return {
      text: 'mmu_lock W, or rcu',
      source: '1.4, 2.11',
      allows: (set) => mmu(set) === W || rcu(set),
    };
  }

  /** What must not be held when a lock is taken. */
  private order(kind: number): readonly Declaration[] {
    const inside = (...kinds: LockKind[]) => ({
      source: '1.4',
      allows: (set: number) => kinds.every((k) => !has(set, k)),
    });
    const { mmu_lock, tdp_mmu_pages_lock, slots_arch_lock, slots_lock, mn_invalidate_lock } = LOCK_KIND;
    switch (kind) {
      case slots_lock:
        return [
          {
            text: 'nothing but srcu: it is the outermost and sleeps',
            ...inside(mmu_lock, tdp_mmu_pages_lock, slots_arch_lock, mn_invalidate_lock),
          },
        ];
      case slots_arch_lock:
        return [
          {
            text: 'no spinning lock: it sleeps',
            ...inside(mmu_lock, tdp_mmu_pages_lock, mn_invalidate_lock),
          },
        ];
      case mmu_lock:
        return [{ text: 'not tdp_mmu_pages_lock', ...inside(tdp_mmu_pages_lock) }];
      case tdp_mmu_pages_lock:
        return [
          {
            text: 'inside mmu_lock, or no users',
            source: '1.1, 1.4',
            allows: (set) => mmu(set) !== 0 || alone(set),
          },
        ];
      default:
        return NONE;
    }
  }

  private stored(type: number): readonly Declaration[] {
    const slots: Declaration = {
      text: 'slots_lock',
      source: '2.1.7',
      allows: (set) => has(set, LOCK_KIND.slots_lock),
    };
    switch (type) {
      case E.NotifierBegun:
      case E.NotifierEnded:
        return [{ text: 'mmu_lock W', source: '2.1.6', allows: (set) => mmu(set) === W }];
      case E.NotifierCountChanged:
        return this.rules.era === 'a'
          ? NONE
          : [
              {
                text: 'mn_invalidate_lock',
                source: '2.1.6',
                allows: (set) => has(set, LOCK_KIND.mn_invalidate_lock),
              },
            ];
      case E.ValidGenToggled:
        return [
          {
            text: 'slots_lock + mmu_lock W',
            source: '2.1.8',
            allows: (set) => has(set, LOCK_KIND.slots_lock) && mmu(set) === W,
          },
        ];
      case E.MemslotAdded:
      case E.MemslotInvalidated:
      case E.MemslotDeleted:
      case E.MemslotMoved:
      case E.MemslotFlagsChanged:
      case E.SlotsGenerationChanged:
        return [slots];
      default:
        return NONE;
    }
  }
}

const SLEEPS_IN_SRCU: Declaration = {
  text: 'no spinning lock, no slots_arch_lock, no srcu',
  source: '1.4, 2.1.7',
  allows: (set) =>
    mmu(set) === 0 &&
    !has(set, LOCK_KIND.tdp_mmu_pages_lock) &&
    !has(set, LOCK_KIND.slots_arch_lock) &&
    !rcu(set) &&
    (set & HELD.srcu) === 0,
};

/** What the procedure asserts, read off its text; the waivers are the words of the VM that it looks at before. */
function assertionOf(proc: LinkedProcedure): Declaration | null {
  const asks = Object.values(proc.source.steps).map(([ask]) => String(ask));
  const text = asks.find((ask) => ask.includes('lockdep_assert_held'));
  if (text === undefined || !text.includes('mmu_lock')) return null;
  const users = asks.some((ask) => ask.includes('USERS_COUNT'));
  const vcpus = asks.some((ask) => ask.includes('CREATED_VCPUS'));
  const waived = (set: number): boolean => (users && alone(set)) || (vcpus && (set & HELD.noVcpus) !== 0);
  const waivers = `${users ? '; or no users' : ''}${vcpus ? '; or no vCPU' : ''}`;
  const source = `lockdep in ${proc.name}`;
  if (text.includes('lockdep_assert_held_write'))
    return { text: `mmu_lock W${waivers}`, source, allows: (set) => mmu(set) === W || waived(set) };
  if (text.includes('lockdep_assert_held_read'))
    return { text: `mmu_lock R${waivers}`, source, allows: (set) => mmu(set) === R || waived(set) };
  // In the mode that the caller says: either will do here, and a wrong one is an assertion that fired (I29).
  return { text: `mmu_lock${waivers}`, source, allows: (set) => mmu(set) !== 0 || waived(set) };
}
