// A trace.dat as frames, in the order of time: the pages of all CPUs merged, each record decoded by the file's own formats.
import { type Frame, LINE_CHARS_MAX } from '../frames/frame.js';
import { Bytes, type RandomAccess } from './bytes.js';
import { type CpuPages, type DatFile, readDatFile, type Unpack, unpackBlock } from './dat-file.js';
import { bodyOf, numberOf, type RecordView } from './event-format.js';
import { visitPage } from './ring-page.js';

/** Clocks whose numbers are no times. */
const TICK_CLOCKS: ReadonlySet<string> = new Set(['x86-tsc', 'counter', 'uptime']);

export interface DatReport {
  readonly version: 6 | 7;
  readonly clock: string;
  readonly uname: string | null;
  readonly events: number;
  /** Records of events that the file has no format of. */
  readonly unknownFormats: number;
}

/** @param onFrame events and losses; line numbers are the numbers of the records, from 1 */
export function readTraceDat(file: RandomAccess, unpack: Unpack, onFrame: (frame: Frame) => void): DatReport {
  const frames = traceDatFrames(file, unpack);
  for (;;) {
    const { value, done } = frames.next();
    if (done === true) return value;
    onFrame(value);
  }
}

/** As readTraceDat, one frame whenever one is asked for. */
export function* traceDatFrames(file: RandomAccess, unpack: Unpack): Generator<Frame, DatReport> {
  const dat = readDatFile(file, unpack);
  const clock = TICK_CLOCKS.has(dat.clock) ? ('ticks' as const) : ('ns' as const);
  const offset = clock === 'ns' ? dat.offsetNs : 0;
  const streams = dat.cpus.map((pages) => new CpuStream(file, unpack, dat, pages));
  const sources = streams.filter((stream) => stream.next());
  let number = 0;
  let events = 0;
  let unknownFormats = 0;
  while (sources.length > 0) {
    let first = 0;
    for (let k = 1; k < sources.length; k++) if (sources[k]!.time < sources[first]!.time) first = k;
    const from = sources[first]!;
    number++;
    if (from.lost !== undefined) {
      yield { kind: 'lost', lineNumber: number, cpu: from.cpu, events: from.lost };
      from.lost = undefined;
      continue;
    }
    const record = from.record;
    const id = record.bytes.length >= 2 ? record.view.getUint16(0, dat.littleEndian) : -1;
    const format = dat.formats.get(id);
    if (format === undefined) unknownFormats++;
    else {
      events++;
      const pid = numberOf(record, dat.commonPid);
      const body = bodyOf(format, record);
      const isMark = format.name === 'print';
      yield {
        kind: 'event',
        lineNumber: number,
        task: pid === 0 ? '<idle>' : (dat.tasks.get(pid) ?? '<...>'),
        pid,
        tgid: dat.tgids.get(pid) ?? null,
        cpu: from.cpu,
        clock,
        time: from.time + offset,
        event: isMark ? 'tracing_mark_write' : format.name,
        body: (isMark ? body.slice(body.indexOf('buf=') + 4) : body).slice(0, LINE_CHARS_MAX),
      };
    }
    if (!from.next()) sources.splice(first, 1);
  }
  return { version: dat.version, clock: dat.clock, uname: dat.uname, events, unknownFormats };
}

/** The records of one CPU, page by page. */
class CpuStream {
  time = 0;
  record: RecordView;
  /** Set where events were lost in front of the present record: how many, or null. */
  lost: number | null | undefined = undefined;
  readonly cpu: number;
  private readonly times: number[] = [];
  private readonly froms: number[] = [];
  private readonly lengths: number[] = [];
  private at = 0;
  private page: Uint8Array = new Uint8Array(0);
  /** Pages that are unpacked already. */
  private block: Uint8Array = new Uint8Array(0);
  private blockAt = 0;
  private fileAt: number;
  private readonly fileEnd: number;
  private blocksLeft: number;

  constructor(
    private readonly file: RandomAccess,
    private readonly unpack: Unpack,
    private readonly dat: DatFile,
    private readonly pages: CpuPages,
  ) {
    this.cpu = pages.cpu;
    this.fileAt = pages.offset;
    this.fileEnd = pages.offset + pages.size;
    this.blocksLeft = 0;
    if (pages.packed) {
      this.blocksLeft = new Bytes(file.read(pages.offset, 4), dat.littleEndian, this.name).u32();
      // The size of packed pages does not count the number of blocks in front of them.
      this.fileAt += 4;
      this.fileEnd = Math.min(this.fileEnd + 4, file.size);
    }
    this.record = {
      bytes: this.page,
      view: new DataView(new ArrayBuffer(0)),
      littleEndian: dat.littleEndian,
    };
  }

  private get name(): string {
    return `the pages of CPU ${this.pages.cpu}`;
  }

  /** To the next record; false at the end. */
  next(): boolean {
    while (this.at >= this.times.length) if (!this.nextPage()) return false;
    const { at, page } = this;
    this.time = this.times[at]!;
    const bytes = page.subarray(this.froms[at], this.froms[at]! + this.lengths[at]!);
    this.record = {
      bytes,
      view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength),
      littleEndian: this.dat.littleEndian,
    };
    this.at++;
    return true;
  }

  private nextPage(): boolean {
    const { pageSize, littleEndian, page: layout } = this.dat;
    if (this.blockAt + pageSize > this.block.length && !this.nextBlock()) return false;
    this.page = this.block.subarray(this.blockAt, this.blockAt + pageSize);
    this.blockAt += pageSize;
    this.times.length = 0;
    this.froms.length = 0;
    this.lengths.length = 0;
    this.at = 0;
    visitPage(this.page, layout, littleEndian, {
      record: (time, from, length) => {
        this.times.push(time);
        this.froms.push(from);
        this.lengths.push(length);
      },
      lost: (events) => {
        this.lost = events;
      },
    });
    return true;
  }

  private nextBlock(): boolean {
    const { pageSize } = this.dat;
    this.blockAt = 0;
    if (!this.pages.packed) {
      if (this.fileAt + pageSize > this.fileEnd) return false;
      this.block = this.file.read(this.fileAt, pageSize);
      this.fileAt += pageSize;
      return true;
    }
    if (this.blocksLeft === 0 || this.fileAt + 8 > this.fileEnd) return false;
    this.blocksLeft--;
    const { littleEndian, algorithm } = this.dat;
    const size = new Bytes(this.file.read(this.fileAt, 8), littleEndian, this.name).u32();
    const whole = new Bytes(
      this.file.read(this.fileAt, Math.min(8 + size, this.fileEnd - this.fileAt)),
      littleEndian,
      this.name,
    );
    this.block = unpackBlock({ unpack: this.unpack, algorithm }, whole, this.name);
    this.fileAt += 8 + size;
    return this.block.length >= pageSize;
  }
}
