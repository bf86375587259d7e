// The state of a session as the API describes it; see inspection/state-view.ts for the meaning.
import { z } from 'zod';
import { DEFAULT_ENTRIES_PAGE, MAX_ENTRIES_PAGE } from '../config/limits.js';
import { queryInteger } from '../http/zod.pipe.js';

const notRecorded = z.literal('notRecorded').describe('the recording level did not keep it');
const kept = <T extends z.ZodType>(schema: T) => z.union([schema, notRecorded]);
const nullable = <T extends z.ZodType>(schema: T) => z.union([schema, z.null()]);

const where = {
  position: z.int().describe('stored position that this is the state at'),
  ordinal: z.int(),
  timeNs: z.number(),
  recording: z.enum(['full', 'lifecycle']),
};

const role = z.object({
  word: z.int(),
  text: z.string().describe('4-level, 4-level SMM, 5-level guest_mode ...'),
  level: z.int(),
  smm: z.boolean(),
  guestMode: z.boolean(),
  direct: z.boolean(),
  invalid: z.boolean(),
  mirror: z.boolean(),
  asId: z.int().describe('address space: 1 in SMM'),
});

const memslot = z.object({
  slot: z.int(),
  asId: z.int(),
  state: z.string(),
  baseGfn: z.int(),
  pages: z.int(),
  hvaPage: z.int(),
  flags: z.array(z.string()),
});

export const vm = z.object({
  vm: z.int(),
  state: z.string(),
  usersCount: z.int(),
  createdVcpus: z.int(),
  bugged: z.boolean(),
  mmuValidGen: z.int(),
  roots: z.int().describe('roots on tdp_mmu_roots'),
  workqueue: z.object({ exists: z.boolean(), pending: z.int(), running: z.int() }),
  memslots: z.array(memslot),
  tdpMmuPages: kept(z.int()),
  mmuInvalidateSeq: kept(z.int()),
  mmuInvalidateInProgress: kept(z.int()),
});

const slot = nullable(
  z.object({
    address: z.int().describe('-1: unknown, in an imported trace'),
    root: nullable(z.int()).describe('null: the page is no root any more'),
  }),
);

export const vcpu = z.object({
  vcpu: z.int(),
  vm: z.int(),
  index: z.int(),
  state: z.string(),
  cpuState: z.array(z.string()),
  role: nullable(role),
  root: slot,
  prevRoots: z.array(slot),
  mirrorRoot: slot.describe('mirror_root_hpa, of a VM with external page tables'),
  mode: kept(z.string()),
  requests: kept(z.array(z.string())),
  pendingSmi: kept(z.int()),
});

export const root = z.object({
  root: z.int().describe('number by birth'),
  vm: z.int(),
  address: z.int().describe('page of its table'),
  role,
  refcount: z.int().describe('-1: unknown, in an imported trace'),
  holders: z.object({ vcpu: z.int(), iterator: z.int(), tdpMmu: z.int(), work: z.int() }),
  namedBy: z.array(z.string()).describe('vCPU slots that name it'),
  listed: z.boolean(),
  zapScheduled: z.boolean(),
  zapsUnderWay: z.int(),
  work: z.string(),
  waitsForRcu: z.boolean(),
  presentSptes: kept(z.int()),
  tables: kept(z.array(z.object({ level: z.int(), tables: z.int(), presentSptes: z.int() }))).describe(
    'its page tables by level, its own included',
  ),
});

export const tdpMmu = z.object({
  vm: z.int(),
  mmuValidGen: z.int(),
  tdpMmuPages: kept(z.int()),
  roots: z.array(root).describe('every root that is not freed, by birth'),
});

const frame = z.object({ function: z.string(), label: z.string() });
const held = z.object({ lock: z.string(), mode: z.string() });
const nullableInt = nullable(z.int());

export const thread = z.object({
  thread: z.int(),
  name: z.string(),
  lastEvent: nullable(z.object({ position: z.int(), timeNs: z.number() })).describe('its last stored event'),
  stack: kept(z.array(frame)).describe('where that event happened, innermost first'),
  holds: kept(z.array(held)),
  waitsFor: kept(nullable(z.string())),
  rcuNesting: kept(z.int()),
  srcuVm: kept(nullableInt),
  ended: kept(z.boolean()),
});

const lock = z.object({
  vm: z.int(),
  lock: z.string(),
  writer: nullableInt.describe('thread that holds it for write'),
  readers: z.int(),
  readingThreads: nullable(z.array(z.int())),
  waiting: z.array(z.object({ thread: z.int(), mode: z.string() })),
});

const rcu = z.object({
  gracePeriod: z.object({ active: z.boolean(), blockers: z.int().describe('read sections it waits for') }),
  readers: z.array(z.object({ thread: z.int(), nesting: z.int(), blocksGracePeriod: z.boolean() })),
  callbacks: z.object({
    next: z.int().describe('wait for a grace period that has not begun'),
    current: z.int(),
    done: z.int().describe('may run'),
    first: z.array(z.object({ address: z.int(), kind: z.enum(['root', 'table']), root: nullableInt })),
  }),
  srcu: z.array(z.object({ vm: z.int(), blockers: z.int(), synchronizingThread: nullableInt })),
});

const tlb = z.object({
  vcpu: z.int(),
  tags: z.array(
    z.object({
      address: z.int().describe('root address, all that the hardware knows'),
      root: nullableInt.describe('root that stands there now'),
      leaf: z.int(),
      pagingStructure: z.int(),
      outerShadow: z.int(),
    }),
  ),
});

const workItem = z.object({
  vm: z.int(),
  root: z.int(),
  state: z.enum(['queued', 'running']),
  thread: nullableInt,
  flushed: z.boolean().describe('a flush waits for it'),
});

export const state = z.object({
  ...where,
  clocks: kept(z.object({ guestNs: z.number(), hostNs: z.number(), outerNs: z.number() })).describe(
    'time booked so far: guest (L2), host kernel (L1), outer hypervisor (L0)',
  ),
  vms: z.array(vm),
  vcpus: z.array(vcpu),
  roots: z.array(root),
  locks: kept(z.array(lock)),
  rcu: kept(rcu),
  tlbs: kept(z.array(tlb)),
  workItems: z.array(workItem),
  threads: z.array(thread),
});

const entry = z.object({
  table: z.int().describe('page of the table'),
  level: z.int(),
  index: z.int(),
  gfn: z.number(),
  spte: z.int(),
  text: z.string(),
});
const tlbEntry = z.object({
  cache: z.enum(['leaf', 'pagingStructure', 'outerShadow']),
  address: z.int(),
  gfn: z.number(),
  level: nullableInt,
  entry: z.string(),
});
const nextEntry = nullableInt.describe('`entries` of the next page; null at the end');

const MAX_POSITION = Number.MAX_SAFE_INTEGER;
export const whenFields = {
  at: queryInteger(0, MAX_POSITION)
    .optional()
    .describe('position: the state right after that event; default: the committed end'),
  timeNs: queryInteger(0, MAX_POSITION)
    .optional()
    .describe('instead of `at`: before the first event that is later than this virtual time'),
};
export const when = z.strictObject(whenFields);
export const whenWithEntries = z.strictObject({
  ...whenFields,
  entries: queryInteger(0, MAX_POSITION).optional().describe('lists entries one by one, from this number on'),
  limit: queryInteger(1, MAX_ENTRIES_PAGE).default(DEFAULT_ENTRIES_PAGE).describe('entries on the page'),
});

export const vms = z.object({ ...where, vms: z.array(vm) });
export const vcpus = z.object({ ...where, vcpus: z.array(vcpu) });
export const tdpMmus = z.object({ ...where, tdpMmus: z.array(tdpMmu) });
export const roots = z.object({ ...where, roots: z.array(root) });
export const oneVm = z.object({ ...where, ...vm.shape });
export const oneVcpu = z.object({
  ...where,
  ...vcpu.shape,
  entries: kept(z.array(tlbEntry)).optional().describe('its translation caches, with ?entries='),
  nextEntry: nextEntry.optional(),
});
export const oneTdpMmu = z.object({ ...where, ...tdpMmu.shape });
export const oneRoot = z.object({
  ...where,
  ...root.shape,
  entries: kept(z.array(entry)).optional().describe('of its tables that are not empty, with ?entries='),
  nextEntry: nextEntry.optional(),
});
