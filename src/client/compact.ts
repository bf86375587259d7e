// Events in columns, as the feed's binary messages hold them. The columns are views on the message: nothing is copied,
// and an event becomes an object only when it is asked for.
//
// The layout is in src/store/feed-frames.ts and in the AsyncAPI document.
import { LiveError } from './errors.js';
import type { CatalogueFrame, NamesFrame, RootlineEvent } from './types.js';

const HEADER_BYTES = 32;
const EVENTS = 1;
const VERSION = 1;
const HAS_POSITION = 1;
const HAS_SKIPPED = 2;
const KIND_BITS = 4;

/** What the numbers of one session mean; grows while events come. */
export class Names {
  private readonly threads = new Map<number, string>();
  private readonly sites = new Map<number, { readonly function: string; readonly label: string }>();
  private catalogue: CatalogueFrame | null = null;

  add(frame: CatalogueFrame | NamesFrame): void {
    if (frame.kind === 'catalogue') {
      this.catalogue = frame;
      return;
    }
    for (const { id, name } of frame.threads) this.threads.set(id, name);
    for (const site of frame.sites) this.sites.set(site.id, site);
  }

  thread(id: number): string | null {
    return this.threads.get(id) ?? null;
  }

  site(id: number): { readonly function: string; readonly label: string } | null {
    return this.sites.get(id) ?? null;
  }

  type(code: number): { readonly name: string; readonly values: readonly string[] } {
    return this.catalogue?.types[code] ?? { name: `unknown:${code}`, values: ['a', 'b', 'c'] };
  }

  subjectKind(code: number): string {
    return this.catalogue?.subjects[code] ?? 'unknown';
  }

  isCounted(code: number): boolean {
    return this.catalogue?.counted === code;
  }
}

export class CompactBatch {
  readonly encoding = 'compact';
  readonly session: string;
  /** First and last position that the batch covers; with a filter it may hold fewer events than that, or none. */
  readonly from: number;
  readonly to: number;
  readonly length: number;
  readonly timeNs: Float64Array;
  /** number * 16 + kind */
  readonly subject: Int32Array;
  readonly a: Int32Array;
  readonly b: Int32Array;
  readonly c: Int32Array;
  readonly site: Uint16Array;
  readonly thread: Uint8Array;
  /** Code of the catalogue. */
  readonly type: Uint8Array;
  private readonly positions: Float64Array | null;
  private readonly skipped: Float64Array | null;

  constructor(
    message: ArrayBuffer,
    readonly names: Names,
  ) {
    const head = new DataView(message);
    if (message.byteLength < HEADER_BYTES || head.getUint8(0) !== EVENTS || head.getUint8(1) !== VERSION) {
      throw new LiveError('protocol', 'a binary message is not of this version of the feed');
    }
    const flags = head.getUint16(2, true);
    const n = head.getUint32(4, true);
    this.length = n;
    this.session = String(head.getFloat64(8, true));
    this.from = head.getFloat64(16, true);
    this.to = head.getFloat64(24, true);
    let at = HEADER_BYTES;
    const take = <T extends { readonly byteLength: number }>(
      Kind: new (buffer: ArrayBuffer, at: number, length: number) => T,
    ): T => {
      const column = new Kind(message, at, n);
      at += column.byteLength;
      return column;
    };
    this.timeNs = take(Float64Array);
    this.positions = (flags & HAS_POSITION) === 0 ? null : take(Float64Array);
    this.skipped = (flags & HAS_SKIPPED) === 0 ? null : take(Float64Array);
    this.subject = take(Int32Array);
    this.a = take(Int32Array);
    this.b = take(Int32Array);
    this.c = take(Int32Array);
    this.site = take(Uint16Array);
    this.thread = take(Uint8Array);
    this.type = take(Uint8Array);
  }

  position(i: number): number {
    return this.positions === null ? this.from + i : this.positions[i]!;
  }

  ordinal(i: number): number {
    return this.position(i) + (this.skipped === null ? 0 : this.skipped[i]!);
  }

  event(i: number): RootlineEvent {
    const { names } = this;
    const code = this.type[i]!;
    const { name, values } = names.type(code);
    const site = names.site(this.site[i]!);
    const subject = this.subject[i]!;
    const ordinal = this.ordinal(i);
    const abc = [this.a[i]!, this.b[i]!, this.c[i]!];
    return {
      position: this.position(i),
      ordinal,
      lastOrdinal: names.isCounted(code) ? ordinal + abc[0]! - 1 : ordinal,
      timeNs: this.timeNs[i]!,
      thread: names.thread(this.thread[i]!),
      function: site?.function ?? null,
      label: site?.label ?? null,
      type: name,
      subject: {
        kind: names.subjectKind(subject & ((1 << KIND_BITS) - 1)),
        number: subject >> KIND_BITS,
      },
      values: Object.fromEntries(values.map((value, k) => [value, abc[k]!])),
    };
  }

  get events(): RootlineEvent[] {
    return Array.from({ length: this.length }, (_, i) => this.event(i));
  }
}
