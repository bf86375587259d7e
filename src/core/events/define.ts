// How an event type is declared. One declaration gives both forms: the readonly union member that tests,
// projections and REST read, and the columns that the simulation writes. No object is made while simulating.

/** The aggregate an event is about. The order is the stored code: append, never reorder. */
export const SUBJECTS = ['machine', 'vm', 'vcpu', 'root', 'table', 'lock', 'slot', 'thread', 'page'] as const;
export type SubjectKind = (typeof SUBJECTS)[number];

/** A stored subject is `number * SUBJECT_RADIX + kind`. */
export const SUBJECT_RADIX = 16;
export const SUBJECT_CODE: { readonly [K in SubjectKind]: number } = Object.fromEntries(
  SUBJECTS.map((kind, code) => [kind, code]),
) as { readonly [K in SubjectKind]: number };

/** `lifecycle` events are kept at both recording levels; `full` ones are folded into Counted at `lifecycle`. */
export type RecordingLevel = 'lifecycle' | 'full';

/** Types with a code below this are covered by the store's partial index (root, lock, vCPU, VM, findings). */
export const INDEXED_CODES = 64;

export interface EventDef<
  N extends string = string,
  S extends SubjectKind = SubjectKind,
  V extends string = string,
> {
  readonly name: N;
  readonly code: number;
  readonly subject: S;
  /** Names of the values in columns a, b, c. All are 32-bit integers. */
  readonly values: readonly V[];
  readonly level: RecordingLevel;
  /** One line for the reader of a stored session. */
  readonly doc: string;
}

export function event<const N extends string, const S extends SubjectKind, const V extends string>(
  code: number,
  name: N,
  subject: S,
  values: readonly V[],
  level: RecordingLevel,
  doc: string,
): EventDef<N, S, V> {
  if (values.length > 3) throw new RangeError(`${name}: at most three values, got ${values.length}`);
  return { name, code, subject, values, level, doc };
}

/** The readonly object form of a declared event. */
export type EventOf<D> =
  D extends EventDef<infer N, infer S, infer V>
    ? { readonly type: N; readonly subject: { readonly kind: S; readonly number: number } } & {
        readonly [K in V]: number;
      }
    : never;

export function subjectOf(kind: SubjectKind, number: number): number {
  return number * SUBJECT_RADIX + SUBJECT_CODE[kind];
}
