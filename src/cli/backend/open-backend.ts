// Who owns the data folder decides where a command goes: nobody -> this process opens it; a server -> its REST API.
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { BadInput } from '../../core/base/errors.js';
import { storeFiles } from '../../store/sqlite/files.js';
import { findOwner } from '../../store/sqlite/owner-lock.js';
import { StoreError } from '../../store/store.errors.js';
import type { Backend } from './backend.js';
import { LocalBackend } from './local-backend.js';
import { ServerBackend } from './server-backend.js';

/**
 * How long a command waits for an owner that cannot be asked: a server that is starting, or another command. Longer than a
 * server takes to open a large store, short enough to wait at a terminal.
 */
export const MAX_OWNER_WAIT_MS = 5_000;
const OWNER_POLL_MS = 50;

export interface OpenBackendOptions {
  /** A command that only reads does not make a data folder. */
  readonly create: boolean;
  readonly note: (text: string) => void;
}

export async function openBackend(dataDir: string, options: OpenBackendOptions): Promise<Backend> {
  const folder = resolve(dataDir);
  const until = performance.now() + MAX_OWNER_WAIT_MS;
  for (;;) {
    const server = await serverOf(folder, until - performance.now());
    if (server !== null) return server;
    if (!options.create) expectStore(folder);
    try {
      return await LocalBackend.open(folder, options.note);
    } catch (error) {
      // Somebody else was faster: a server, or a command that is over soon.
      const taken = error instanceof StoreError && error.code === 'data_folder_owned';
      if (!taken || performance.now() >= until) throw error;
      await sleep(OWNER_POLL_MS);
    }
  }
}

/** The server that owns the folder; null when nobody does. An owner without an address is waited for. */
export async function serverOf(
  dataDir: string,
  waitMs: number = MAX_OWNER_WAIT_MS,
): Promise<ServerBackend | null> {
  const folder = resolve(dataDir);
  const until = performance.now() + waitMs;
  for (;;) {
    const owner = findOwner(folder);
    if (owner === null) return null;
    if (owner !== 'unknown' && owner.host !== null && owner.port !== null)
      return new ServerBackend(owner.host, owner.port);
    if (performance.now() >= until) {
      const who = owner === 'unknown' ? 'another process' : `process ${owner.pid}`;
      throw new BadInput(
        'data-in-use',
        `${folder} is in use by ${who}; expected a free folder or a running server`,
      );
    }
    await sleep(OWNER_POLL_MS);
  }
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
