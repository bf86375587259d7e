// The ledger of a root at a position: who holds it, who held it, who owes a put. Long lives are read from the end: a ledger
// looks at a bounded number of the root's events and says where it began.
import { MACHINE, PAGE, PAGE_KIND, ROOT_SLOTS, VCPU, VCPU_STATE } from '../../aggregates/layout.js';
import { role_is_invalid, roleText } from '../../aggregates/role.js';
import type { World } from '../../aggregates/world.js';
import { BadInput } from '../../base/errors.js';
import { E } from '../../events/catalogue.js';
import { subjectOf } from '../../events/define.js';
import {
  firstRow,
  type History,
  type HistoryRows,
  lastRow,
  ownerOfRoot,
  type Place,
  placeOf,
  ROOT_TYPES,
} from '../history.js';
import { rowsInOrder } from '../merge.js';
import { slotName } from '../words.js';
import { LedgerBook } from './ledger-book.js';
import {
  type BookedFault,
  type BookedReference,
  type FaultKind,
  type HolderKind,
  type Mark,
  mark,
} from './reference.js';

/** Events of the root, and about the slots of each vCPU, that one ledger reads. */
export const LEDGER_EVENTS_MAX = 20_000;
/** References given back that one ledger lists. */
export const LEDGER_CLOSED_MAX = 1_000;
export const LEDGER_CLOSED_DEFAULT = 100;

export interface LedgerReference {
  readonly number: number;
  readonly holder: HolderKind;
  /** `vcpu0 root.hpa`, `the TDP MMU`, `work item`, `iterator of vcpu1`. */
  readonly owner: string;
  /** `vCPU slot`, `previous-root slot`, `the TDP MMU's own`, `invalidation gift`, `work item`, `iterator`. */
  readonly why: string;
  readonly state: 'held' | 'givenBack' | 'leaked';
  /** Null: before the ledger's first event, and not found. */
  readonly taken: Place | null;
  readonly moves: readonly { readonly to: string; readonly at: Place }[];
  readonly givenBack: Place | null;
  /** From where on nobody was left to give it back. */
  readonly leaked: Place | null;
}

export interface LedgerFault {
  readonly kind: FaultKind;
  /** Whose put is missing, or one too many; who touched what was gone. */
  readonly owner: string;
  readonly what: string;
  readonly at: Place;
  /** Number of the reference that it is about. */
  readonly reference: number | null;
}

export interface RootLedger {
  readonly root: number;
  readonly vm: number | null;
  readonly at: number;
  readonly address: number;
  readonly role: string;
  readonly invalid: boolean;
  readonly refcount: number;
  /** References that are out, puts that nobody owed taken off: what `refcount` should be. */
  readonly balance: number;
  readonly state: 'live' | 'lastPut' | 'freed';
  readonly born: Place;
  readonly invalidated: Place | null;
  readonly lastPut: Place | null;
  readonly freed: Place | null;
  /** First event that was read; 1 where the whole life was. Before it only opening balances are known. */
  readonly from: number;
  readonly complete: boolean;
  readonly counts: { readonly taken: number; readonly givenBack: number; readonly surplusPuts: number };
  /** By the order of taking: all that are held or leaked, and the last ones that were given back. */
  readonly references: readonly LedgerReference[];
  readonly faults: readonly LedgerFault[];
  /** More than are listed. */
  readonly faultsSeen: number;
}

export interface LedgerRequest {
  readonly vm: number;
  readonly root: number;
  readonly at: number;
  /** References given back to list. */
  readonly limit?: number;
  /** Events of the root, and of each vCPU, that are read from the end: fewer are quicker; what is older is an opening balance. */
  readonly events?: number;
}

const SLOT_TYPES = [E.RootLoaded, E.RootDropped, E.RootsRotated, E.VcpuDestroyed];
/** A root that an imported trace meets was born before it began, or its birth was lost. */
const BIRTHS = [E.RootAllocated, E.RootFound];
const END_TYPES = [E.VmDestroyed, E.VmCreateFailed];
/** A VM ends once. */
const ENDS = 4;

/** @param eventsMax events of the root and of each vCPU that are read */
export function ledgerOf(
  history: History,
  request: LedgerRequest,
  eventsMax: number = Math.min(LEDGER_EVENTS_MAX, request.events ?? LEDGER_EVENTS_MAX),
): RootLedger {
  const { root, vm, at } = request;
  const limit = checkLimit(request.limit ?? LEDGER_CLOSED_DEFAULT);
  const subject = subjectOf('root', root);
  const birth = root < 1 ? undefined : firstRow(history, { from: 1, to: at, subject, types: BIRTHS });
  if (birth === undefined) throw noSuchRoot(history, request);

  // From the end, so that a long life costs no more than a short one.
  const own = history.rows({
    from: 1,
    to: at,
    subject,
    types: ROOT_TYPES,
    limit: eventsMax,
    backward: true,
  });
  const slots = slotRows(history, own, at, eventsMax);
  const first = Math.max(own.position[own.length - 1], ...slots.map((part) => firstOf(part, eventsMax)));
  const complete = first <= birth.position[0];
  const book = new LedgerBook(root, limit);
  if (!complete) openBooks(book, history.worldAt(first - 1), birth);
  const ends = history.rows({
    from: first,
    to: at,
    subject: subjectOf('vm', vm),
    types: END_TYPES,
    limit: ENDS,
  });
  for (const { rows, i } of rowsInOrder([own, ...slots, ends]))
    if (rows.position[i] >= first) book.take(rows, i);

  book.vm = ownerOfRoot(history, { root, vm, to: at, known: book.vm });
  book.trim();
  return describe(history, request, book, birth, complete ? 1 : first);
}

/** Events about the slots of every vCPU while the root lived, the last ones of each. */
function slotRows(history: History, own: HistoryRows, at: number, limit: number): HistoryRows[] {
  // Behind its end a slot can only name what has become of the page.
  let to = at;
  for (let i = 0; i < own.length; i++) if (own.type[i] === E.RootFreed) to = own.position[i];
  const from = own.position[own.length - 1];
  return Array.from({ length: history.vcpus }, (_, v) =>
    history.rows({
      from,
      to,
      subject: subjectOf('vcpu', v),
      types: SLOT_TYPES,
      limit,
      backward: true,
    }),
  );
}

/** Where a part begins that was cut: what lies before it is not known. */
function firstOf(part: HistoryRows, limit: number): number {
  return part.length < limit ? 0 : part.position[part.length - 1];
}

function checkLimit(limit: number): number {
  if (Number.isInteger(limit) && limit >= 0 && limit <= LEDGER_CLOSED_MAX) return limit;
  throw new BadInput(
    'ledger-limit',
    `limit must be a whole number from 0 to ${LEDGER_CLOSED_MAX} (references given back to list), got ${limit}`,
  );
}

function noSuchRoot(history: History, { root, at }: LedgerRequest): BadInput {
  const later =
    root < 1
      ? undefined
      : firstRow(history, {
          from: at + 1,
          to: history.end,
          subject: subjectOf('root', root),
          types: BIRTHS,
        });
  const born = history.worldAt(at).machineWord(MACHINE.NEXT_ROOT) - 1;
  const range = born < 1 ? 'no root was born before it' : `roots 1 to ${born} were born by then`;
  const when = later === undefined ? '' : `; root ${root} is born at position ${later.position[0]}`;
  return new BadInput('unknown-root', `there is no root ${root} at position ${at}: ${range}${when}`);
}

/** Opening balances, from the world before the first row. */
function openBooks(book: LedgerBook, w: World, birth: HistoryRows): void {
  const address = birth.c[0];
  const word = (field: number): number => w.pageWord(address, field);
  const freed = word(PAGE.KIND) !== PAGE_KIND.root || word(PAGE.SERIAL) !== book.root;
  book.openAt({
    address,
    vm: word(PAGE.VM),
    role: freed ? birth.a[0] : word(PAGE.ROLE),
    refcount: freed ? 0 : word(PAGE.REFCOUNT),
    freed,
  });
  if (freed) return;
  const fill = (holder: HolderKind, count: number): void => {
    for (let k = 0; k < count; k++) book.opening(holder, null, null);
  };
  fill('tdpMmu', word(PAGE.HOLD_TDP_MMU));
  fill('work', word(PAGE.HOLD_WORK));
  fill('iterator', word(PAGE.HOLD_ITERATOR));
  let named = 0;
  for (let v = 0; v < w.vcpus; v++) {
    if (w.vcpuWord(v, VCPU.STATE) === VCPU_STATE.none) continue;
    ROOT_SLOTS.forEach((field, slot) => {
      if (w.vcpuWord(v, field) !== address + 1) return;
      if (named++ < word(PAGE.HOLD_VCPU)) book.opening('vcpu', v, slot);
    });
  }
  fill('vcpu', word(PAGE.HOLD_VCPU) - named);
}

function describe(
  history: History,
  { root, at }: LedgerRequest,
  book: LedgerBook,
  birth: HistoryRows,
  from: number,
): RootLedger {
  const place = (m: Mark | null): Place | null => (m === null ? null : placeOfMark(history, m));
  const held = [...book.open].map((r) => (r.taken === null ? traced(history, book, r, from, birth) : r));
  const references = [...held, ...book.closed].sort((x, y) => x.number - y.number);
  return {
    root,
    vm: book.vm,
    at,
    address: birth.c[0],
    role: roleText(book.role),
    invalid: role_is_invalid(book.role),
    refcount: book.refcount,
    balance: book.balance,
    state: book.freed !== null ? 'freed' : book.lastPut !== null ? 'lastPut' : 'live',
    born: placeOf(history, birth, 0),
    invalidated: place(book.invalidated),
    lastPut: place(book.lastPut),
    freed: place(book.freed),
    from,
    complete: from === 1,
    counts: { taken: book.taken, givenBack: book.givenBack, surplusPuts: book.surplus },
    references: references.map((r) => ({
      number: r.number,
      holder: r.holder,
      owner: ownerOf(history, r.holder, r.vcpu, r.slot, r.thread),
      why: r.why,
      state: r.givenBack !== null ? 'givenBack' : r.leaked !== null ? 'leaked' : 'held',
      taken: place(r.taken),
      moves: r.moves.map((move) => ({ to: move.to, at: placeOfMark(history, move.at) })),
      givenBack: place(r.givenBack),
      leaked: place(r.leaked),
    })),
    faults: book.faults.map((fault) => faultView(history, fault)),
    faultsSeen: book.faultsSeen,
  };
}

function faultView(history: History, fault: BookedFault): LedgerFault {
  const { kind, holder, vcpu, slot, what, at, reference } = fault;
  return {
    kind,
    owner:
      holder === null
        ? (history.threads[at.thread] ?? `thread ${at.thread}`)
        : ownerOf(history, holder, vcpu, slot, at.thread),
    what,
    at: placeOfMark(history, at),
    reference: reference?.number ?? null,
  };
}

/** A held reference that is older than the ledger's first event: where it was taken. */
function traced(
  history: History,
  book: LedgerBook,
  reference: BookedReference,
  from: number,
  birth: HistoryRows,
): BookedReference {
  const subject = subjectOf('root', book.root);
  const got = (thread: number | undefined, to: number): HistoryRows | undefined =>
    lastRow(history, {
      to,
      subject,
      types:
        reference.holder === 'work'
          ? [E.RootResurrected, E.RootZapScheduled]
          : [E.RootGot, E.RootReferenceKept, E.RootAllocated],
      ...(thread === undefined ? {} : { thread }),
    });
  if (reference.holder === 'tdpMmu') return { ...reference, taken: mark(birth, 0), thread: birth.thread[0] };
  if (reference.holder === 'work') {
    const row = got(undefined, from - 1);
    return row === undefined ? reference : { ...reference, taken: mark(row, 0), thread: row.thread[0] };
  }
  if (reference.vcpu === null) return reference;
  const loaded = lastRow(history, {
    to: from - 1,
    subject: subjectOf('vcpu', reference.vcpu),
    types: [E.RootLoaded],
  });
  if (loaded === undefined || loaded.c[0] !== book.address) return reference;
  const row = got(loaded.thread[0], loaded.position[0]);
  return row === undefined ? reference : { ...reference, taken: mark(row, 0), thread: row.thread[0] };
}

function placeOfMark(history: History, m: Mark): Place {
  const [own, ...callers] = history.stack(m.site);
  return {
    position: m.position,
    ordinal: m.ordinal,
    timeNs: m.timeNs,
    thread: history.threads[m.thread] ?? `thread ${m.thread}`,
    function: own?.function ?? null,
    label: own?.label ?? null,
    callers,
  };
}

function ownerOf(
  history: History,
  holder: HolderKind,
  vcpu: number | null,
  slot: number | null,
  thread: number,
): string {
  const by = history.threads[thread] ?? (thread < 0 ? 'an unknown thread' : `thread ${thread}`);
  if (holder === 'tdpMmu') return 'the TDP MMU';
  if (holder === 'work') return 'work item';
  if (holder === 'iterator') return `iterator of ${by}`;
  if (vcpu === null) return `${by}, in no slot yet`;
  return `vcpu${vcpu} ${slotName(slot ?? 0)}`;
}
