// An operation as a number and in words: the kind of an op with what of its operands tells it from others of the kind
// (which lock in which mode, who holds a reference, which word, which event).
import { LOCK_NAMES, LOCKS_PER_VM, VCPU, VM } from '../../aggregates/layout.js';
import { EVENT_BY_CODE } from '../../events/catalogue.js';
import { LOCK_MODE } from '../../events/lock.events.js';
import { HOLDER_NAMES } from '../../events/root.events.js';
import { OP } from '../../machine/op.js';

/** More than any operand that is kept. */
const SUBS = 256;
/** More than any operation's number. */
export const OPERATIONS = 96 * SUBS;
const MODES = 4;

export function operationOf(ops: Int32Array, at: number): number {
  const kind = ops[at] - 1;
  const a = ops[at + 1];
  const b = ops[at + 2];
  switch (kind) {
    case OP.LOCK:
    case OP.UNLOCK:
    case OP.YIELD:
      return kind * SUBS + (a % LOCKS_PER_VM) * MODES + b;
    case OP.NEEDBREAK:
      return kind * SUBS + (a % LOCKS_PER_VM) * MODES;
    case OP.EMIT:
      return kind * SUBS + a;
    case OP.INC_NOT_ZERO:
    case OP.DEC_AND_TEST:
    case OP.READ_VM:
    case OP.READ_VCPU:
      return kind * SUBS + b;
    case OP.XCHG_NEXT_REMOVED:
      return kind * SUBS + ops[at + 3];
    default:
      return kind * SUBS;
  }
}

export const kindOf = (operation: number): number => Math.floor(operation / SUBS);
export const operandOf = (operation: number): number => operation % SUBS;
/** Of an operation on a lock: its kind and the mode. */
export const lockOf = (operation: number): number => Math.floor(operandOf(operation) / MODES);
export const modeOf = (operation: number): number => operandOf(operation) % MODES;

const C_NAMES: { readonly [kind: number]: string } = {
  [OP.SRCU_SYNC_START]: 'synchronize_srcu, begin',
  [OP.SRCU_SYNC_WAIT]: 'synchronize_srcu, wait',
  [OP.LIST_ADD]: 'list_add_rcu',
  [OP.LIST_DEL]: 'list_del_rcu',
  [OP.LIST_FIRST]: 'first of the list',
  [OP.LIST_NEXT]: 'next of the list',
  [OP.INC_NOT_ZERO]: 'refcount_inc_not_zero',
  [OP.DEC_AND_TEST]: 'refcount_dec_and_test',
  [OP.RCU_GP_START]: 'grace period begins',
  [OP.RCU_GP_END]: 'grace period ends',
  [OP.RCU_INVOKE]: 'RCU callback runs',
  [OP.WQ_FLUSH_START]: 'flush_workqueue, begin',
  [OP.WQ_FLUSH_WAIT]: 'flush_workqueue, wait',
  [OP.NEXT_PRESENT]: 'find a present SPTE',
  [OP.LINK_TABLE]: 'count a table in',
  [OP.UNLINK_TABLE]: 'count a table out',
  [OP.GUEST]: 'the guest runs',
};
const OP_NAMES = new Map(
  Object.entries(OP)
    .filter(([name]) => name !== 'LOCAL')
    .map(([name, kind]) => [kind as number, name.toLowerCase()]),
);
const VM_WORDS = new Map(Object.entries(VM).map(([name, at]) => [at as number, name.toLowerCase()]));
const VCPU_WORDS = new Map(Object.entries(VCPU).map(([name, at]) => [at as number, name.toLowerCase()]));

/** As people say it: `write_lock mmu_lock`, `refcount_dec_and_test (vcpu)`, `store MemslotDeleted`. */
export function operationName(operation: number): string {
  const kind = kindOf(operation);
  const operand = operandOf(operation);
  switch (kind) {
    case OP.LOCK:
    case OP.UNLOCK:
    case OP.YIELD: {
      const lock = LOCK_NAMES[lockOf(operation)];
      const verb = kind === OP.LOCK ? 'lock' : kind === OP.UNLOCK ? 'unlock' : 'yield';
      if (lock !== 'mmu_lock') return `${verb} ${lock}`;
      return `${modeOf(operation) === LOCK_MODE.read ? 'read' : 'write'}_${verb} ${lock}`;
    }
    case OP.NEEDBREAK:
      return `somebody waits for ${LOCK_NAMES[lockOf(operation)]}?`;
    case OP.EMIT:
      return `store ${EVENT_BY_CODE[operand]?.name ?? `event ${operand}`}`;
    case OP.INC_NOT_ZERO:
    case OP.DEC_AND_TEST:
      return `${C_NAMES[kind]} (${HOLDER_NAMES[operand] ?? operand})`;
    case OP.READ_VM:
      return `read ${VM_WORDS.get(operand) ?? operand}`;
    case OP.READ_VCPU:
      return `read vCPU's ${VCPU_WORDS.get(operand) ?? operand}`;
    case OP.XCHG_NEXT_REMOVED:
      return `xchg an SPTE for REMOVED (${operand === 1 ? 'shared' : 'exclusive'})`;
    default:
      return C_NAMES[kind] ?? OP_NAMES.get(kind) ?? `op ${kind}`;
  }
}
