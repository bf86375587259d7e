// One page of a kernel ring buffer: records with their times, and what was lost in front of it. Written after the layout
// that the file's own header_page states and Documentation/trace/ring-buffer-design.rst.
import { damaged } from './bytes.js';

const TYPE_PADDING = 29;
const TYPE_TIME_EXTEND = 30;
const TYPE_TIME_STAMP = 31;
/** Bits of `commit` above the length: the writer lost events before this page, and the count stands behind the data. */
const COMMIT_LENGTH = 0x07ff_ffff;
const MISSED_EVENTS = 0x8000_0000;
const MISSED_STORED = 0x4000_0000;
const TIME_HIGH_BITS = 2 ** 59;

export interface PageLayout {
  /** Offsets in the page's header, and bytes of `commit` (4 or 8). */
  readonly commitOffset: number;
  readonly commitSize: number;
  readonly dataOffset: number;
}

/** The layout of every 64-bit kernel; a header_page says otherwise where there is another one. */
export const PAGE_LAYOUT_64: PageLayout = { commitOffset: 8, commitSize: 8, dataOffset: 16 };

export function pageLayoutOf(headerPage: string): PageLayout {
  const of = (name: string): { offset: number; size: number } | null => {
    const found = new RegExp(
      String.raw`\b${name}(?:\[[^\]]*\])?;\s*offset:(\d{1,4});\s*size:(\d{1,6});`,
    ).exec(headerPage);
    return found === null ? null : { offset: Number(found[1]), size: Number(found[2]) };
  };
  const commit = of('commit');
  const data = of('data');
  if (commit === null || data === null) return PAGE_LAYOUT_64;
  return { commitOffset: commit.offset, commitSize: commit.size, dataOffset: data.offset };
}

/** Called for each record of a page. `time` in the buffer's own unit: two words would be exact, a number is to 2^53. */
export interface PageVisitor {
  record(time: number, from: number, length: number): void;
  lost(events: number | null): void;
}

export function visitPage(
  page: Uint8Array,
  layout: PageLayout,
  littleEndian: boolean,
  visitor: PageVisitor,
): void {
  const view = new DataView(page.buffer, page.byteOffset, page.byteLength);
  if (page.length < layout.dataOffset) throw damaged(`a page of ${page.length} bytes`);
  const word = (at: number): number => view.getUint32(at, littleEndian);
  const low = littleEndian ? 0 : 4;
  let time = word(4 - low) * 0x1_0000_0000 + word(low);
  const flags = word(layout.commitOffset + (layout.commitSize === 8 ? low : 0));
  const end = layout.dataOffset + (flags & COMMIT_LENGTH);
  if (end > page.length) throw damaged(`a page that says it holds ${end} bytes of ${page.length}`);
  if ((flags & MISSED_EVENTS) !== 0) {
    const stored = (flags & MISSED_STORED) !== 0 && end + 8 <= page.length;
    visitor.lost(stored ? word(end + low) + word(end + 4 - low) * 0x1_0000_0000 : null);
  }
  let at = layout.dataOffset;
  while (at + 4 <= end) {
    const header = word(at);
    const type = littleEndian ? header & 0x1f : header >>> 27;
    const delta = littleEndian ? header >>> 5 : header & COMMIT_LENGTH;
    if (type === TYPE_PADDING) {
      if (delta === 0) return;
      time += delta;
      at += 4 + word(at + 4);
      continue;
    }
    if (type === TYPE_TIME_EXTEND) {
      time += delta + word(at + 4) * 2 ** 27;
      at += 8;
      continue;
    }
    if (type === TYPE_TIME_STAMP) {
      // Absolute; the five highest bits stay.
      time = Math.floor(time / TIME_HIGH_BITS) * TIME_HIGH_BITS + delta + word(at + 4) * 2 ** 27;
      at += 8;
      continue;
    }
    time += delta;
    const length = type === 0 ? word(at + 4) - 4 : type * 4;
    const from = at + (type === 0 ? 8 : 4);
    if (length < 0 || from + length > end) throw damaged(`a record of ${length} bytes at ${at} of a page`);
    visitor.record(time, from, length);
    at = from + length;
  }
}
