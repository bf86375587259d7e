// Migrations of rootline.sqlite, oldest first. The count is the file's user_version: append, never edit or reorder.
import { METADATA_APPLICATION_ID, MetadataInitial1795345200000 } from './1795345200000-metadata-initial.js';
import { KeptAnswers1795356000000 } from './1795356000000-kept-answers.js';
import { MetadataNotes1795402000000 } from './1795402000000-metadata-notes.js';
import { MetadataSweeps1795410000000 } from './1795410000000-metadata-sweeps.js';

export const METADATA_MIGRATIONS = [
  MetadataInitial1795345200000,
  KeptAnswers1795356000000,
  MetadataNotes1795402000000,
  MetadataSweeps1795410000000,
];

export const METADATA_IDENTITY = {
  applicationId: METADATA_APPLICATION_ID,
  version: METADATA_MIGRATIONS.length,
  tables: ['session', 'session_label', 'job', 'kept_answer', 'note', 'sweep_cell'],
};
