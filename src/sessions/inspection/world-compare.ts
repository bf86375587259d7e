// Two worlds, word by word. At recording level `lifecycle` only the words that its events determine are compared: VMs,
// vCPUs and their root slots, memslots, roots with their holders.
import { Layout, PAGE, PAGE_KIND, SLOT, VCPU, VM } from '../../core/aggregates/layout.js';
import type { World } from '../../core/aggregates/world.js';

export interface WorldComparison {
  readonly words: number;
  readonly difference: { readonly what: string; readonly expected: number; readonly actual: number } | null;
}

const VM_WORDS = [
  'STATE',
  'USERS_COUNT',
  'CREATED_VCPUS',
  'BUGGED',
  'DEAD',
  'VALID_GEN',
  'ROOTS_HEAD',
  'ROOTS_TAIL',
  'ROOTS',
  'WQ',
  'WQ_PENDING',
  'WQ_RUNNING',
  'LEVEL',
] as (keyof typeof VM)[];
const VCPU_WORDS = [
  'STATE',
  'VM',
  'INDEX',
  'CPU_STATE',
  'ROLE',
  'ROOT',
  'PREV0',
  'PREV1',
  'PREV2',
] as (keyof typeof VCPU)[];
const ROOT_WORDS = [
  'SERIAL',
  'ROLE',
  'REFCOUNT',
  'LISTED',
  'SCHEDULED',
  'WORK',
  'VM',
  'HOLD_VCPU',
  'HOLD_ITERATOR',
  'HOLD_TDP_MMU',
  'HOLD_WORK',
  'ZAPPING',
] as (keyof typeof PAGE)[];
const SLOT_WORDS = ['STATE', 'BASE_GFN', 'PAGES', 'HVA_PAGE', 'FLAGS'] as (keyof typeof SLOT)[];

export function compareWorlds(expected: World, actual: World, level: 'full' | 'lifecycle'): WorldComparison {
  return level === 'full' ? compareAll(expected, actual) : compareLifecycle(expected, actual);
}

function compareAll(expected: World, actual: World): WorldComparison {
  const words = expected.layout.worldWords;
  for (let i = 0; i < words; i++) {
    if (expected.s[i] !== actual.s[i]) {
      const what = nameOf(expected.layout, i);
      return { words, difference: { what, expected: expected.s[i], actual: actual.s[i] } };
    }
  }
  return { words, difference: null };
}

function compareLifecycle(expected: World, actual: World): WorldComparison {
  let words = 0;
  let difference: WorldComparison['difference'] = null;
  const check = (at: number, what: () => string): void => {
    words++;
    if (difference !== null || expected.s[at] === actual.s[at]) return;
    difference = { what: what(), expected: expected.s[at], actual: actual.s[at] };
  };
  const { topology } = expected.layout;
  for (let n = 0; n < topology.vms; n++) {
    for (const word of VM_WORDS) check(expected.vm(n) + VM[word], () => `vm ${n} ${word}`);
  }
  for (let n = 0; n < topology.vcpus; n++) {
    for (const word of VCPU_WORDS) check(expected.vcpu(n) + VCPU[word], () => `vcpu ${n} ${word}`);
  }
  for (let n = 0; n < topology.vms * 2 * topology.slots; n++) {
    for (const word of SLOT_WORDS) check(expected.slot(n) + SLOT[word], () => `slot ${n} ${word}`);
  }
  for (let p = 0; p < topology.pages; p++) {
    const kinds = [expected.pageWord(p, PAGE.KIND), actual.pageWord(p, PAGE.KIND)];
    // Which pages are tables is not kept at this level.
    if (!kinds.includes(PAGE_KIND.root)) continue;
    if (kinds[0] !== PAGE_KIND.root || kinds[1] !== PAGE_KIND.root) {
      check(expected.page(p) + PAGE.KIND, () => `page ${p} KIND`);
      continue;
    }
    for (const word of ROOT_WORDS) check(expected.page(p) + PAGE[word], () => `root at page ${p} ${word}`);
  }
  return { words, difference };
}

/** Which record a word of the world belongs to. */
function nameOf(layout: Layout, word: number): string {
  const parts: readonly (readonly [
    name: string,
    from: number,
    size: number,
    fields: { readonly [name: string]: number } | null,
  ])[] = [
    ['vm', layout.vm, VM.WORDS, VM],
    ['vcpu', layout.vcpu, VCPU.WORDS, VCPU],
    ['lock', layout.lock, 4, null],
    ['thread', layout.thread, 14, null],
    ['slot', layout.slot, SLOT.WORDS, SLOT],
    ['barrier', layout.barrier, 1, null],
    ['tlb', layout.tlb, 3, null],
    ['psc', layout.psc, 3, null],
    ['outer', layout.outer, 3, null],
    ['dirty', layout.dirty, 1, null],
    ['host page', layout.hostPage, 1, null],
    ['page', layout.page, PAGE.WORDS, PAGE],
    ['table', layout.entries, layout.tableSize, null],
  ];
  const part = parts.findLast(([, from]) => word >= from);
  if (part === undefined) return `machine word ${word}`;
  const [name, from, size, fields] = part;
  const offset = (word - from) % size;
  const field =
    fields === null
      ? undefined
      : Object.keys(fields).find((key) => key !== 'WORDS' && fields[key] === offset);
  return `${name} ${Math.floor((word - from) / size)} ${field ?? `word ${offset}`}`;
}
