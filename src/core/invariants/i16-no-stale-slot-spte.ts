// I16. Looked at before the slot's words change: they still say which gfns the old slot had.
import { ADDRESS_SPACES, PAGE, SLOT } from '../aggregates/layout.js';
import { role_as_id } from '../aggregates/role.js';
import type { Handler, Invariant } from './invariant.js';
import { firstRoot, leafInRange, nextRoot } from './world-walks.js';

export const i16NoStaleSlotSpte: Invariant = {
  number: 16,
  name: 'NO_STALE_SLOT_SPTE',
  kind: 'transition',
  statement:
    'When the deletion or move of a memslot returns, no entry of a listed root maps a gfn of the old slot.',
  eras: 'abcdefgh',
  exercise: 'deleted or moved a memslot',
  details: [
    '',
    'a listed root still maps the deleted slot',
    'a listed root still maps the moved slot at its old place',
  ],
  seen: 'the entry',
  create(_w, _rules, probe) {
    const check =
      (detail: number): Handler =>
      (w, e, i) => {
        const id = e.subject[i] >> 4;
        const asIndex = Math.floor(id / w.slotsPerAddressSpace);
        const vm = Math.floor(asIndex / ADDRESS_SPACES);
        const start = w.slotWord(id, SLOT.BASE_GFN);
        const end = start + w.slotWord(id, SLOT.PAGES);
        probe.checks++;
        for (let r = firstRoot(w, vm); r >= 0; r = nextRoot(w, r)) {
          if (role_as_id(w.pageWord(r, PAGE.ROLE)) !== asIndex % ADDRESS_SPACES) continue;
          const spte = leafInRange(w, r, start, end);
          if (spte !== 0) probe.report(w, e, i, detail, spte, r);
        }
      };
    return { before: { MemslotDeleted: check(1), MemslotMoved: check(2) } };
  },
};
