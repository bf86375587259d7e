// The container of a trace.dat, versions 6 and 7 (trace-cmd's own documentation, trace-cmd.dat.v6.5 and .v7.5): what the
// formats of its events are, who its tasks are, and where the pages of each CPU lie.
import { BadInput } from '../../base/errors.js';
import { Bytes, damaged, latin1, type RandomAccess } from './bytes.js';
import { type EventFormat, type Field, parseFormat } from './event-format.js';
import { PAGE_LAYOUT_64, type PageLayout, pageLayoutOf } from './ring-page.js';

/** Unpacks one compressed block. Throws BadInput where it is damaged or unpacks to more than `size` bytes. */
export type Unpack = (algorithm: string, bytes: Uint8Array, size: number) => Uint8Array;

/** Bytes of one section once unpacked (kallsyms has some megabytes), and of one block of a CPU's pages. */
export const SECTION_BYTES_MAX = 64 * 1024 * 1024;
const CPUS_MAX = 4_096;
const FORMATS_MAX = 20_000;
const OPTIONS_MAX = 4_096;

export interface CpuPages {
  readonly cpu: number;
  readonly offset: number;
  readonly size: number;
  /** Pages are packed in blocks. */
  readonly packed: boolean;
}

export interface DatFile {
  readonly version: 6 | 7;
  readonly littleEndian: boolean;
  readonly pageSize: number;
  readonly algorithm: string;
  readonly page: PageLayout;
  readonly formats: ReadonlyMap<number, EventFormat>;
  readonly commonPid: Field;
  /** Names by pid. */
  readonly tasks: ReadonlyMap<number, string>;
  readonly tgids: ReadonlyMap<number, number>;
  readonly clock: string;
  readonly uname: string | null;
  /** To be added to each time (option OFFSET), in ns. */
  readonly offsetNs: number;
  readonly cpus: readonly CpuPages[];
}

const MAGIC = [0x17, 0x08, 0x44, 0x74, 0x72, 0x61, 0x63, 0x69, 0x6e, 0x67];

export function isTraceDat(head: Uint8Array): boolean {
  return head.length >= MAGIC.length && MAGIC.every((byte, k) => head[k] === byte);
}

const OPTION = {
  DONE: 0,
  BUFFER: 3,
  TRACECLOCK: 4,
  UNAME: 5,
  OFFSET: 7,
  CPUCOUNT: 8,
  HEADER_INFO: 16,
  FTRACE_EVENTS: 17,
  EVENT_FORMATS: 18,
  CMDLINES: 21,
} as const;

interface Found {
  page: PageLayout;
  readonly formats: Map<number, EventFormat>;
  readonly tasks: Map<number, string>;
  clock: string;
  uname: string | null;
  offsetNs: number;
  cpus: CpuPages[];
}

export function readDatFile(file: RandomAccess, unpack: Unpack): DatFile {
  const head = new Bytes(file.read(0, Math.min(file.size, 4_096)), true, 'the head of the file');
  if (!isTraceDat(head.bytes)) throw damaged('it does not begin as a trace.dat does');
  head.at = MAGIC.length;
  const version = head.text();
  if (version !== '6' && version !== '7')
    throw new BadInput('trace-dat-version', `trace.dat: version ${version}; expected version 6 or 7`, [
      '6',
      '7',
    ]);
  const littleEndian = head.u8() === 0;
  const inOrder = new Bytes(head.bytes, littleEndian, 'the head of the file');
  inOrder.at = head.at + 1;
  const pageSize = inOrder.u32();
  if (pageSize < 4_096 || pageSize > 1 << 20) throw damaged(`pages of ${pageSize} bytes`);
  const found: Found = {
    page: PAGE_LAYOUT_64,
    formats: new Map(),
    tasks: new Map(),
    clock: 'local',
    uname: null,
    offsetNs: 0,
    cpus: [],
  };
  let algorithm = 'none';
  if (version === '7') {
    algorithm = inOrder.text();
    inOrder.text();
    readVersion7({ file, unpack, algorithm, littleEndian, pageSize }, inOrder.u64(), found);
  } else {
    readVersion6(file, littleEndian, inOrder.at, found);
  }
  const any = [...found.formats.values()][0];
  const commonPid = any?.common.find((field) => field.name === 'common_pid');
  if (commonPid === undefined) throw damaged('no event format says where the pid is');
  return {
    version: version === '6' ? 6 : 7,
    littleEndian,
    pageSize,
    algorithm,
    ...found,
    commonPid,
    tgids: new Map(),
  };
}

// ---- version 7: sections and options -----------------------------------------------------------------------------------

interface Source {
  readonly file: RandomAccess;
  readonly unpack: Unpack;
  readonly algorithm: string;
  readonly littleEndian: boolean;
  readonly pageSize: number;
}

interface Section {
  readonly id: number;
  readonly packed: boolean;
  readonly body: number;
  readonly size: number;
}

function sectionAt(source: Source, offset: number): Section {
  if (offset + 16 > source.file.size) throw damaged(`a section at ${offset} of ${source.file.size} bytes`);
  const bytes = new Bytes(source.file.read(offset, 16), source.littleEndian, `the section at ${offset}`);
  const id = bytes.u16();
  const packed = (bytes.u16() & 1) !== 0;
  bytes.u32();
  const size = bytes.u64();
  if (offset + 16 + size > source.file.size) throw damaged(`the section at ${offset} ends behind the file`);
  return { id, packed, body: offset + 16, size };
}

function bodyOfSection(source: Source, section: Section, name: string): Bytes {
  if (section.size > SECTION_BYTES_MAX) throw damaged(`${name} has ${section.size} bytes`);
  const raw = source.file.read(section.body, section.size);
  if (!section.packed) return new Bytes(raw, source.littleEndian, name);
  const block = new Bytes(raw, source.littleEndian, name);
  return new Bytes(unpackBlock(source, block, name), source.littleEndian, name);
}

/** `packed size, size, bytes` */
export function unpackBlock(
  source: Pick<Source, 'unpack' | 'algorithm'>,
  block: Bytes,
  name: string,
): Uint8Array {
  const packed = block.u32();
  const size = block.u32();
  if (size > SECTION_BYTES_MAX) throw damaged(`${name} would unpack to ${size} bytes`);
  return source.unpack(source.algorithm, block.slice(packed), size);
}

function readVersion7(source: Source, first: number, found: Found): void {
  const seen = new Set<number>();
  let offset = first;
  let count = 0;
  while (offset !== 0) {
    if (seen.has(offset)) throw damaged('its options go round in a circle');
    seen.add(offset);
    const section = sectionAt(source, offset);
    if (section.id !== OPTION.DONE) throw damaged(`section ${section.id} where options were expected`);
    const options = bodyOfSection(source, section, 'the options');
    offset = 0;
    while (options.left >= 6) {
      if (++count > OPTIONS_MAX) throw damaged(`more than ${OPTIONS_MAX} options`);
      const id = options.u16();
      const size = options.u32();
      const body = new Bytes(options.slice(size), source.littleEndian, `option ${id}`);
      if (id === OPTION.DONE) {
        offset = body.left >= 8 ? body.u64() : 0;
        break;
      }
      takeOption7(source, id, body, found);
    }
  }
}

function takeOption7(source: Source, id: number, body: Bytes, found: Found): void {
  const section = (name: string): Bytes => bodyOfSection(source, sectionAt(source, body.u64()), name);
  switch (id) {
    case OPTION.HEADER_INFO:
      readHeaderInfo(section('the page header'), found);
      break;
    case OPTION.FTRACE_EVENTS:
      readFormats(section('the ftrace formats'), found);
      break;
    case OPTION.EVENT_FORMATS:
      readSystems(section('the event formats'), found);
      break;
    case OPTION.CMDLINES: {
      const lines = section('the task names');
      readTasks(latin1(lines.slice(lines.u64())), found);
      break;
    }
    case OPTION.BUFFER:
      // Only the top buffer: an instance has events of its own that repeat these.
      if (found.cpus.length === 0) readBuffer7(source, body, found);
      break;
    default:
      takeOption(id, body, found);
  }
}

function readBuffer7(source: Source, body: Bytes, found: Found): void {
  const section = sectionAt(source, body.u64());
  body.text();
  found.clock = body.text() || found.clock;
  body.u32();
  const cpus = body.u32();
  if (cpus > CPUS_MAX) throw damaged(`${cpus} CPUs`);
  for (let k = 0; k < cpus; k++) {
    const cpu = body.u32();
    const offset = body.u64();
    const size = body.u64();
    addCpu(source.file, found, { cpu, offset, size, packed: section.packed });
  }
}

function addCpu(file: RandomAccess, found: Found, pages: CpuPages): void {
  if (pages.offset + pages.size > file.size)
    throw damaged(`the pages of CPU ${pages.cpu} end behind the file`);
  if (pages.size > 0) found.cpus.push(pages);
}

// ---- version 6: one part after the other -------------------------------------------------------------------------------

/** Bytes of a version 6 file in front of its pages. */
const HEAD_BYTES_MAX = 256 * 1024 * 1024;

function readVersion6(file: RandomAccess, littleEndian: boolean, from: number, found: Found): void {
  const size = Math.min(file.size, HEAD_BYTES_MAX);
  const bytes = new Bytes(file.read(0, size), littleEndian, 'the head of the file');
  bytes.at = from;
  readHeaderInfo(bytes, found);
  readFormats(bytes, found);
  readSystems(bytes, found);
  bytes.slice(bytes.u32());
  bytes.slice(bytes.u32());
  readTasks(latin1(bytes.slice(bytes.u64())), found);
  const cpus = bytes.u32();
  if (cpus > CPUS_MAX) throw damaged(`${cpus} CPUs`);
  let kind = bytes.text();
  if (kind.trim() === 'options') {
    for (let id = bytes.u16(), n = 0; id !== OPTION.DONE; id = bytes.u16()) {
      if (++n > OPTIONS_MAX) throw damaged(`more than ${OPTIONS_MAX} options`);
      const length = bytes.u32();
      takeOption(id, new Bytes(bytes.slice(length), littleEndian, `option ${id}`), found);
    }
    kind = bytes.text();
  }
  if (kind.trim() !== 'flyrecord') {
    throw new BadInput(
      'trace-dat-kind',
      `trace.dat: it holds "${kind.trim()}"; expected "flyrecord", a recording of the ring buffer`,
      ['flyrecord'],
    );
  }
  for (let cpu = 0; cpu < cpus; cpu++) {
    const offset = bytes.u64();
    addCpu(file, found, { cpu, offset, size: bytes.u64(), packed: false });
  }
}

// ---- parts that both have ----------------------------------------------------------------------------------------------

function readHeaderInfo(bytes: Bytes, found: Found): void {
  if (bytes.text() !== 'header_page') throw damaged('no header_page');
  found.page = pageLayoutOf(latin1(bytes.slice(bytes.u64())));
  if (bytes.text() !== 'header_event') throw damaged('no header_event');
  bytes.slice(bytes.u64());
}

function readFormats(bytes: Bytes, found: Found): void {
  const count = bytes.u32();
  if (count > FORMATS_MAX) throw damaged(`${count} event formats`);
  for (let k = 0; k < count; k++) {
    const format = parseFormat(latin1(bytes.slice(bytes.u64())));
    if (format !== null) found.formats.set(format.id, format);
  }
}

function readSystems(bytes: Bytes, found: Found): void {
  const systems = bytes.u32();
  if (systems > FORMATS_MAX) throw damaged(`${systems} event systems`);
  for (let k = 0; k < systems; k++) {
    bytes.text();
    readFormats(bytes, found);
  }
}

function readTasks(text: string, found: Found): void {
  for (const line of text.split('\n')) {
    const space = line.indexOf(' ');
    if (space > 0) found.tasks.set(Number(line.slice(0, space)), line.slice(space + 1));
  }
}

function takeOption(id: number, body: Bytes, found: Found): void {
  switch (id) {
    case OPTION.TRACECLOCK:
      // "local global counter [mono]": the one in brackets.
      found.clock = /\[([\w-]+)\]/.exec(latin1(body.bytes))?.[1] ?? found.clock;
      break;
    case OPTION.UNAME:
      found.uname = latin1(body.bytes).replace(/\0+$/, '');
      break;
    case OPTION.OFFSET: {
      const text = latin1(body.bytes).replace(/\0+$/, '').trim();
      found.offsetNs = /^-?(?:0x[0-9a-f]{1,13}|\d{1,15})$/i.test(text) ? Number(text) : 0;
      break;
    }
    default:
      break;
  }
}
