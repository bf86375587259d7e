// Who may talk to the server, and how much. Host names are checked against DNS rebinding, the Origin of everything that
// changes something against foreign pages, and where tokens are set one is asked for: a read token may only read.
// No CORS header is ever sent. The live feed's handshakes go through checkUpgrade().
import { isIP } from 'node:net';
import { isLoopback, type Settings } from '../config/settings.js';
import { Problem } from './problem.js';
import { clientOf, LOOPBACK_RATE_FACTOR, RateLimit } from './rate-limit.js';
import type { Tokens } from './tokens.js';

/** Injection token. */
export const ACCESS = Symbol('Access');

export interface RequestHead {
  readonly method: string;
  readonly path: string;
  readonly host: string | undefined;
  readonly origin: string | undefined;
  readonly fetchSite: string | undefined;
  readonly authorization: string | undefined;
  /** Address of the client's end of the connection. */
  readonly address: string;
  /** A page of elsewhere may not open it even though it is a GET: websocket upgrades. */
  readonly upgrade?: boolean;
}

const SAFE_METHODS = new Set(['GET', 'HEAD']);
const LOOPBACK_NAMES = ['localhost', '127.0.0.1', '::1'];
/** Reads that tell nothing of what is stored. */
const OPEN_PATHS = new Set(['/api/v1/openapi.json', '/api/v1/asyncapi.json', '/api/v1/problems']);

export class Access {
  private readonly names: ReadonlySet<string>;
  private readonly anyAddress: boolean;
  private readonly requests: RateLimit;
  private readonly writes: RateLimit;

  constructor(
    settings: Settings,
    readonly tokens: Tokens,
  ) {
    this.names = new Set([...LOOPBACK_NAMES, settings.host.toLowerCase(), ...settings.allowedHosts]);
    // A name can be rebound to this machine, an address cannot.
    this.anyAddress = !isLoopback(settings.host);
    this.requests = new RateLimit('ROOTLINE_RATE, by address', settings.rate);
    this.writes = new RateLimit('ROOTLINE_WRITE_RATE, by token', settings.writeRate);
  }

  /** Throws the problem that the client is told. */
  check(head: RequestHead): void {
    const client = this.checkSender(head);
    const asks = head.path.startsWith('/api/') || head.path === '/metrics';
    if (client === null || !asks || OPEN_PATHS.has(head.path)) return;
    const safe = SAFE_METHODS.has(head.method);
    const tokenId = this.tokens.none ? null : this.checkToken(head, safe);
    if (!safe) this.writes.take(tokenId ?? client.id, client.factor);
  }

  /**
   * A WebSocket handshake, which browsers let any page send. They let none set its Authorization header, though: without
   * one the token is to be the first message, and the answer is `needed`.
   */
  checkUpgrade(head: RequestHead): 'accepted' | 'not-needed' | 'needed' {
    this.checkSender({ ...head, upgrade: true });
    if (this.tokens.none) return 'not-needed';
    if (head.authorization === undefined) return 'needed';
    this.checkToken(head, true);
    return 'accepted';
  }

  /** May whoever says this read, now? */
  mayRead(token: string): boolean {
    return this.tokens.none || this.tokens.judge(token).kind === 'accepted';
  }

  /** Host, rate and origin. Null: those who watch whether the server lives do not count. */
  private checkSender(head: RequestHead): { readonly id: string; readonly factor: number } | null {
    const name = hostName(head.host);
    if (name === null || !(this.names.has(name) || (this.anyAddress && isIP(name) !== 0))) {
      const known = [...this.names].filter((n) => n !== '0.0.0.0' && n !== '::');
      throw new Problem(
        421,
        'host-not-allowed',
        `the Host header names "${head.host ?? ''}", which this server does not answer for`,
        known,
      );
    }
    if (head.path.startsWith('/health/')) return null;
    const id = clientOf(head.address);
    const factor = isLoopback(id) || id === '0:0:0:0' ? LOOPBACK_RATE_FACTOR : 1;
    this.requests.take(id, factor);
    if (!SAFE_METHODS.has(head.method) || head.upgrade === true) checkOrigin(head);
    return { id, factor };
  }

  /** The token's id. */
  private checkToken({ authorization, method }: RequestHead, safe: boolean): string {
    const given = bearerOf(authorization);
    if (given === null) throw unauthorized('token-missing', 'the request carries no token', null);
    const verdict = this.tokens.judge(given);
    switch (verdict.kind) {
      case 'unknown':
        throw unauthorized('token-unknown', 'the token is none that this server accepts', 'invalid_token');
      case 'expired':
        throw unauthorized('token-expired', `the token ended on ${verdict.at}`, 'invalid_token');
      case 'accepted':
        if (safe || verdict.role === 'write') return verdict.id;
        throw new Problem(403, 'token-read-only', `a read token may not ${method}`, ['a write token']);
    }
  }
}

/** The token of an Authorization header. */
export function bearerOf(authorization: string | undefined): string | null {
  return /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1] ?? null;
}

/** RFC 6750: `error` only where a token was given. */
function unauthorized(code: string, detail: string, error: string | null): Problem {
  const challenge = `Bearer realm="rootline"${error === null ? '' : `, error="${error}"`}`;
  return new Problem(401, code, detail, ['Authorization: Bearer TOKEN'], { 'www-authenticate': challenge });
}

function checkOrigin({ origin, host, fetchSite }: RequestHead): void {
  // Scripts and curl send none.
  if (
    origin === undefined &&
    (fetchSite === undefined || fetchSite === 'same-origin' || fetchSite === 'none')
  )
    return;
  const own = host?.toLowerCase() ?? '';
  if (
    origin !== undefined &&
    (origin.toLowerCase() === `http://${own}` || origin.toLowerCase() === `https://${own}`)
  )
    return;
  throw new Problem(
    403,
    'foreign-origin',
    `a page of ${origin ?? 'another site'} may not change anything here`,
    [`http://${own}`, 'no Origin header'],
  );
}

/** Name or address of a Host header, without port and brackets. */
function hostName(host: string | undefined): string | null {
  const match = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9._-]+))(?::\d{1,5})?$/i.exec(host ?? '');
  return match === null ? null : (match[1] ?? match[2]!).toLowerCase();
}
