// A tracing `format` file: name, id and the fields of an event; and an event's bytes as the text `name=value ...` that the
// decoders of raw reports read. Written after Documentation/trace/events.rst.
import { latin1 } from './bytes.js';

export interface Field {
  readonly name: string;
  readonly type: string;
  readonly offset: number;
  readonly size: number;
  readonly signed: boolean;
  /** `__data_loc char[]`: a word that says where in the record the bytes are. */
  readonly dataLocation: boolean;
  /** Of bytes that are text. */
  readonly text: boolean;
  /** Elements of an array; 0 for a plain value. */
  readonly elements: number;
}

export interface EventFormat {
  readonly name: string;
  readonly id: number;
  readonly common: readonly Field[];
  readonly fields: readonly Field[];
}

/** Fields of one event that are read. */
const FIELDS_MAX = 128;
/** Elements of an array, and characters of a text, that are written out. */
const ELEMENTS_MAX = 64;
const TEXT_MAX = 4_096;

const FIELD = /^\s*field:([^;]+);\s*offset:(\d{1,6});\s*size:(\d{1,6});(?:\s*signed:(\d);)?/;

/** Null where the text has no name or id: not an event that could be read. */
export function parseFormat(text: string): EventFormat | null {
  const name = /^name:\s*(\S+)/m.exec(text)?.[1];
  const id = /^ID:\s*(\d{1,7})/m.exec(text)?.[1];
  if (name === undefined || id === undefined) return null;
  const fields: Field[] = [];
  for (const line of text.split('\n')) {
    if (line.startsWith('print fmt')) break;
    const field = fieldOf(line);
    if (field !== null && fields.length < FIELDS_MAX) fields.push(field);
  }
  return {
    name,
    id: Number(id),
    common: fields.filter((field) => field.name.startsWith('common_')),
    fields: fields.filter((field) => !field.name.startsWith('common_')),
  };
}

export function fieldOf(line: string): Field | null {
  const found = FIELD.exec(line);
  if (found === null) return null;
  const [, declaration, offset, size, signed] = found;
  const whole = (declaration ?? '').trim();
  const dataLocation = whole.startsWith('__data_loc');
  const named = /^(.*?)([A-Za-z_]\w*)\s*((?:\[[^\]]*\])?)$/.exec(whole);
  if (named === null) return null;
  const type = (named[1] ?? '').replace('__data_loc', '').trim();
  const array = (named[3] ?? '') !== '' || (dataLocation && type.endsWith(']'));
  const element = elementSize(type);
  return {
    name: named[2] ?? '',
    type,
    offset: Number(offset),
    size: Number(size),
    signed: signed === '1',
    dataLocation,
    text: /\bchar\b/.test(type) && !/unsigned|u8/.test(type),
    elements: array && !dataLocation ? Math.max(1, Math.floor(Number(size) / element)) : 0,
  };
}

function elementSize(type: string): number {
  if (/\b(?:char|u8|s8|__u8|unsigned char|bool)\b/.test(type)) return 1;
  if (/\b(?:u16|s16|short)\b/.test(type)) return 2;
  if (/\b(?:u32|s32|int|unsigned)\b/.test(type) && !/long/.test(type)) return 4;
  return 8;
}

/** Reads numbers of one record. */
export interface RecordView {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly littleEndian: boolean;
}

/** A field as a number, for the common ones (they have 4 bytes at most). */
export function numberOf(record: RecordView, field: Field): number {
  const { view, littleEndian } = record;
  if (field.offset + field.size > record.bytes.length) return 0;
  switch (field.size) {
    case 1:
      return field.signed ? view.getInt8(field.offset) : view.getUint8(field.offset);
    case 2:
      return field.signed
        ? view.getInt16(field.offset, littleEndian)
        : view.getUint16(field.offset, littleEndian);
    default:
      return field.signed
        ? view.getInt32(field.offset, littleEndian)
        : view.getUint32(field.offset, littleEndian);
  }
}

/** `gfn=0x601 level=1`: 64-bit values and unsigned words always in hex with 0x, all else in decimal. */
export function bodyOf(format: EventFormat, record: RecordView): string {
  let out = '';
  for (const field of format.fields) {
    const value = fieldText(field, record);
    if (value === null) continue;
    out += out === '' ? `${field.name}=${value}` : ` ${field.name}=${value}`;
  }
  return out;
}

function fieldText(field: Field, record: RecordView): string | null {
  const { bytes } = record;
  if (field.dataLocation) {
    if (field.offset + 4 > bytes.length) return null;
    const word = record.view.getUint32(field.offset, record.littleEndian);
    return textAt(bytes, word & 0xffff, word >>> 16);
  }
  if (field.size === 0) return textAt(bytes, field.offset, bytes.length - field.offset);
  if (field.offset + field.size > bytes.length) return null;
  if (field.elements > 0) {
    if (field.text) return textAt(bytes, field.offset, field.size);
    const step = field.size / field.elements;
    const shown = Math.min(field.elements, ELEMENTS_MAX);
    const parts = Array.from({ length: shown }, (_, k) =>
      scalar(record, field.offset + k * step, step, field.signed),
    );
    return `ARRAY[${parts.join(',')}]`;
  }
  return scalar(record, field.offset, field.size, field.signed);
}

function scalar(record: RecordView, offset: number, size: number, signed: boolean): string {
  const { view, littleEndian } = record;
  switch (size) {
    case 1:
      return String(signed ? view.getInt8(offset) : view.getUint8(offset));
    case 2:
      return String(signed ? view.getInt16(offset, littleEndian) : view.getUint16(offset, littleEndian));
    case 4:
      return signed
        ? String(view.getInt32(offset, littleEndian))
        : `0x${view.getUint32(offset, littleEndian).toString(16)}`;
    default: {
      const low = view.getUint32(offset + (littleEndian ? 0 : 4), littleEndian);
      const high = view.getUint32(offset + (littleEndian ? 4 : 0), littleEndian);
      return high === 0
        ? `0x${low.toString(16)}`
        : `0x${high.toString(16)}${low.toString(16).padStart(8, '0')}`;
    }
  }
}

function textAt(bytes: Uint8Array, offset: number, length: number): string {
  const end = Math.min(offset + length, bytes.length, offset + TEXT_MAX);
  const nul = bytes.indexOf(0, offset);
  return latin1(bytes.subarray(offset, nul >= 0 && nul < end ? nul : end)).trimEnd();
}
