// Who owns the data folder decides where a command goes: nobody -> this process opens it; a server -> its REST API.
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { BadInput } from '../../core/base/errors.js';
import { storeFiles } from '../../store/sqlite/files.js';
import { findOwner } from '../../store/sqlite/owner-lock.js';
import type { Backend } from './backend.js';
import { LocalBackend } from './local-backend.js';
import { ServerBackend } from './server-backend.js';

export interface OpenBackendOptions {
  /** A command that only reads does not make a data folder. */
  readonly create: boolean;
  readonly note: (text: string) => void;
}

export async function openBackend(dataDir: string, options: OpenBackendOptions): Promise<Backend> {
  const folder = resolve(dataDir);
  const server = serverOf(folder);
  if (server !== null) return server;
  if (!options.create) expectStore(folder);
  return await LocalBackend.open(folder, options.note);
}

/** The server that owns the folder; null when nobody does. */
export function serverOf(dataDir: string): ServerBackend | null {
  const folder = resolve(dataDir);
  const owner = findOwner(folder);
  if (owner === null) return null;
  if (owner === 'unknown' || owner.host === null || owner.port === null) {
    const who = owner === 'unknown' ? 'another process' : `process ${owner.pid}`;
    throw new BadInput(
      'data-in-use',
      `${folder} is in use by ${who}; expected a free folder or a running server`,
    );
  }
  return new ServerBackend(owner.host, owner.port);
}

/** A command that only reads does not make a store. */
export function expectStore(dataDir: string): void {
  const folder = resolve(dataDir);
  if (existsSync(storeFiles(folder).events)) return;
  throw new BadInput(
    'no-data',
    `${folder} holds no Rootline data; expected a folder with events.sqlite (--data DIR)`,
  );
}
