// Who a bearer token belongs to: tokens of the environment and of the token file, each with a role and perhaps a day on
// which it ends. Comparison takes the same time whatever is given; no token is ever logged or sent back.
//
// The token file has one token a line, `#` begins a comment:   read|write TOKEN [EXPIRY]
// EXPIRY is an ISO date (the token ends when that day begins, UTC) or an ISO time.
import { createHash, timingSafeEqual } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Settings } from '../config/settings.js';
import { MIN_TOKEN_CHARS } from '../config/settings.js';
import { BadInput } from '../core/base/errors.js';

export type Role = 'read' | 'write';

export interface KnownToken {
  readonly digest: Buffer;
  readonly role: Role;
  /** Epoch ms; null: never. */
  readonly expiresMs: number | null;
}

/** What a token that was given is. `id` tells tokens apart without telling them. */
export type TokenVerdict =
  | { readonly kind: 'accepted'; readonly role: Role; readonly id: string }
  | { readonly kind: 'expired'; readonly at: string }
  | { readonly kind: 'unknown' };

/** Tokens in one file. */
const MAX_TOKENS = 1_000;
const EXPIRY = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d)?Z)?$/;

export class Tokens {
  private known: readonly KnownToken[];

  constructor(private readonly settings: Pick<Settings, 'token' | 'readToken' | 'tokenFile'>) {
    this.known = this.load();
  }

  /** No token is asked for. */
  get none(): boolean {
    return this.known.length === 0;
  }

  get count(): number {
    return this.known.length;
  }

  /** Reads the token file again; a file that cannot be used is an error, and the tokens stay as they were. */
  reload(): void {
    const known = this.load();
    if (this.known.length > 0 && known.length === 0) {
      throw new BadInput(
        'token-file',
        'the token file names no token any more; the tokens stay as they were',
      );
    }
    this.known = known;
  }

  judge(given: string, nowMs: number = Date.now()): TokenVerdict {
    const digest = digestOf(given);
    let found: KnownToken | null = null;
    // Every one is compared, so that the time tells nothing.
    for (const token of this.known) if (timingSafeEqual(token.digest, digest)) found = token;
    if (found === null) return { kind: 'unknown' };
    if (found.expiresMs !== null && found.expiresMs <= nowMs)
      return { kind: 'expired', at: new Date(found.expiresMs).toISOString() };
    return { kind: 'accepted', role: found.role, id: digest.toString('hex', 0, 8) };
  }

  private load(): KnownToken[] {
    const { token, readToken, tokenFile } = this.settings;
    const known: KnownToken[] = [];
    if (token !== null) known.push({ digest: digestOf(token), role: 'write', expiresMs: null });
    if (readToken !== null) known.push({ digest: digestOf(readToken), role: 'read', expiresMs: null });
    if (tokenFile !== null) known.push(...tokensOfFile(tokenFile));
    const twice = new Set(known.map(({ digest }) => digest.toString('hex'))).size < known.length;
    if (twice) throw new BadInput('token-twice', 'the same token is given twice; expected one role a token');
    return known;
  }
}

function tokensOfFile(path: string): KnownToken[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new BadInput('token-file', `ROOTLINE_TOKEN_FILE cannot be read: ${why}`);
  }
  const known: KnownToken[] = [];
  for (const [i, line] of text.split('\n').entries()) {
    const words = line.replace(/#.*$/, '').trim().split(/\s+/);
    if (words[0] === '') continue;
    known.push(tokenOfLine(words, `${path}:${i + 1}`));
    if (known.length > MAX_TOKENS)
      throw new BadInput('token-file', `${path} names more than ${MAX_TOKENS} tokens (MAX_TOKENS)`);
  }
  return known;
}

function tokenOfLine([role, token, expiry, ...rest]: readonly string[], where: string): KnownToken {
  const good =
    (role === 'read' || role === 'write') &&
    token !== undefined &&
    token.length >= MIN_TOKEN_CHARS &&
    rest.length === 0;
  const expiresMs = expiry === undefined ? null : EXPIRY.test(expiry) ? Date.parse(expiry) : Number.NaN;
  if (good && !Number.isNaN(expiresMs)) return { digest: digestOf(token), role, expiresMs };
  // The line may hold a token: it is not shown.
  throw new BadInput(
    'token-file',
    `${where}: expected "read|write TOKEN [2026-12-31]", the token with at least ${MIN_TOKEN_CHARS} characters`,
  );
}

/** Equal lengths for the comparison, whatever is given. */
function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
