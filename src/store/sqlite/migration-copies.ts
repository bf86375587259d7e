// Copies of both files before they are migrated: backups/e1-m1-TIME/ in the data folder, named by the forms that they have.
// A migration that fails leaves its file as it was (it is one transaction), but the other file may be in the new form by
// then; with the copies an older Rootline can go on.
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { isStoreError, StoreError } from '../store.errors.js';
import { copyDatabase, databaseBytes, expectRoom } from './backup/copy-database.js';
import type { StoreFiles } from './files.js';

/** Sets of copies that are kept; older ones are removed. */
export const MAX_MIGRATION_COPIES = 3;
const DRAFT_SUFFIX = '.part';
const NAME = /^e\d+-m\d+-[0-9TZ-]+$/;

/** user_version of each file; 0: it is still to be made. */
export interface StoreForms {
  readonly events: number;
  readonly metadata: number;
}

/** The folder of the copies. Throws `disk_full` before anything was changed when there is no room. */
export function copyBeforeMigration(files: StoreFiles, forms: StoreForms, now: Date): string {
  mkdirSync(files.backups, { recursive: true });
  dropDrafts(files.backups);
  const time = now.toISOString().replaceAll(/[:.]/g, '-');
  const folder = join(files.backups, `e${forms.events}-m${forms.metadata}-${time}`);
  const draft = `${folder}${DRAFT_SUFFIX}`;
  expectRoom(draft, databaseBytes(files.events) + databaseBytes(files.metadata));
  mkdirSync(draft);
  try {
    for (const [form, file] of [
      [forms.events, files.events],
      [forms.metadata, files.metadata],
    ] as const) {
      if (form > 0) copyDatabase(file, join(draft, basename(file)));
    }
    renameSync(draft, folder);
  } catch (error) {
    rmSync(draft, { recursive: true, force: true });
    throw error;
  }
  dropOld(files.backups);
  return folder;
}

/** The error of a migration that failed, with where the files are as they were before. */
export function withCopies(error: unknown, folder: string): unknown {
  if (!(error instanceof StoreError)) return error;
  const { code, message, details } = error;
  if (isStoreError(error, 'database_newer')) return error;
  return new StoreError(code, `${message}; both files as they were before are in ${folder}`, details);
}

function dropDrafts(backups: string): void {
  for (const name of readdirSync(backups)) {
    if (name.endsWith(DRAFT_SUFFIX)) rmSync(join(backups, name), { recursive: true, force: true });
  }
}

function dropOld(backups: string): void {
  if (!existsSync(backups)) return;
  // Only what was made here, by its time.
  const sets = readdirSync(backups)
    .filter((name) => NAME.test(name))
    .toSorted((x, y) => timeOf(x).localeCompare(timeOf(y)));
  for (const name of sets.slice(0, Math.max(0, sets.length - MAX_MIGRATION_COPIES)))
    rmSync(join(backups, name), { recursive: true, force: true });
}

function timeOf(name: string): string {
  return name.replace(/^e\d+-m\d+-/, '');
}
