// One request to the API, typed by the OpenAPI document: `ask<'Travel_state'>('GET', ..., { query: { at: 12 } })`.
// What the server refuses is a Refused with its problem; a server that is not there is an Offline.
import type { Operations } from './schema.js';
import { currentToken, tokenNeeded } from './token.js';

const MAX_TURNS = 6;
const FIRST_PAUSE_MS = 150;
const MAX_PAUSE_MS = 2_000;

export class Refused extends Error {
  constructor(
    readonly status: number,
    /** The problem's type, without `urn:rootline:problem:`. */
    readonly code: string,
    detail: string,
    readonly expected: readonly string[],
  ) {
    super(detail);
  }
}

export class Offline extends Error {
  constructor() {
    super('the server does not answer');
  }
}

export interface AskOptions<K extends keyof Operations> {
  readonly query?: { readonly [N in Operations[K]['query']]?: string | number | null | undefined };
  readonly body?: Operations[K]['body'];
  /** Position that the session must be at. */
  readonly at?: number;
  readonly signal?: AbortSignal;
}

export async function ask<K extends keyof Operations>(
  method: Operations[K]['method'],
  path: string,
  { query, body, at, signal }: AskOptions<K> = {},
): Promise<Operations[K]['answer']> {
  const token = currentToken();
  const headers: Record<string, string> = { accept: 'application/json' };
  if (body !== undefined) headers['content-type'] = 'application/json';
  if (at !== undefined) headers['if-match'] = `"${at}"`;
  if (token !== null) headers['authorization'] = `Bearer ${token}`;
  const init: RequestInit = { method, headers };
  if (body !== undefined) init.body = JSON.stringify(body);
  if (signal !== undefined) init.signal = signal;
  const answer = await patiently(method, `/api/v1${path}${queryText(query)}`, init);
  const text = await answer.text();
  if (answer.ok) return (text === '' ? null : JSON.parse(text)) as Operations[K]['answer'];
  if (answer.status === 401) tokenNeeded();
  throw refusedBy(answer.status, text);
}

/** Answers that were asked for before whoever wants them was there. */
const ahead = new Map<string, Promise<Response>>();
/** What nobody has taken by then is of no use. */
const AHEAD_MS = 5_000;

/** Asks now for what `ask` is going to ask for soon; the first to ask takes the answer. A copy of it; null: it was refused. */
export function askAhead<K extends keyof Operations>(
  path: string,
  query?: AskOptions<K>['query'],
): Promise<Operations[K]['answer'] | null> {
  const token = currentToken();
  const headers: Record<string, string> = { accept: 'application/json' };
  if (token !== null) headers['authorization'] = `Bearer ${token}`;
  const address = `/api/v1${path}${queryText(query)}`;
  const answer = fetch(address, { headers });
  ahead.set(address, answer);
  setTimeout(() => ahead.delete(address), AHEAD_MS);
  // Who takes it hears of a fault.
  return answer.then(
    async (got) => (got.ok ? ((await got.clone().json()) as Operations[K]['answer']) : null),
    () => null,
  );
}

/** A server that has too much to do is asked again for what only reads; it says when. */
async function patiently(method: string, path: string, init: RequestInit): Promise<Response> {
  for (let turn = 1; ; turn++) {
    const answer = await send(path, init);
    const busy = answer.status === 429 || answer.status === 503;
    if (!busy || method !== 'GET' || turn === MAX_TURNS) return answer;
    const seconds = Number(answer.headers.get('retry-after') ?? 0);
    const pauseMs = Math.max(FIRST_PAUSE_MS * turn, Math.min(MAX_PAUSE_MS, seconds * 1_000));
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
}

async function send(path: string, init: RequestInit): Promise<Response> {
  try {
    const early = init.method === 'GET' ? ahead.get(path) : undefined;
    ahead.delete(path);
    return await (early ?? fetch(path, init));
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw new Offline();
  }
}

/** The problem that an answer tells. */
export function refusedBy(status: number, text: string): Refused {
  try {
    const problem = JSON.parse(text) as { type: string; detail: string; expected?: readonly string[] };
    const code = problem.type.replace('urn:rootline:problem:', '');
    return new Refused(status, code, problem.detail, problem.expected ?? []);
  } catch {
    return new Refused(status, 'no-problem', `the server answered ${status}`, []);
  }
}

function queryText(query: object | undefined): string {
  const used = Object.entries(query ?? {}).filter(
    ([, value]) => value !== undefined && value !== null && value !== '',
  );
  if (used.length === 0) return '';
  return `?${new URLSearchParams(used.map(([name, value]): [string, string] => [name, String(value)])).toString()}`;
}
