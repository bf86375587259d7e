// Every setting, once: name, environment variable, flag, default, range and meaning. The README's table, `--help` and
// `rootline config` are made from this. Add a setting here, under its heading, and use it as `settings.NAME`; limits
// that nobody sets are constants in limits.ts.
import { isIP } from 'node:net';
import { availableParallelism } from 'node:os';
import { z } from 'zod';
import { BadInput } from '../core/base/errors.js';
import { MAX_WORKERS } from './limits.js';
import { list, oneOf, onOff, optionalText, setting, text, wholeNumber } from './setting.js';

/** Shorter tokens can be guessed. */
export const MIN_TOKEN_CHARS = 16;

export const settingsSchema = z.strictObject({
  // ---- where the server listens, and what it serves
  host: setting(text('an address or name to listen on'), {
    env: 'ROOTLINE_HOST',
    flag: '--host',
    default: '127.0.0.1',
    doc: 'address to listen on; beyond loopback a token is required',
  }),
  port: setting(wholeNumber(0, 65_535), {
    env: 'ROOTLINE_PORT',
    flag: '--port',
    default: '3000',
    doc: 'TCP port; 0 takes a free one',
  }),
  dataDir: setting(text('a folder'), {
    env: 'ROOTLINE_DATA',
    flag: '--data',
    default: './data',
    doc: 'the data folder',
  }),
  demo: setting(onOff(), {
    env: 'ROOTLINE_DEMO',
    flag: '--demo',
    default: 'on',
    doc: 'run the founding experiment on an empty store',
  }),
  logLevel: setting(oneOf('trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'), {
    env: 'ROOTLINE_LOG',
    flag: '--log',
    default: 'info',
    doc: 'the least level that is logged (JSON lines on stderr)',
  }),

  // ---- who may ask
  token: setting(
    optionalText(`at least ${MIN_TOKEN_CHARS} characters without spaces`, (value) =>
      /^[\x21-\x7e]{16,}$/.test(value),
    ),
    {
      env: 'ROOTLINE_TOKEN',
      flag: null,
      default: '',
      doc: 'bearer token; required beyond loopback',
      secret: true,
    },
  ),
  allowedHosts: setting(list('host names, separated by commas'), {
    env: 'ROOTLINE_ALLOWED_HOSTS',
    flag: '--allowed-hosts',
    default: '',
    doc: 'further host names to answer to',
  }),

  // ---- simulations
  workers: setting(wholeNumber(1, MAX_WORKERS), {
    env: 'ROOTLINE_WORKERS',
    flag: '--workers',
    default: String(Math.min(MAX_WORKERS, availableParallelism())),
    doc: 'simulations side by side',
  }),

  // ---- the store
  sync: setting(oneOf('normal', 'full'), {
    env: 'ROOTLINE_SYNC',
    flag: '--sync',
    default: 'normal',
    doc: '`full` flushes each commit to the disk: it also survives loss of power',
  }),

  // ---- the live feed
});

export type Settings = Readonly<z.output<typeof settingsSchema>>;
export type SettingName = keyof Settings;

export const DEFAULT_SETTINGS: Settings = settingsSchema.parse({});

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

/** What no single setting can say: throws when the settings together would leave the server open to others. */
export function checkSettings({ host, token }: Settings): void {
  if (!isLoopback(host) && token === null) {
    throw new BadInput(
      'token',
      `${host} can be reached by others: set ROOTLINE_TOKEN (at least ${MIN_TOKEN_CHARS} characters), or bind 127.0.0.1`,
    );
  }
}
