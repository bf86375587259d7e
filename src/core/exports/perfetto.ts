// Tracks as a Perfetto trace: a list of TracePackets with TrackEvents, as ui.perfetto.dev and trace_processor read it. The
// field numbers are those of google/perfetto, protos/perfetto/trace (trace_packet, track_event, track_descriptor,
// interned_data). States are slices on tracks of their own, so that every version draws them. Names are interned: each is
// written once and then called by number.
import { ProtoWriter } from './protobuf.js';
import { type Moment, type Part, type Track, type TrackSink, WHOLE } from './tracks.js';

const TRACE = { packet: 1 } as const;
const PACKET = {
  timestamp: 8,
  trustedPacketSequenceId: 10,
  trackEvent: 11,
  internedData: 12,
  sequenceFlags: 13,
  trackDescriptor: 60,
} as const;
const SEQUENCE = { incrementalStateCleared: 1, needsIncrementalState: 2 } as const;
const INTERNED = { eventNames: 2 } as const;
const EVENT_NAME = { iid: 1, name: 2 } as const;
const EVENT = {
  debugAnnotations: 4,
  type: 9,
  nameIid: 10,
  trackUuid: 11,
  name: 23,
  counterValue: 30,
  flowIds: 47,
  terminatingFlowIds: 48,
} as const;
const TYPE = { sliceBegin: 1, sliceEnd: 2, instant: 3, counter: 4 } as const;
const DESCRIPTOR = { uuid: 1, name: 2, process: 3, thread: 4, parentUuid: 5, counter: 8 } as const;
const PROCESS = { pid: 1, processName: 6 } as const;
const THREAD = { pid: 1, tid: 2, threadName: 5 } as const;
const COUNTER = { unit: 3 } as const;
const UNIT_COUNT = 2;
const ANNOTATION = { stringValue: 6, name: 10 } as const;

const SEQUENCE_ID = 1;
const PID = 1;
/** Names beyond this many are written out each time. */
const MAX_INTERNED = 4_096;

/** Numbers of tracks, processes and arrows of one session in a file. */
const TRACKS_OF_PART = 2 ** 20;
const PIDS_OF_PART = 1_000;
const ARROWS_OF_PART = 2 ** 40;

export class PerfettoSink implements TrackSink {
  private readonly sequenceId: number;
  private readonly pid: number;
  private readonly trackBase: number;
  private readonly arrowBase: number;

  constructor({ index }: Part = WHOLE) {
    this.sequenceId = SEQUENCE_ID + index;
    this.pid = PID + index * PIDS_OF_PART;
    this.trackBase = index * TRACKS_OF_PART;
    this.arrowBase = index * ARROWS_OF_PART;
  }

  private readonly out = new ProtoWriter();
  private readonly names = new Map<string, number>();
  private begun = false;

  track(track: Track): void {
    this.out.message(TRACE.packet, (packet) => {
      this.sequence(packet);
      packet.message(PACKET.trackDescriptor, (descriptor) => {
        descriptor.uint(DESCRIPTOR.uuid, this.trackBase + track.id);
        descriptor.text(DESCRIPTOR.name, track.name);
        // A thread belongs to its process by number.
        if (track.parent !== 0 && track.kind !== 'thread')
          descriptor.uint(DESCRIPTOR.parentUuid, this.trackBase + track.parent);
        if (track.kind === 'process') {
          descriptor.message(DESCRIPTOR.process, (process) => {
            process.uint(PROCESS.pid, this.pid);
            process.text(PROCESS.processName, track.name);
          });
        } else if (track.kind === 'thread') {
          descriptor.message(DESCRIPTOR.thread, (thread) => {
            thread.uint(THREAD.pid, this.pid);
            // The number of the process is that of its main thread: threads come after it.
            thread.uint(THREAD.tid, this.pid + 1 + track.thread);
            thread.text(THREAD.threadName, track.name);
          });
        } else if (track.kind === 'counter') {
          descriptor.message(DESCRIPTOR.counter, (counter) => counter.uint(COUNTER.unit, UNIT_COUNT));
        }
      });
    });
  }

  begin(track: Track, timeNs: number, name: string): void {
    this.event(track, timeNs, TYPE.sliceBegin, name);
  }

  end(track: Track, timeNs: number): void {
    this.event(track, timeNs, TYPE.sliceEnd, null);
  }

  instant(track: Track, timeNs: number, name: string, details: readonly (readonly [string, string])[]): void {
    this.event(track, timeNs, TYPE.instant, name, (event) => {
      for (const [key, value] of details) {
        event.message(EVENT.debugAnnotations, (annotation) => {
          annotation.text(ANNOTATION.name, key);
          annotation.text(ANNOTATION.stringValue, value);
        });
      }
    });
  }

  value(track: Track, timeNs: number, value: number): void {
    this.event(track, timeNs, TYPE.counter, null, (event) => event.int(EVENT.counterValue, value));
  }

  arrow(id: number, name: string, from: Moment, to: Moment): void {
    this.event(from.track, from.timeNs, TYPE.instant, name, (event) =>
      event.fixed64(EVENT.flowIds, this.arrowBase + id),
    );
    this.event(to.track, to.timeNs, TYPE.instant, name, (event) =>
      event.fixed64(EVENT.terminatingFlowIds, this.arrowBase + id),
    );
  }

  /** Bytes that wait to be taken. */
  get size(): number {
    return this.out.length;
  }

  /** The trace so far, from where it was taken last. Pieces joined in order are one trace. */
  take(): Uint8Array {
    return this.out.take();
  }

  private event(
    track: Track,
    timeNs: number,
    type: number,
    name: string | null,
    more: (event: ProtoWriter) => void = () => undefined,
  ): void {
    this.out.message(TRACE.packet, (packet) => {
      packet.uint(PACKET.timestamp, timeNs);
      this.sequence(packet);
      const known = name === null ? undefined : this.names.get(name);
      const iid = known ?? (name === null ? undefined : this.intern(packet, name));
      packet.message(PACKET.trackEvent, (event) => {
        event.uint(EVENT.type, type);
        event.uint(EVENT.trackUuid, this.trackBase + track.id);
        if (iid !== undefined) event.uint(EVENT.nameIid, iid);
        else if (name !== null) event.text(EVENT.name, name);
        more(event);
      });
    });
  }

  private intern(packet: ProtoWriter, name: string): number | undefined {
    if (this.names.size >= MAX_INTERNED) return undefined;
    const iid = this.names.size + 1;
    this.names.set(name, iid);
    packet.message(PACKET.internedData, (data) =>
      data.message(INTERNED.eventNames, (entry) => {
        entry.uint(EVENT_NAME.iid, iid);
        entry.text(EVENT_NAME.name, name);
      }),
    );
    return iid;
  }

  private sequence(packet: ProtoWriter): void {
    packet.uint(PACKET.trustedPacketSequenceId, this.sequenceId);
    const cleared = this.begun ? 0 : SEQUENCE.incrementalStateCleared;
    packet.uint(PACKET.sequenceFlags, SEQUENCE.needsIncrementalState | cleared);
    this.begun = true;
  }
}
