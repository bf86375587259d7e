// Stored sessions and findings as the documents that commands print.
import { INVARIANTS } from '../../core/invariants/catalogue.js';
import { sessionView } from '../../sessions/session.view.js';
import type { EventRows } from '../../store/event-rows.js';
import { type NameTable, readableEvent } from '../../store/readable-rows.js';
import type { SessionRecord } from '../../store/session.js';
import type { FindingDocument, SessionDocument } from '../documents.js';

export function sessionDocument(session: SessionRecord): SessionDocument {
  return { ...sessionView(session), verdicts: session.progress?.verdicts ?? null };
}

export function findingDocuments(rows: EventRows, names: NameTable): FindingDocument[] {
  return Array.from({ length: rows.length }, (_, i) => {
    const event = readableEvent(rows, i, names);
    const broken = INVARIANTS.find((invariant) => invariant.number === event.values.invariant);
    return {
      invariant: `I${event.values.invariant}`,
      name: broken?.name ?? 'unknown',
      statement: broken?.statement ?? 'not in the catalogue of this build',
      ...event,
    };
  });
}
