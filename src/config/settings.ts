// Every setting, once: name, environment variable, flag, default, range and meaning. The README's table, `--help` and
// `rootline config` are made from this. Add a setting here, under its heading, and use it as `settings.NAME`; limits
// that nobody sets are constants in limits.ts.
import { isIP } from 'node:net';
import { availableParallelism } from 'node:os';
import { z } from 'zod';
import { BadInput } from '../core/base/errors.js';
import { CHECKPOINT_MS, MAX_WORKERS } from './limits.js';
import { list, oneOf, onOff, optionalText, setting, text, wholeNumber } from './setting.js';

/** Shorter tokens can be guessed. */
export const MIN_TOKEN_CHARS = 16;

const isToken = (value: string): boolean => /^[\x21-\x7e]+$/.test(value) && value.length >= MIN_TOKEN_CHARS;

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
  token: setting(optionalText(`at least ${MIN_TOKEN_CHARS} characters without spaces`, isToken), {
    env: 'ROOTLINE_TOKEN',
    flag: null,
    default: '',
    doc: 'bearer token that may read and write',
    secret: true,
  }),
  readToken: setting(optionalText(`at least ${MIN_TOKEN_CHARS} characters without spaces`, isToken), {
    env: 'ROOTLINE_READ_TOKEN',
    flag: null,
    default: '',
    doc: 'bearer token that may only read',
    secret: true,
  }),
  tokenFile: setting(
    optionalText('a file', () => true),
    {
      env: 'ROOTLINE_TOKEN_FILE',
      flag: '--token-file',
      default: '',
      doc: 'further tokens, one a line: `read|write TOKEN [2026-12-31]`, the day being the first without it; SIGHUP reads it again',
    },
  ),
  rate: setting(wholeNumber(1, 1_000_000, 'requests a second'), {
    env: 'ROOTLINE_RATE',
    flag: '--rate',
    default: '100',
    doc: 'what one client address may ask; 100 times as much from this machine',
  }),
  writeRate: setting(wholeNumber(1, 1_000_000, 'requests a second'), {
    env: 'ROOTLINE_WRITE_RATE',
    flag: '--write-rate',
    default: '20',
    doc: 'what one token may change; 100 times as much from this machine',
  }),
  allowedHosts: setting(list('host names, separated by commas'), {
    env: 'ROOTLINE_ALLOWED_HOSTS',
    flag: '--allowed-hosts',
    default: '',
    doc: 'further host names to answer to',
  }),

  requestTimeoutMs: setting(wholeNumber(100, 600_000, 'ms'), {
    env: 'ROOTLINE_REQUEST_TIMEOUT',
    flag: '--request-timeout',
    default: '30000',
    doc: 'how long a client may take to send a whole request',
  }),
  streamStallMs: setting(wholeNumber(100, 3_600_000, 'ms'), {
    env: 'ROOTLINE_STREAM_STALL',
    flag: '--stream-stall',
    default: '60000',
    doc: 'how long a stream may go unread before it is cut off',
  }),
  stopGraceMs: setting(wholeNumber(100, 600_000, 'ms'), {
    env: 'ROOTLINE_STOP_GRACE',
    flag: '--stop-grace',
    default: '5000',
    doc: 'how long a stop waits for open requests, and for sessions to reach a chunk boundary',
  }),

  // ---- simulations
  workers: setting(wholeNumber(1, MAX_WORKERS), {
    env: 'ROOTLINE_WORKERS',
    flag: '--workers',
    default: String(Math.min(MAX_WORKERS, availableParallelism())),
    doc: 'simulations side by side',
  }),
  protocolsDir: setting(
    optionalText('a folder', () => true),
    {
      env: 'ROOTLINE_PROTOCOLS',
      flag: '--protocols',
      default: '',
      doc: 'a folder of protocols of your own, NAME.mjs each; read anew whenever one is asked for',
    },
  ),

  checkpointMs: setting(wholeNumber(100, 3_600_000, 'ms'), {
    env: 'ROOTLINE_CHECKPOINT',
    flag: '--checkpoint-interval',
    default: String(CHECKPOINT_MS),
    doc: 'how often an exploration writes down what it needs to go on, should the server die; a large one less often, so that it takes at most a twentieth of the time',
  }),

  // ---- the store
  sync: setting(oneOf('normal', 'full'), {
    env: 'ROOTLINE_SYNC',
    flag: '--sync',
    default: 'normal',
    doc: '`full` flushes each commit to the disk: it also survives loss of power',
  }),

  retainDays: setting(wholeNumber(0, 36_500, 'days'), {
    env: 'ROOTLINE_RETAIN_DAYS',
    flag: '--retain-days',
    default: '0',
    doc: 'how long a session that has ended is kept, unless people named or noted it; 0: for ever',
  }),
  retainBytes: setting(wholeNumber(0, Number.MAX_SAFE_INTEGER, 'bytes'), {
    env: 'ROOTLINE_RETAIN_BYTES',
    flag: '--retain-bytes',
    default: '0',
    doc: 'what sessions may take together before the oldest that have ended are deleted; 0: any number',
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
export function checkSettings({ host, token, readToken, tokenFile }: Settings): void {
  if (!isLoopback(host) && token === null && readToken === null && tokenFile === null) {
    throw new BadInput(
      'token',
      `${host} can be reached by others: set ROOTLINE_TOKEN (at least ${MIN_TOKEN_CHARS} characters), ROOTLINE_READ_TOKEN or ROOTLINE_TOKEN_FILE, or bind 127.0.0.1`,
    );
  }
}
