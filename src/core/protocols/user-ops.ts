// What the numbers of an op name: pages, vCPUs, locks. The shipped procedures never ask about an object that is not there; a step
// that a user wrote may (a root of -1, a lock's kind in the place of its number), and would read some other word of the state.
import { LOCKS_PER_VM } from '../aggregates/layout.js';
import type { World } from '../aggregates/world.js';
import { OP, type OpRecord } from '../machine/op.js';

const OBJECTS = {
  page: (w: World) => w.layout.topology.pages,
  vcpu: (w: World) => w.vcpus,
  vm: (w: World) => w.vms,
  lock: (w: World) => w.vms * LOCKS_PER_VM,
  hostPage: (w: World) => w.hostPages,
} as const;
type ObjectKind = keyof typeof OBJECTS;
type Operand = 'a' | 'b';

/** By op: which operand names what. */
const NAMED: ReadonlyMap<number, readonly (readonly [Operand, ObjectKind])[]> = new Map([
  ...each('a', 'lock', OP.LOCK, OP.UNLOCK, OP.NEEDBREAK, OP.YIELD, OP.ASSERT_LOCK),
  ...each('a', 'page', OP.CALL_RCU, OP.LIST_NEXT, OP.READ_ROLE, OP.INC_NOT_ZERO, OP.DEC_AND_TEST),
  ...each('a', 'page', OP.REFCOUNT_SET, OP.REFCOUNT_READ, OP.XCHG_INVALID, OP.SET_INVALID, OP.WORK_DONE),
  ...each('a', 'page', OP.SCHEDULE_ZAP, OP.TAKE_ZAP, OP.READ_SPTE, OP.CMPXCHG_SPTE, OP.WRITE_SPTE),
  ...each('a', 'page', OP.LINK_TABLE, OP.UNLINK_TABLE, OP.FREE_TABLE, OP.NEXT_PRESENT, OP.FREEZE_TABLE),
  ...each('a', 'page', OP.XCHG_NEXT_REMOVED, OP.FILL_TABLE),
  ...each('a', 'vcpu', OP.MAKE_REQUEST, OP.TAKE_REQUEST, OP.KICK, OP.WAIT_OUTSIDE, OP.READ_VCPU),
  ...each('a', 'vcpu', OP.GUEST, OP.FLUSH_TLB, OP.ENTER_GATE, OP.REQUEST_SMI),
  ...each(
    'a',
    'vm',
    OP.LIST_FIRST,
    OP.READ_VM,
    OP.FIND_SLOT,
    OP.WAIT_NOTIFIERS,
    OP.ALLOC_ROOT,
    OP.ALLOC_TABLE,
  ),
  ...each('a', 'vm', OP.WQ_FLUSH_START, OP.WQ_FLUSH_WAIT, OP.SRCU_READ_LOCK, OP.SRCU_READ_UNLOCK),
  ...each('a', 'vm', OP.SRCU_SYNC_START, OP.SRCU_SYNC_WAIT),
  ...each('a', 'hostPage', OP.READ_HOST_PAGE, OP.CMPXCHG_HOST_PAGE),
  ...[OP.LIST_ADD, OP.LIST_DEL, OP.QUEUE_WORK].map(
    (kind) =>
      [
        kind,
        [
          ['a', 'vm'],
          ['b', 'page'],
        ],
      ] as const,
  ),
]);

function each(
  operand: Operand,
  object: ObjectKind,
  ...kinds: readonly number[]
): [number, readonly (readonly [Operand, ObjectKind])[]][] {
  return kinds.map((kind) => [kind, [[operand, object]]]);
}

/** What the op asks for that is not there, in words; null: all of it is. */
export function missingObject(w: World, op: OpRecord): string | null {
  for (const [operand, object] of NAMED.get(op.kind) ?? []) {
    const most = OBJECTS[object](w);
    const n = op[operand];
    if (n < 0 || n >= most) return `it asks for ${object} ${n}; there are 0 to ${most - 1}`;
  }
  return null;
}
