// The figures of one recording, in the words of its COUNTS.md, computed from the lifecycle stream alone.
import type { Lifecycle, RecordedEvent, RecordedType } from './recorded-event.js';

export interface RecordedFigures {
  readonly rootAllocations: number;
  readonly smmRootAllocations: number;
  readonly vcpuGets: number;
  /** Of the gets, those that found a root instead of allocating one. */
  readonly vcpuReuses: number;
  readonly vcpuPuts: number;
  readonly iteratorGets: number;
  readonly iteratorPuts: number;
  readonly lastPutsOfValidRoots: number;
  readonly invalidations: number;
  readonly rootZaps: number;
  /** RCU callbacks seen; may be short of the deaths by the recorded kprobe misses. */
  readonly rootFrees: number;
  readonly npfExits: number;
  readonly ioExits: number;
  readonly rsmExits: number;
  /** Exits by any other reason, `interrupt` among them. */
  readonly otherExits: ReadonlyMap<string, number>;
  /** Printed refcounts of puts that equal the counted ones, and those that do not. */
  readonly putsAgreeing: number;
  readonly putsDisagreeing: number;
}

export function recordedFigures(lifecycle: Lifecycle): RecordedFigures {
  const byType = new Map<RecordedType, RecordedEvent[]>();
  for (const event of lifecycle.events) {
    const sameType = byType.get(event.type);
    if (sameType === undefined) byType.set(event.type, [event]);
    else sameType.push(event);
  }
  const count = (type: RecordedType): number => byType.get(type)?.length ?? 0;
  const exits = exitsByReason(lifecycle.events);
  const putsDisagreeing = lifecycle.disagreements.filter(
    ({ event, what }) => event === 'kvm_tdp_mmu_put_root' && what === 'refcount',
  ).length;
  return {
    rootAllocations: count('rootAllocated'),
    smmRootAllocations: lifecycle.roots.filter((root) => root.smm).length,
    vcpuGets: count('vcpuGet'),
    vcpuReuses: lifecycle.events.filter((event) => event.type === 'vcpuGet' && event.reuse).length,
    vcpuPuts: count('vcpuPut'),
    iteratorGets: count('iteratorGet'),
    iteratorPuts: count('iteratorPut'),
    lastPutsOfValidRoots: count('lastPutOfValidRoot'),
    invalidations: count('invalidated'),
    rootZaps: count('zapStarted'),
    rootFrees: count('freed'),
    npfExits: exits.get('npf') ?? 0,
    ioExits: exits.get('io') ?? 0,
    rsmExits: exits.get('rsm') ?? 0,
    otherExits: new Map([...exits].filter(([reason]) => !['npf', 'io', 'rsm'].includes(reason))),
    putsAgreeing: lifecycle.putsCompared - putsDisagreeing,
    putsDisagreeing,
  };
}

/** Iterator references by the function that walked, in the order of first appearance. */
export function iteratorGetsByCaller(lifecycle: Lifecycle): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const event of lifecycle.events) {
    if (event.type === 'iteratorGet') counts.set(event.caller, (counts.get(event.caller) ?? 0) + 1);
  }
  return counts;
}

/** Ordered by reason, so that two recordings print alike. */
function exitsByReason(events: readonly RecordedEvent[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const event of events) {
    if (event.type === 'exit') counts.set(event.reason, (counts.get(event.reason) ?? 0) + 1);
  }
  return new Map([...counts].sort(([a], [b]) => (a < b ? -1 : 1)));
}
