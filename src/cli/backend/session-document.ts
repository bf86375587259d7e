// A stored session as the document that commands print.
import { EVENT_BY_CODE } from '../../core/events/catalogue.js';
import type { EventRows } from '../../store/event-rows.js';
import type { NameTable } from '../../store/readable-rows.js';
import type { StoredSession } from '../../store/session.js';
import type { FindingDocument, SessionDocument } from '../documents.js';

export function sessionDocument(session: StoredSession): SessionDocument {
  const { manifest: m, progress: p } = session;
  return {
    id: session.id,
    state: session.state,
    reason: session.reason,
    scenario: m.scenario,
    protocol: m.protocol,
    seed: m.seed,
    scheduler: m.scheduler,
    recording: m.recording,
    invariants: m.invariants,
    parameters: m.parameters,
    costs: m.costs,
    limits: m.limits,
    engine: m.engine,
    outcome: p?.outcome ?? null,
    detail: p?.detail ?? null,
    rootAllocations: p?.rootAllocations ?? 0,
    events: p?.ordinal ?? 0,
    stored: session.position,
    digest: p?.digest ?? null,
    fullDigest: p?.fullDigest ?? null,
    steps: p?.steps ?? 0,
    timeNs: p?.timeNs ?? 0,
    milestones: p?.milestones ?? {},
    findingCount: p?.findings ?? 0,
    verdicts: p?.verdicts ?? null,
    counts: p?.counts ?? {},
    createdAt: session.createdAt,
    updatedAt: session.updatedAt,
  };
}

/** Finding rows; the catalogue says what each value is. */
export function findingDocuments(rows: EventRows, names: NameTable): FindingDocument[] {
  return Array.from({ length: rows.length }, (_, i) => {
    const values = EVENT_BY_CODE[rows.type[i]]?.values ?? [];
    const value = (name: string): number => [rows.a[i], rows.b[i], rows.c[i]][values.indexOf(name)] ?? 0;
    return {
      invariant: `I${value('invariant')}`,
      position: rows.position[i],
      ordinal: rows.position[i] + rows.skipped[i],
      timeNs: rows.timeNs[i],
      thread: names.thread(rows.thread[i]),
      function: names.function(rows.site[i]),
      label: names.label(rows.site[i]),
      detail: value('detail'),
      seen: value('seen'),
    };
  });
}
