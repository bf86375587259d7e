// Places where events are known to be missing, of what kind, and what would decide a verdict that they leave open.

export type LossKind =
  /** A LOST line: the ring buffer was full. */
  | 'lost'
  /** The header says that the oldest were overwritten. */
  | 'overwritten'
  /** A line that cannot be read, or not as a whole. */
  | 'damaged'
  /** The file ends before the trace does. */
  | 'cut'
  /** A probe's own count of what it missed; nothing says where. */
  | 'missed';

/** Lines, and probes, that are named; all are counted. */
const NAMED = 5;

export class Losses {
  places = 0;
  /** Null: of some place nobody knows how many. */
  private events: number | null = 0;
  /** Events that LOST lines count, and lines that cannot be read. */
  known = 0;
  private firstLine: number | null = null;
  private readonly kinds = new Set<LossKind>();
  private readonly damaged: number[] = [];
  private damagedLines = 0;
  private readonly probes: string[] = [];

  add(kind: LossKind, lineNumber: number, events: number | null): void {
    this.places++;
    this.events = this.events === null || events === null ? null : this.events + events;
    this.firstLine ??= lineNumber;
    if (kind === 'lost' || kind === 'damaged') this.known += events ?? 1;
    this.kinds.add(kind);
    if (kind !== 'damaged') return;
    this.damagedLines++;
    if (this.damaged.length < NAMED) this.damaged.push(lineNumber);
  }

  missed(probe: string, events: number): void {
    this.add('missed', 0, events);
    if (this.probes.length < NAMED) this.probes.push(`${probe} (${events})`);
  }

  report(): { readonly places: number; readonly events: number | null; readonly firstLine: number | null } {
    const { places, events, firstLine } = this;
    return { places, events, firstLine };
  }

  /** In sentences, for a reader. */
  notes(): string[] {
    const out: string[] = [];
    if (this.damagedLines > 0)
      out.push(`${this.lines()} cannot be read, or not whole: what happened there is not known`);
    if (this.probes.length > 0)
      out.push(
        `the kprobe profile says that events were missed, at places that nothing tells: ${this.probes.join(', ')}`,
      );
    return out;
  }

  toDecide(): string {
    const ways: string[] = [];
    if (this.kinds.has('lost') || this.kinds.has('overwritten'))
      ways.push(
        'a recording that lost no event: with a larger buffer (buffer_size_kb), or with fewer events switched on',
      );
    if (this.damagedLines > 0) ways.push(`an undamaged copy of ${this.lines()}`);
    if (this.kinds.has('cut')) ways.push('the whole file: this one was cut off before its end');
    if (this.kinds.has('missed')) ways.push('a recording in which no probe missed an event (kprobe_profile)');
    return ways.join('; ');
  }

  private lines(): string {
    const more = this.damagedLines - this.damaged.length;
    const named = this.damaged.join(', ');
    return `line${this.damagedLines === 1 ? '' : 's'} ${named}${more === 0 ? '' : ` and ${more} more`}`;
  }
}
