// What the server is started with: flags over environment over defaults, every value checked, errors that say what was
// expected.
import { isIP } from 'node:net';
import { availableParallelism } from 'node:os';
import { BadInput } from '../core/base/errors.js';
import { MAX_WORKERS } from './limits.js';

export interface Settings {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  readonly dataDir: string;
  /** Needed beyond loopback; null: none is asked for. */
  readonly token: string | null;
  /** Run the founding experiment when the store is empty. */
  readonly demo: boolean;
  /** Host names besides the loopback ones that requests may name. */
  readonly allowedHosts: readonly string[];
  /** Threads that run simulations. */
  readonly workers: number;
  /** `synchronous` of both databases: `full` also survives loss of power. */
  readonly sync: 'normal' | 'full';
}

export const DEFAULT_SETTINGS: Settings = {
  host: '127.0.0.1',
  port: 3000,
  dataDir: './data',
  token: null,
  demo: true,
  allowedHosts: [],
  workers: Math.min(MAX_WORKERS, availableParallelism()),
  sync: 'normal',
};

/** Shorter tokens can be guessed. */
const MIN_TOKEN_CHARS = 16;
const FLAGS = ['--host', '--port', '--data'] as const;

export function settingsFromEnvironment(env: Readonly<Record<string, string | undefined>>): Settings {
  const get = (name: string): string | undefined => (env[name] === '' ? undefined : env[name]);
  return {
    host: get('ROOTLINE_HOST') ?? DEFAULT_SETTINGS.host,
    port: parsePort('ROOTLINE_PORT', get('ROOTLINE_PORT') ?? String(DEFAULT_SETTINGS.port)),
    dataDir: get('ROOTLINE_DATA') ?? DEFAULT_SETTINGS.dataDir,
    token: get('ROOTLINE_TOKEN') ?? null,
    demo: oneOf('ROOTLINE_DEMO', get('ROOTLINE_DEMO') ?? 'on', ['on', 'off']) === 'on',
    allowedHosts: (get('ROOTLINE_ALLOWED_HOSTS') ?? '')
      .split(',')
      .map((name) => name.trim().toLowerCase())
      .filter(Boolean),
    workers: workersFromEnvironment(env),
    sync: oneOf('ROOTLINE_SYNC', get('ROOTLINE_SYNC') ?? 'normal', ['normal', 'full']),
  };
}

/** `--host H --port N --data DIR`, as `--name value` or `--name=value`. */
export function settingsFromFlags(args: readonly string[], base: Settings): Settings {
  let settings = base;
  const rest = args.flatMap((arg) => {
    const at = arg.startsWith('--') ? arg.indexOf('=') : -1;
    return at < 0 ? [arg] : [arg.slice(0, at), arg.slice(at + 1)];
  });
  for (let i = 0; i < rest.length; i += 2) {
    const flag = oneOf('flag', rest[i]!, FLAGS);
    const value = rest[i + 1];
    if (value === undefined) throw new BadInput('flag', `${flag} needs a value`);
    if (flag === '--host') settings = { ...settings, host: value };
    else if (flag === '--port') settings = { ...settings, port: parsePort(flag, value) };
    else settings = { ...settings, dataDir: value };
  }
  return settings;
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

/** Throws when the settings would leave the server open to others. */
export function checkSettings(settings: Settings): void {
  const { host, token } = settings;
  if (token !== null && token.length < MIN_TOKEN_CHARS) {
    throw new BadInput(
      'token',
      `ROOTLINE_TOKEN must have at least ${MIN_TOKEN_CHARS} characters, got ${token.length}`,
    );
  }
  if (!isLoopback(host) && token === null) {
    throw new BadInput(
      'token',
      `${host} can be reached by others: set ROOTLINE_TOKEN (at least ${MIN_TOKEN_CHARS} characters), or bind 127.0.0.1`,
    );
  }
}

/** ROOTLINE_WORKERS, else as many as there are cores. */
export function workersFromEnvironment(env: Readonly<Record<string, string | undefined>>): number {
  const text = env.ROOTLINE_WORKERS ?? '';
  if (text === '') return DEFAULT_SETTINGS.workers;
  const n = Number(text);
  if (Number.isInteger(n) && n >= 1 && n <= MAX_WORKERS) return n;
  throw new BadInput(
    'workers',
    `ROOTLINE_WORKERS must be a whole number from 1 to ${MAX_WORKERS}, got "${text}"`,
  );
}

function parsePort(what: string, text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65_535) return port;
  throw new BadInput('port', `${what} must be a whole number from 0 to 65535, got "${text}"`);
}

function oneOf<T extends string>(what: string, value: string, known: readonly T[]): T {
  const found = known.find((k) => k === value);
  if (found !== undefined) return found;
  throw new BadInput(
    'setting',
    `${what} "${value}" is not known; expected one of: ${known.join(', ')}`,
    known,
  );
}
