// Tracks as Chrome's JSON trace (the Trace Event Format): one object with a list of events, each on a line. Times are
// microseconds with three decimals, so no nanosecond is lost. Tracks that are no threads are threads of processes of their
// own, as this form knows nothing else.
import type { Moment, Track, TrackSink } from './tracks.js';

interface Place {
  readonly pid: number;
  readonly tid: number;
}

export class ChromeSink implements TrackSink {
  private text = '{"displayTimeUnit":"ns","traceEvents":[\n';
  private first = true;
  private readonly places = new Map<number, Place>();
  private readonly names = new Map<number, string>();

  track({ id, kind, name, parent, thread }: Track): void {
    this.names.set(id, name);
    const pid = kind === 'process' || kind === 'group' ? id : parent;
    const tid = kind === 'thread' ? 1 + thread : id;
    this.places.set(id, { pid, tid: kind === 'state' ? 1_000 + id : tid });
    if (kind === 'counter') return;
    const what = kind === 'process' || kind === 'group' ? 'process_name' : 'thread_name';
    this.write(`"ph":"M","name":"${what}",${this.place(id)},"args":{"name":${JSON.stringify(name)}}`);
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
    const what = `"cat":"flow","name":${JSON.stringify(name)},"id":${id}`;
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
    return `${this.take()}\n]}\n`;
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
