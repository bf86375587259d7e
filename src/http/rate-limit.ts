// How much one client may ask: a token bucket for each client address, and a smaller one for what each token writes.
// Buckets are kept for the addresses seen last, a bounded number; a full bucket is the same as none, so forgetting an
// idle client changes nothing.
import { isIPv6 } from 'node:net';
import { Problem } from './problem.js';

/** Buckets hold this many seconds' worth: a page that loads asks many things at once. */
const BURST_SECONDS = 2;
/** Addresses and tokens that are remembered. */
export const MAX_RATE_BUCKETS = 10_000;
/** A client on this machine is held to this many times the rate: scripts, the page, benches. */
export const LOOPBACK_RATE_FACTOR = 100;

interface Bucket {
  left: number;
  atMs: number;
}

export class RateLimit {
  private readonly buckets = new Map<string, Bucket>();

  constructor(
    /** Named in the answer. */
    private readonly name: string,
    private readonly perSecond: number,
    private readonly now: () => number = () => performance.now(),
  ) {}

  get size(): number {
    return this.buckets.size;
  }

  /** Takes one from the client's bucket, or throws the problem that says when there is one again. */
  take(client: string, factor = 1): void {
    const rate = this.perSecond * factor;
    const burst = Math.max(1, rate * BURST_SECONDS);
    const nowMs = this.now();
    const before = this.buckets.get(client);
    const left =
      before === undefined ? burst : Math.min(burst, before.left + ((nowMs - before.atMs) / 1_000) * rate);
    // Last used, last in the order of the map.
    this.buckets.delete(client);
    this.buckets.set(client, { left: left >= 1 ? left - 1 : left, atMs: nowMs });
    if (this.buckets.size > MAX_RATE_BUCKETS) this.buckets.delete(this.buckets.keys().next().value!);
    if (left >= 1) return;
    const seconds = Math.max(1, Math.ceil((1 - left) / rate));
    throw new Problem(
      429,
      'rate-limit',
      `more than ${rate} requests a second (${this.name}); one is accepted again in ${seconds} s`,
      [],
      { 'retry-after': String(seconds) },
    );
  }
}

/** One client has one IPv4 address, or a /64 of IPv6. */
export function clientOf(address: string): string {
  const plain = address.startsWith('::ffff:') ? address.slice('::ffff:'.length) : address;
  if (!isIPv6(plain)) return plain;
  const [head = '', tail] = plain.split('::');
  const front = head === '' ? [] : head.split(':');
  const back = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = Array.from({ length: Math.max(0, 8 - front.length - back.length) }, () => '0');
  return [...front, ...zeros, ...back].slice(0, 4).join(':');
}
