// Stored findings as the documents that commands print.
import { INVARIANTS } from '../../core/invariants/catalogue.js';
import type { EventRows } from '../../store/event-rows.js';
import { type NameTable, readableEvent } from '../../store/readable-rows.js';
import type { FindingDocument } from '../documents.js';

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
