// Who may talk to the server. Host names are checked against DNS rebinding, the Origin of everything that changes
// something against foreign pages, and beyond loopback a token is asked for. No CORS header is ever sent.
import { createHash, timingSafeEqual } from 'node:crypto';
import { isIP } from 'node:net';
import { isLoopback, type Settings } from '../config/settings.js';
import { Problem } from './problem.js';

export interface RequestHead {
  readonly method: string;
  readonly path: string;
  readonly host: string | undefined;
  readonly origin: string | undefined;
  readonly fetchSite: string | undefined;
  readonly authorization: string | undefined;
}

const SAFE_METHODS = new Set(['GET', 'HEAD']);
const LOOPBACK_NAMES = ['localhost', '127.0.0.1', '::1'];
/** Reads that tell nothing of what is stored. */
const OPEN_PATHS = new Set(['/api/v1/openapi.json']);

export class Access {
  private readonly names: ReadonlySet<string>;
  private readonly anyAddress: boolean;
  private readonly token: Buffer | null;

  constructor(settings: Settings) {
    this.names = new Set([...LOOPBACK_NAMES, settings.host.toLowerCase(), ...settings.allowedHosts]);
    // A name can be rebound to this machine, an address cannot.
    this.anyAddress = !isLoopback(settings.host);
    this.token = settings.token === null ? null : digest(settings.token);
  }

  /** Throws the problem that the client is told. */
  check(head: RequestHead): void {
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
    if (!SAFE_METHODS.has(head.method)) checkOrigin(head);
    if (this.token !== null && head.path.startsWith('/api/') && !OPEN_PATHS.has(head.path))
      this.checkToken(head);
  }

  private checkToken({ authorization }: RequestHead): void {
    const given = /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1];
    if (given !== undefined && timingSafeEqual(digest(given), this.token!)) return;
    const what =
      given === undefined
        ? 'the request carries no token'
        : 'the token is not the one this server was started with';
    throw new Problem(401, 'token', what, ['Authorization: Bearer <ROOTLINE_TOKEN>']);
  }
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

/** Equal lengths for the comparison, whatever is given. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
