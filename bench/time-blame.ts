// Ledgers of roots, and who changed a field, at random positions: fields that the index by subject answers, and single SPTEs,
// for which rows are looked through backwards.
import { E } from '../src/core/events/catalogue.js';
import type { Figure } from './figures.js';
import { latenciesMs, latencyFigures, type TimeBench } from './time-bench.js';

const CALLS = 300;
/** Events after a random position among which a fixed fault is looked for. */
const NEAR = 20_000;

/** Fields of roots, vCPUs, VMs and locks whose changes are all below code 64. */
const ROOT_FIELDS = [
  'refcount',
  'role.invalid',
  'listed',
  'holders.iterator',
  'holders.vcpu',
  'zapScheduled',
];
const OTHER_FIELDS = [
  'vcpus.0.root.address',
  'vcpus.0.role',
  'vcpus.0.cpuState',
  'vms.0.mmuValidGen',
  'locks.0.mmu_lock.writer',
];

export async function measureBlame(bench: TimeBench): Promise<Figure[]> {
  const { store, inspections, sessionId, events, random, note } = bench;
  const ask = (path: string, at: number, all = false): Promise<unknown> =>
    inspections.ask('blame', { sessionId, path, when: { at }, all });

  /** A root that lives at a random position. What it takes to find one is not measured. */
  const places: { readonly vm: number; readonly root: number; readonly at: number; readonly gfn: number }[] =
    [];
  while (places.length < CALLS) {
    const at = 1 + random(events);
    const { roots } = await inspections.state(sessionId, { at });
    if (roots.length === 0) continue;
    const { vm, root } = roots[random(roots.length)];
    const near = await store.readRows(sessionId, {
      to: at,
      from: Math.max(1, at - NEAR),
      limit: 1,
      direction: 'backward',
      filters: { types: [E.FaultFixed] },
    });
    places.push({ vm, root, at, gfn: near.rows.length === 0 ? random(1_000) : near.rows.a[0] });
  }
  const place = (k: number) => places[((k % CALLS) + CALLS) % CALLS];

  const ledger = await latenciesMs(CALLS, (k) => {
    const { vm, root, at } = place(k);
    return inspections.ask('ledger', { sessionId, vm, root, when: { at } });
  });
  const indexed = await latenciesMs(CALLS, (k) => {
    const { vm, root, at } = place(k);
    const field = random(ROOT_FIELDS.length + OTHER_FIELDS.length);
    const path =
      field < ROOT_FIELDS.length
        ? `tdp-mmus.${vm}.roots.${root}.${ROOT_FIELDS[field]}`
        : OTHER_FIELDS[field - ROOT_FIELDS.length];
    return ask(path, at);
  });
  const spte = await latenciesMs(CALLS, (k) => {
    const { vm, root, at, gfn } = place(k);
    return ask(`tdp-mmus.${vm}.roots.${root}.spte.${gfn}`, at);
  });
  const history = await latenciesMs(CALLS / 5, (k) => {
    const { vm, root, at } = place(k);
    return ask(`tdp-mmus.${vm}.roots.${root}.refcount`, at, true);
  });
  const critical = await latenciesMs(CALLS / 10, (k) => {
    const from = Math.max(1, Math.min(place(k).at, events - 10_000));
    return inspections.ask('criticalPath', { sessionId, from, to: Math.min(events, from + 9_999) });
  });
  return [
    ...latencyFigures('ledger of a root', ledger, 100, null, note),
    ...latencyFigures('blame, an indexed subject', indexed, 100, null, 'last change'),
    ...latencyFigures('blame, one SPTE', spte, 500, null, 'last change'),
    ...latencyFigures('blame, 50 changes of a refcount', history, 1_000, null, 'no target in the issue'),
    ...latencyFigures('critical path over 10,000 events', critical, 1_000, null, 'no target in the issue'),
  ];
}
