// I4. The hardware walk counts: it goes through paging-structure caches and so may enter a freed table.
import { PAGE, PAGE_KIND } from '../aggregates/layout.js';
import type { Handler, Invariant } from './invariant.js';

export const i04NoUafTable: Invariant = {
  number: 4,
  name: 'NO_UAF_TABLE',
  kind: 'transition',
  statement: 'No step and no hardware walk uses a child table after its page went back to the allocator.',
  eras: 'abcdefgh',
  exercise: 'freed a child table',
  details: [
    '',
    'a step or a hardware walk touched the page of a freed table',
    'an entry was written in a page that is free',
  ],
  seen: 'the page',
  create(_w, _rules, probe) {
    const freed: Handler = () => {
      probe.checks++;
    };
    const touched: Handler = (w, e, i) => {
      if (e.subject[i] >> 4 === 0) probe.report(w, e, i, 1, e.c[i], -1);
    };
    const written: Handler = (w, e, i) => {
      const page = e.subject[i] >> 4;
      if (w.pageWord(page, PAGE.KIND) === PAGE_KIND.free) probe.report(w, e, i, 2, page, -1);
    };
    return { before: { SpteChanged: written }, after: { TableFreed: freed, FreedPageTouched: touched } };
  },
};
