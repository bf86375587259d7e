// Tracks as Chrome's JSON trace (the Trace Event Format): one object with a list of events, each on a line. Times are
// microseconds with three decimals, so no nanosecond is lost. Tracks that are no threads are threads of processes of their
// own, as this form knows nothing else.
import { type Moment, type Part, type Track, type TrackSink, WHOLE } from './tracks.js';

interface Place {
  readonly pid: number;
  readonly tid: number;
}

/** Numbers of processes and arrows of one session in a file. */
const PLACES_OF_PART = 100_000;
const ARROWS_OF_PART = 2 ** 32;

export class ChromeSink implements TrackSink {
  private text: string;
  private first: boolean;
  private readonly last: boolean;
  private readonly alone: boolean;
  private readonly base: number;
  private readonly arrowBase: number;
  private readonly places = new Map<number, Place>();
  private readonly names = new Map<number, string>();

  constructor({ index, of }: Part = WHOLE) {
    this.first = index === 0;
    this.last = index === of - 1;
    this.alone = of === 1;
    this.text = this.first ? '{"displayTimeUnit":"ns","traceEvents":[\n' : '';
    this.base = index * PLACES_OF_PART;
    this.arrowBase = index * ARROWS_OF_PART;
  }

  track({ id, kind, name, parent, thread }: Track): void {
    this.names.set(id, name);
    const pid = this.base + (kind === 'process' || kind === 'group' ? id : parent);
    const tid = kind === 'thread' ? 1 + thread : id;
    this.places.set(id, { pid, tid: kind === 'state' ? 1_000 + id : tid });
    if (kind === 'counter') return;
    const what = kind === 'process' || kind === 'group' ? 'process_name' : 'thread_name';
    // Groups are processes of their own here: of several sessions each says whose it is.
    const whose = kind === 'group' && !this.alone ? `${this.names.get(parent)}: ` : '';
    this.write(`"ph":"M","name":"${what}",${this.place(id)},"args":{"name":${JSON.stringify(whose + name)}}`);
  }

  begin(track: Track, timeNs: number, name: string): void {
    this.write(`"ph":"B","name":${JSON.stringify(name)},"cat":"${track.kind}",${this.at({ track, timeNs })}`);
  }

  end(track: Track, timeNs: number): void {
    this.write(`"ph":"E",${this.at({ track, timeNs })}`);
  }

  instant(track: Track, timeNs: number, name: string, details: readonly (readonly [string, string])[]): void {
    const args = JSON.stringify(Object.fromEntries(details));
    this.write(
      `"ph":"i","s":"t","name":${JSON.stringify(name)},${this.at({ track, timeNs })},"args":${args}`,
    );
  }

  value(track: Track, timeNs: number, value: number): void {
    const name = JSON.stringify(this.names.get(track.id));
    this.write(`"ph":"C","name":${name},${this.at({ track, timeNs })},"args":{"count":${value}}`);
  }

  arrow(id: number, name: string, from: Moment, to: Moment): void {
    const what = `"cat":"flow","name":${JSON.stringify(name)},"id":${this.arrowBase + id}`;
    this.write(`"ph":"s",${what},${this.at(from)}`);
    this.write(`"ph":"f","bp":"e",${what},${this.at(to)}`);
  }

  /** Characters that wait to be taken. */
  get size(): number {
    return this.text.length;
  }

  /** The text so far, from where it was taken last. */
  take(): string {
    const { text } = this;
    this.text = '';
    return text;
  }

  /** The last of the text. */
  finish(): string {
    return this.last ? `${this.take()}\n]}\n` : this.take();
  }

  private write(fields: string): void {
    this.text += `${this.first ? '' : ',\n'}{${fields}}`;
    this.first = false;
  }

  private at({ track, timeNs }: Moment): string {
    const us = Math.floor(timeNs / 1_000);
    return `"ts":${us}.${String(timeNs % 1_000).padStart(3, '0')},${this.place(track.id)}`;
  }

  private place(id: number): string {
    const { pid, tid } = this.places.get(id)!;
    return `"pid":${pid},"tid":${tid}`;
  }
}
