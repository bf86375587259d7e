// What a viewer of traces draws, said once for both trace forms: tracks, and on them slices that nest, values, moments
// and arrows. Times are virtual nanoseconds.

export type TrackKind = 'process' | 'group' | 'thread' | 'state' | 'counter';

export interface Track {
  /** From 1, in the order in which tracks are made. */
  readonly id: number;
  readonly kind: TrackKind;
  readonly name: string;
  /** Track that it is drawn under; 0 for none. */
  readonly parent: number;
  /** Of a thread: its number in the session. */
  readonly thread: number;
}

/** Several sessions in one file: which part this is. Tracks, processes and arrows of parts have numbers of their own. */
export interface Part {
  readonly index: number;
  readonly of: number;
}
export const WHOLE: Part = { index: 0, of: 1 };

export interface TrackSink {
  track(track: Track): void;
  begin(track: Track, timeNs: number, name: string): void;
  end(track: Track, timeNs: number): void;
  /** `details`: name and value, shown when it is selected. */
  instant(track: Track, timeNs: number, name: string, details: readonly (readonly [string, string])[]): void;
  value(track: Track, timeNs: number, value: number): void;
  /** An arrow between two moments; ids are used once. */
  arrow(id: number, name: string, from: Moment, to: Moment): void;
}

export interface Moment {
  readonly track: Track;
  readonly timeNs: number;
}

/**
 * One track with slices inside each other. Rows reach it from different threads, whose clocks need not agree to the
 * nanosecond: a track's time never goes back. While it is not live, slices are only remembered; going live draws them.
 */
export class Lane {
  private readonly open: string[] = [];
  private lastNs = 0;

  constructor(
    readonly track: Track,
    private readonly sink: TrackSink,
    private live: boolean,
  ) {}

  get depth(): number {
    return this.open.length;
  }

  begin(timeNs: number, name: string): void {
    this.open.push(name);
    if (this.live) this.sink.begin(this.track, this.at(timeNs), name);
  }

  end(timeNs: number): void {
    if (this.open.pop() !== undefined && this.live) this.sink.end(this.track, this.at(timeNs));
  }

  /** The slice at this depth becomes another one; nothing when it is that one already. */
  replace(timeNs: number, depth: number, name: string | null): void {
    if (this.open.length === depth + 1 && this.open[depth] === name) return;
    while (this.open.length > depth) this.end(timeNs);
    if (name !== null) this.begin(timeNs, name);
  }

  instant(timeNs: number, name: string, details: readonly (readonly [string, string])[] = []): void {
    if (this.live) this.sink.instant(this.track, this.at(timeNs), name, details);
  }

  value(timeNs: number, value: number): void {
    if (this.live) this.sink.value(this.track, this.at(timeNs), value);
  }

  goLive(timeNs: number): void {
    this.live = true;
    for (const name of this.open) this.sink.begin(this.track, this.at(timeNs), name);
  }

  private at(timeNs: number): number {
    this.lastNs = Math.max(this.lastNs, timeNs);
    return this.lastNs;
  }
}
