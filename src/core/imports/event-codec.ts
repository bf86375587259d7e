// The decoded lines of a trace as bytes, so that a session can be checked without its file: a chunk of them packs to a few
// bytes a line. Lines of no consequence are left out; each line says how many of the session's events it made.
import { BadInput } from '../base/errors.js';
import { ByteReader, ByteWriter } from '../base/varint.js';
import type { FrameEvent } from '../traces/frames/frame.js';
import type { KvmEvent, KvmEventType } from '../traces/kvm-event.js';

/** A decoded line, as it comes out of a session. */
export interface TracedLine {
  readonly lineNumber: number;
  readonly task: string;
  readonly pid: number;
  readonly tgid: number | null;
  readonly cpu: number;
  /** ns or ticks of the trace's own clock. */
  readonly time: number;
  /** Name of the event as printed. */
  readonly name: string;
  readonly event: KvmEvent | { readonly type: 'gap'; readonly lost: number | null };
  /** Events of the session that it made. */
  readonly rows: number;
}

type Kind = 'uint' | 'flag' | 'maybe' | 'text';
type Field = readonly [name: string, kind: Kind];

const vm: Field = ['kvm', 'maybe'];
const vcpu: Field = ['vcpu', 'uint'];
const printed: readonly Field[] = [['root', 'uint'], ['role', 'uint'], ['refcount', 'uint'], vm];

/** Stored codes: append, never reorder. `maybe` is a number or null. */
const FORMS: readonly (readonly [KvmEventType, readonly Field[]])[] = [
  ['mark', [['text', 'text']]],
  [
    'tableInit',
    [
      ['sp', 'uint'],
      ['spt', 'uint'],
      ['role', 'uint'],
      ['isRoot', 'flag'],
      ['gfn', 'maybe'],
      ['sptep', 'maybe'],
    ],
  ],
  ['rootFreed', [['root', 'uint'], vm]],
  [
    'pageAnnounced',
    [
      ['level', 'uint'],
      ['created', 'flag'],
      ['gfn', 'uint'],
      ['role', 'maybe'],
    ],
  ],
  [
    'pageZapped',
    [
      ['level', 'uint'],
      ['gfn', 'maybe'],
    ],
  ],
  [
    'tableFreed',
    [
      ['rcuHead', 'uint'],
      ['spt', 'uint'],
      ['role', 'uint'],
    ],
  ],
  ['mmuLoad', [vcpu, vm]],
  ['lookup', [vcpu, vm, ['role', 'maybe']]],
  ['lookupReturned', [['hpa', 'uint']]],
  ['resetContext', [vcpu, vm]],
  ['unload', [vcpu, vm]],
  ['freeObsolete', [vcpu, vm]],
  ['freeRootPage', [['hpa', 'maybe'], vm]],
  ['put', [...printed, ['shared', 'maybe']]],
  ['nextRoot', [['previous', 'uint'], vm]],
  [
    'nextRootReturned',
    [
      ['root', 'uint'],
      ['caller', 'text'],
    ],
  ],
  ['invalidateAll', [vm]],
  ['zapInvalidated', [vm]],
  ['zapInvalidatedReturned', []],
  ['zapPass', [...printed, ['shared', 'flag']]],
  ['zapScheduled', printed],
  ['workQueued', [['work', 'uint']]],
  [
    'work',
    [
      ['work', 'uint'],
      ['role', 'uint'],
      ['refcount', 'uint'],
    ],
  ],
  ['workReturned', []],
  ['fastZap', [vm]],
  ['fastZapReturned', []],
  ['fastZapAnnounced', []],
  ['zapAll', [vm]],
  ['zapAllRoots', [vm]],
  [
    'spteChanged',
    [
      ['asId', 'uint'],
      ['gfn', 'uint'],
      ['level', 'uint'],
      ['before', 'uint'],
      ['after', 'uint'],
    ],
  ],
  [
    'spteSet',
    [
      ['gfn', 'uint'],
      ['level', 'uint'],
      ['spte', 'uint'],
    ],
  ],
  [
    'fastFault',
    [
      ['vcpu', 'uint'],
      ['address', 'uint'],
    ],
  ],
  [
    'hvaUnmapped',
    [
      ['start', 'uint'],
      ['end', 'uint'],
    ],
  ],
  ['mmuInit', [vm]],
  ['mmuUninit', [vm]],
  ['entry', [vcpu]],
  [
    'exit',
    [
      ['vcpu', 'maybe'],
      ['reason', 'text'],
    ],
  ],
  [
    'pageFault',
    [
      ['vcpu', 'maybe'],
      ['gpa', 'uint'],
      ['errorCode', 'uint'],
    ],
  ],
  [
    'smm',
    [
      ['vcpu', 'uint'],
      ['entering', 'flag'],
    ],
  ],
  ['ignored', []],
  ['unknown', []],
  ['undecodable', [['field', 'text']]],
];
const CODE: ReadonlyMap<string, number> = new Map(FORMS.map(([type], code) => [type, code]));
const GAP = 255;

/** Lines of one chunk. */
export const LINES_PER_CHUNK = 16_384;

export interface LineChunk {
  /** Of its first line. */
  readonly fromLine: number;
  readonly toLine: number;
  /** Position behind which its first line's events stand. */
  readonly afterPosition: number;
  readonly lines: number;
  readonly bytes: Uint8Array;
  /** What all its lines said, those of no consequence too (said.ts). */
  readonly said: string;
}

type LineFrame = Pick<FrameEvent, 'lineNumber' | 'task' | 'pid' | 'tgid' | 'cpu' | 'time' | 'event'>;

/** Numbers of a field are mostly those of the line before: 0 says so. `shared` of a put is null or a flag. */
export class LineWriter {
  private out = new ByteWriter();
  private texts = new Map<string, number>();
  private last = FORMS.map(([, fields]) => fields.map(() => -1));
  private lineNumber = 0;
  private time = 0;
  private fromLine = 0;
  private afterPosition = 0;
  private lines = 0;

  get full(): boolean {
    return this.lines >= LINES_PER_CHUNK;
  }

  /** @param before events of the session in front of this line; `made`: those that it made */
  take(frame: LineFrame, event: KvmEvent, before: number, made: number): void {
    const code = CODE.get(event.type) ?? 0;
    this.head(frame, code, before, made);
    const fields = FORMS[code]![1];
    const last = this.last[code]!;
    const values = event as unknown as Record<string, number | string | boolean | null>;
    for (let k = 0; k < fields.length; k++) {
      const [name, kind] = fields[k]!;
      const value = values[name];
      if (kind === 'text') this.text(String(value));
      else
        this.number(
          typeof value === 'number' ? value : value === null ? -1 : value === true ? 1 : 0,
          last,
          k,
          kind,
        );
    }
  }

  gap(
    frame: Pick<FrameEvent, 'lineNumber' | 'cpu' | 'time'>,
    lost: number | null,
    before: number,
    made: number,
  ): void {
    this.head({ ...frame, task: '', pid: 0, tgid: null, event: '' }, GAP, before, made);
    this.out.uint(lost === null ? 0 : lost + 1);
  }

  private head(frame: LineFrame, code: number, before: number, made: number): void {
    const { out } = this;
    if (this.lines === 0) {
      this.fromLine = frame.lineNumber;
      this.afterPosition = before;
      this.lineNumber = frame.lineNumber;
      this.time = frame.time;
      out.uint(frame.lineNumber);
      out.uint(frame.time);
    }
    this.lines++;
    out.byte(code);
    out.uint(Math.max(0, frame.lineNumber - this.lineNumber));
    this.lineNumber = Math.max(this.lineNumber, frame.lineNumber);
    const step = frame.time - this.time;
    out.uint(step >= 0 ? step * 2 : -step * 2 - 1);
    this.time = frame.time;
    out.uint(frame.pid);
    this.text(frame.task);
    this.text(frame.event);
    out.uint(frame.tgid === null ? 0 : frame.tgid + 1);
    out.uint(frame.cpu + 1);
    out.uint(made);
  }

  private number(value: number, last: number[], k: number, kind: Kind): void {
    const { out } = this;
    if (kind === 'flag') out.byte(value);
    else if (value === last[k]) out.byte(0);
    else {
      last[k] = value;
      // -1 (null, or a count that is negative) is 1.
      out.uint(value + 2 < 0 ? 1 : value + 2);
    }
  }

  private text(text: string): void {
    const known = this.texts.get(text);
    if (known !== undefined) {
      this.out.uint(known + 1);
      return;
    }
    this.texts.set(text, this.texts.size);
    this.out.uint(0);
    this.out.uint(text.length);
    for (let i = 0; i < text.length; i++) this.out.uint(text.charCodeAt(i));
  }

  /** @param said text of the chunk's lines: it may have more of them than were decoded, and nothing but them */
  takeChunk(said: string): LineChunk | null {
    if (this.lines === 0) {
      if (said === '') return null;
      this.fromLine = this.lineNumber;
      this.out.uint(0);
      this.out.uint(0);
    }
    const { fromLine, lineNumber: toLine, afterPosition, lines } = this;
    const bytes = this.out.take();
    this.lines = 0;
    this.texts = new Map();
    for (const last of this.last) last.fill(-1);
    return { fromLine, toLine, afterPosition, lines, bytes, said };
  }
}

/** The lines of a chunk, in order. */
export function readLines({ lines: count, bytes }: Pick<LineChunk, 'lines' | 'bytes'>): TracedLine[] {
  const r = new ByteReader(bytes);
  const texts: string[] = [];
  const last = FORMS.map(([, fields]) => fields.map(() => -1));
  const text = (): string => {
    const known = r.uint();
    if (known > 0) return texts[known - 1] ?? damaged();
    let out = '';
    for (let n = r.uint(); n > 0; n--) out += String.fromCharCode(r.uint());
    texts.push(out);
    return out;
  };
  const lines: TracedLine[] = [];
  let lineNumber = r.uint();
  let time = r.uint();
  for (let i = 0; i < count; i++) {
    const code = r.uint8();
    lineNumber += r.uint();
    const step = r.uint();
    time += step % 2 === 0 ? step / 2 : -(step + 1) / 2;
    const pid = r.uint();
    const task = text();
    const name = text();
    const tgid = r.uint();
    const cpu = r.uint() - 1;
    const rows = r.uint();
    const head = { lineNumber, task, pid, tgid: tgid === 0 ? null : tgid - 1, cpu, time, name, rows };
    if (code === GAP) {
      const lost = r.uint();
      lines.push({ ...head, event: { type: 'gap', lost: lost === 0 ? null : lost - 1 } });
      continue;
    }
    const [type, fields] = FORMS[code] ?? damaged();
    const event: Record<string, unknown> = { type };
    const before = last[code]!;
    for (let k = 0; k < fields.length; k++) {
      const [field, kind] = fields[k]!;
      if (kind === 'text') event[field] = text();
      else if (kind === 'flag') event[field] = r.uint8() !== 0;
      else {
        const n = r.uint();
        if (n > 0) before[k] = n - 2;
        const value = before[k]!;
        event[field] = kind === 'maybe' && value < 0 ? null : field === 'shared' ? value !== 0 : value;
      }
    }
    lines.push({ ...head, event: event as unknown as KvmEvent });
  }
  return lines;
}

function damaged(): never {
  throw new BadInput('trace-chunk-damaged', 'a stored chunk of a trace has no readable form');
}
