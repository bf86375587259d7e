// Migrations of events.sqlite, oldest first. The count is the file's user_version: append, never edit or reorder.
import { EVENTS_APPLICATION_ID, EventsInitial1795345200000 } from './1795345200000-events-initial.js';
import { EventsTimeline1795401000000 } from './1795401000000-events-timeline.js';
import { EventsOutsideInputs1795402000000 } from './1795402000000-events-outside-inputs.js';
import { EventsTraces1795420000000 } from './1795420000000-events-traces.js';

export const EVENTS_MIGRATIONS = [
  EventsInitial1795345200000,
  EventsTimeline1795401000000,
  EventsOutsideInputs1795402000000,
  EventsTraces1795420000000,
];

export const EVENTS_IDENTITY = {
  applicationId: EVENTS_APPLICATION_ID,
  version: EVENTS_MIGRATIONS.length,
  tables: [
    'session',
    'session_segment',
    'event',
    'chunk',
    'snapshot',
    'timeline',
    'thread_name',
    'site',
    'outside_input',
    'trace',
    'trace_chunk',
    'idempotency_key',
    'tombstone',
    'event_type',
    'subject_kind',
  ],
};
