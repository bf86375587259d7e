// The whole catalogue: codes for the hot path, object forms for everybody else, and the way between them.
import { assert } from '../base/assert.js';
import { type EventDef, type EventOf, INDEXED_CODES, SUBJECT_RADIX, SUBJECTS } from './define.js';
import { lockEvents } from './lock.events.js';
import { rootEvents } from './root.events.js';
import { vcpuEvents } from './vcpu.events.js';
import { tableEvents, vmEvents } from './vm.events.js';

/** Bumped when a type's meaning changes; older rows are lifted by `upcast`. */
export const EVENT_SCHEMA_VERSION = 1;

export const CATALOGUE = [...rootEvents, ...vcpuEvents, ...lockEvents, ...vmEvents, ...tableEvents] as const;

type Declared = (typeof CATALOGUE)[number];
/** Every event, as a readonly discriminated union on `type`. */
export type RootlineEvent = EventOf<Declared>;
export type EventName = Declared['name'];

/** Event codes by name: what `decide` writes into the type column. */
export const E = Object.freeze(Object.fromEntries(CATALOGUE.map((d) => [d.name, d.code]))) as {
  readonly [N in EventName]: number;
};

/** Declaration by code; undefined where no type has that code. */
export const EVENT_BY_CODE: readonly (EventDef | undefined)[] = byCode();

/** 1 where the type is kept at recording level `lifecycle`. */
export const IS_LIFECYCLE: Uint8Array = Uint8Array.from({ length: 256 }, (_, code) =>
  EVENT_BY_CODE[code]?.level === 'lifecycle' ? 1 : 0,
);

function byCode(): (EventDef | undefined)[] {
  const out: (EventDef | undefined)[] = [];
  for (const d of CATALOGUE) {
    assert(out[d.code] === undefined, `event code ${d.code} is used once`);
    assert(d.code < 256, `event code ${d.code} fits a byte`);
    out[d.code] = d;
  }
  return out;
}

/** Column form of one event. */
export interface EventColumns {
  readonly type: ArrayLike<number>;
  readonly subject: ArrayLike<number>;
  readonly a: ArrayLike<number>;
  readonly b: ArrayLike<number>;
  readonly c: ArrayLike<number>;
}

/** Row i as an object. Throws on a code that this build does not know. */
export function decodeEvent(columns: EventColumns, i: number): RootlineEvent {
  const def = EVENT_BY_CODE[columns.type[i]!];
  if (def === undefined) throw new RangeError(`unknown event type ${columns.type[i]}`);
  const subject = columns.subject[i]!;
  const out: Record<string, unknown> = {
    type: def.name,
    subject: { kind: SUBJECTS[subject % SUBJECT_RADIX], number: Math.floor(subject / SUBJECT_RADIX) },
  };
  const abc = [columns.a[i]!, columns.b[i]!, columns.c[i]!];
  for (let k = 0; k < def.values.length; k++) out[def.values[k]!] = abc[k];
  return out as unknown as RootlineEvent;
}

/** Column values of an object form: [type, subject, a, b, c]. */
export function encodeEvent(e: RootlineEvent): readonly [number, number, number, number, number] {
  const def = EVENT_BY_CODE[E[e.type]]!;
  const values = e as unknown as Record<string, number>;
  const at = (k: number): number => (k < def.values.length ? values[def.values[k]!]! : 0);
  return [def.code, e.subject.number * SUBJECT_RADIX + SUBJECTS.indexOf(e.subject.kind), at(0), at(1), at(2)];
}

export { INDEXED_CODES };
