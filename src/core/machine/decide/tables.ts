// Child tables and SPTEs.

import { PAGE, PAGE_KIND, VM } from '../../aggregates/layout.js';
import { is_shadow_present_pte, REMOVED_SPTE } from '../../aggregates/spte.js';
import { E } from '../../events/catalogue.js';
import { S_ROOT, S_TABLE, WAIT } from '../batch.js';
import { OP } from '../op.js';
import type { Decide } from './context.js';
import { nextFreePage, touch } from './roots.js';

const readSpte: Decide = (w, o, out) => {
  touch(w, o.a, out);
  return w.spte(o.a, o.b);
};

const nextPresent: Decide = (w, o, out) => {
  touch(w, o.a, out);
  const base = w.entry(o.a, 0);
  for (let i = o.b; i <= w.tableMask; i++) if (w.s[base + i] !== 0) return i;
  return -1;
};

const freezeTable: Decide = (w, o, out) => {
  out.emit(E.TableFrozen, o.a * 16 + S_TABLE, w.pageWord(o.a, PAGE.LEVEL), w.pageWord(o.a, PAGE.PRESENT), 0);
  return 0;
};

const xchgNextRemoved: Decide = (w, o, out) => {
  touch(w, o.a, out);
  const base = w.entry(o.a, 0);
  for (let i = o.b; i <= w.tableMask; i++) {
    const before = w.s[base + i];
    if (before === 0 || (o.c === 0 && !is_shadow_present_pte(before))) continue;
    if (before === REMOVED_SPTE) return out.wait(WAIT.FROZEN + o.a);
    out.emit(E.SpteChanged, o.a * 16 + S_TABLE, i, before, REMOVED_SPTE);
    return i * 4_294_967_296 + (before >>> 0);
  }
  return -1;
};

const fillTable: Decide = (_w, o, out) => {
  out.emit(E.TableFilled, o.a * 16 + S_TABLE, o.b, o.c, 0);
  return 0;
};

const cmpxchg: Decide = (w, o, out) => {
  touch(w, o.a, out);
  if (w.spte(o.a, o.b) !== o.c) return 0;
  if (o.c !== o.d) out.emit(E.SpteChanged, o.a * 16 + S_TABLE, o.b, o.c, o.d);
  return 1;
};

const writeSpte: Decide = (w, o, out) => {
  touch(w, o.a, out);
  const before = w.spte(o.a, o.b);
  if (before !== o.c) out.emit(E.SpteChanged, o.a * 16 + S_TABLE, o.b, before, o.c);
  return before;
};

const allocTable: Decide = (w, o, out) => {
  const address = nextFreePage(w);
  out.emit(E.TableAllocated, address * 16 + S_TABLE, o.b, o.c, o.a);
  return address;
};

const linkTable: Decide = (w, o, out) => {
  const tables = w.vmWord(w.pageWord(o.a, PAGE.VM), VM.TDP_MMU_PAGES) + 1;
  out.emit(E.TableLinked, o.a * 16 + S_TABLE, o.b, o.c, tables);
  return 0;
};
const unlinkTable: Decide = (w, o, out) => {
  const at = w.page(o.a);
  const tables = w.vmWord(w.s[at + PAGE.VM], VM.TDP_MMU_PAGES) - 1;
  out.emit(E.TableUnlinked, o.a * 16 + S_TABLE, w.s[at + PAGE.PRESENT], w.s[at + PAGE.LEVEL], tables);
  return 0;
};
const freeTable: Decide = (w, o, out) => {
  const at = w.page(o.a);
  if (w.s[at + PAGE.KIND] === PAGE_KIND.root) {
    out.emit(
      E.RootFreed,
      w.s[at + PAGE.SERIAL] * 16 + S_ROOT,
      w.s[at + PAGE.ROLE],
      w.s[at + PAGE.PRESENT],
      o.a,
    );
    return 0;
  }
  out.emit(E.TableFreed, o.a * 16 + S_TABLE, w.s[at + PAGE.PRESENT], w.s[at + PAGE.LEVEL], 0);
  return 0;
};

export const tableDecisions: Readonly<Record<number, Decide>> = {
  [OP.READ_SPTE]: readSpte,
  [OP.NEXT_PRESENT]: nextPresent,
  [OP.FREEZE_TABLE]: freezeTable,
  [OP.XCHG_NEXT_REMOVED]: xchgNextRemoved,
  [OP.FILL_TABLE]: fillTable,
  [OP.CMPXCHG_SPTE]: cmpxchg,
  [OP.WRITE_SPTE]: writeSpte,
  [OP.ALLOC_TABLE]: allocTable,
  [OP.LINK_TABLE]: linkTable,
  [OP.UNLINK_TABLE]: unlinkTable,
  [OP.FREE_TABLE]: freeTable,
};
