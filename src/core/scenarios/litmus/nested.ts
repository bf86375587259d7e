// Litmus of vCPUs that run a nested guest: of the shadow MMU only what two known bugs are made of. No other thread comes to its
// functions, so nothing else is searched differently for it.
import {
  assembleLitmus,
  callerThread,
  type Litmus,
  type LitmusThread,
  mainThread,
  nestedThread,
  rcu,
  worker,
} from './litmus.js';

const LEFT_OUT =
  "the nested guest and its tables, every level of the shadow below the first, the host's pages, prev_roots; the limit of shadow pages is one page";
const PAE_LEVEL = 3;
const LEVEL = 4;

function litmus(
  id: string,
  title: string,
  doc: string,
  threads: () => readonly LitmusThread[],
  constants: Readonly<Record<string, number>> = {},
): Litmus {
  const build = () => ({ ...assembleLitmus(threads()), constants });
  return { id, title, doc, leftOut: LEFT_OUT, parameters: {}, build };
}

export const NESTED_LITMUS: readonly Litmus[] = [
  litmus(
    'b10i',
    'a nested guest with PAE paging faults',
    'The root of PAE paging has no shadow page. A fault looks whether its root is obsolete; an updater zaps fast meanwhile (B10i).',
    () => [
      mainThread({ vcpus: 1 }),
      nestedThread(0, (s) => s.shadowLoad(PAE_LEVEL).shadowFault(0)),
      callerThread('updater', (s) => s.zapAllFast()),
      worker(),
      rcu,
    ],
  ),
  litmus(
    'b18',
    'a nested guest faults while there are too many shadow pages',
    'A fault of a nested guest makes room among the shadow pages, and what goes is its own root: it must not map into that. The root is given back and freed; then shadow pages are reclaimed once more, and the table that was mapped into it leads to a page that is free (B18).',
    () => [
      mainThread({ vcpus: 1 }),
      nestedThread(0, (s) => s.shadowLoad(LEVEL).shadowFault(0).shadowDrop().shadowShrink()),
      worker(),
      rcu,
    ],
    { shadowPagesOverLimit: 1 },
  ),
];
