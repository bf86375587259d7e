// Stored rows in words: the JSON object of one event, as pages and NDJSON streams give it to people and scripts.

import { E, EVENT_BY_CODE } from '../core/events/catalogue.js';
import { SUBJECT_RADIX, SUBJECTS } from '../core/events/define.js';
import type { DictionaryEntry } from '../core/run/contract.js';
import type { EventRows } from './event-rows.js';

export interface ReadableEvent {
  readonly position: number;
  /** Number in the full stream; a Counted event stands for `ordinal` to `lastOrdinal`. */
  readonly ordinal: number;
  readonly lastOrdinal: number;
  readonly timeNs: number;
  readonly thread: string | null;
  readonly function: string | null;
  readonly label: string | null;
  readonly type: string;
  readonly subject: { readonly kind: string; readonly number: number };
  readonly values: { readonly [name: string]: number };
  /** Of the trace, in an imported session. */
  readonly line?: number;
}

/** Names of one session, by id. */
export class NameTable {
  private readonly threads = new Map<number, string>();
  private readonly sites = new Map<number, { readonly function: string; readonly label: string }>();
  /** The thread's and the site's part of a line, ready to be written. */
  private readonly threadText = new Map<number, string>();
  private readonly siteText = new Map<number, string>();

  /** Names in the table. */
  readonly size: number;

  constructor(dictionary: readonly DictionaryEntry[]) {
    this.size = dictionary.length;
    for (const entry of dictionary) {
      if (entry.kind === 'thread') this.threads.set(entry.id, entry.name);
      else this.sites.set(entry.id, { function: entry.function, label: entry.label });
    }
  }

  hasSite(id: number): boolean {
    return this.sites.has(id);
  }

  hasThread(id: number): boolean {
    return this.threads.has(id);
  }

  thread(id: number): string | null {
    return this.threads.get(id) ?? null;
  }

  function(site: number): string | null {
    return this.sites.get(site)?.function ?? null;
  }

  label(site: number): string | null {
    return this.sites.get(site)?.label ?? null;
  }

  threadJson(id: number): string {
    let text = this.threadText.get(id);
    if (text === undefined) {
      text = JSON.stringify(this.thread(id));
      this.threadText.set(id, text);
    }
    return text;
  }

  functionAndLabelJson(site: number): string {
    let text = this.siteText.get(site);
    if (text === undefined) {
      text = `"function":${JSON.stringify(this.function(site))},"label":${JSON.stringify(this.label(site))}`;
      this.siteText.set(site, text);
    }
    return text;
  }
}

export function readableEvent(rows: EventRows, i: number, names: NameTable): ReadableEvent {
  const type = rows.type[i]!;
  const subject = rows.subject[i]!;
  const ordinal = rows.position[i]! + rows.skipped[i]!;
  const abc = [rows.a[i]!, rows.b[i]!, rows.c[i]!];
  return {
    position: rows.position[i]!,
    ordinal,
    lastOrdinal: lastOrdinal(type, ordinal, rows.a[i]!),
    timeNs: rows.timeNs[i]!,
    thread: names.thread(rows.thread[i]!),
    function: names.function(rows.site[i]!),
    label: names.label(rows.site[i]!),
    type: eventTypeName(type),
    subject: { kind: subjectKind(subject), number: Math.floor(subject / SUBJECT_RADIX) },
    values: Object.fromEntries(valueNames(type).map((name, k) => [name, abc[k]!])),
  };
}

/** The parts of a line that depend on the type only, made once. */
interface LineParts {
  readonly type: string;
  /** `"refcount":` and so on. */
  readonly keys: readonly string[];
}
const LINE_PARTS: (LineParts | undefined)[] = [];

function linePartsOf(type: number): LineParts {
  const parts = {
    type: `,"type":"${eventTypeName(type)}","subject":{"kind":"`,
    keys: valueNames(type).map((name, k) => `${k === 0 ? '' : ','}"${name}":`),
  };
  LINE_PARTS[type] = parts;
  return parts;
}

/** The same objects as text, one a line. @param lines of the trace, 0: not known; of an imported session */
export function ndjsonOf(rows: EventRows, names: NameTable, lines: readonly number[] | null = null): string {
  return objectsText(rows, names, '\n', lines);
}

/** The objects, `after` behind each of them. Built by hand: several times faster than JSON.stringify. */
export function objectsText(
  rows: EventRows,
  names: NameTable,
  after: string,
  lines: readonly number[] | null = null,
): string {
  let text = '';
  for (let i = 0; i < rows.length; i++) {
    const type = rows.type[i]!;
    const { type: typeText, keys } = LINE_PARTS[type] ?? linePartsOf(type);
    const subject = rows.subject[i]!;
    const ordinal = rows.position[i]! + rows.skipped[i]!;
    const last = lastOrdinal(type, ordinal, rows.a[i]!);
    const values = keys.length === 0 ? '' : keys[0]! + rows.a[i]!;
    const second = keys.length > 1 ? keys[1]! + rows.b[i]! : '';
    const third = keys.length > 2 ? keys[2]! + rows.c[i]! : '';
    const line = lines === null || lines[i] === 0 ? '' : `,"line":${lines[i]}`;
    text +=
      `{"position":${rows.position[i]},"ordinal":${ordinal},"lastOrdinal":${last},"timeNs":${rows.timeNs[i]}` +
      `,"thread":${names.threadJson(rows.thread[i]!)},${names.functionAndLabelJson(rows.site[i]!)}${typeText}` +
      `${subjectKind(subject)}","number":${Math.floor(subject / SUBJECT_RADIX)}},"values":{${values}${second}${third}}${line}}${after}`;
  }
  return text;
}

function lastOrdinal(type: number, ordinal: number, a: number): number {
  return type === E.Counted ? ordinal + a - 1 : ordinal;
}

/** A code that this build does not know (a newer store) keeps its number. */
export function eventTypeName(type: number): string {
  return EVENT_BY_CODE[type]?.name ?? `unknown:${type}`;
}

const UNKNOWN_VALUES = ['a', 'b', 'c'] as const;
function valueNames(type: number): readonly string[] {
  return EVENT_BY_CODE[type]?.values ?? UNKNOWN_VALUES;
}

function subjectKind(subject: number): string {
  return SUBJECTS[subject & (SUBJECT_RADIX - 1)] ?? 'unknown';
}
