// Every declared event type: object form and columns carry the same values; the hot path's codes are the catalogue's.
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { evolve } from '../../src/core/aggregates/evolve.js';
import { Layout } from '../../src/core/aggregates/layout.js';
import { World } from '../../src/core/aggregates/world.js';
import {
  CATALOGUE,
  decodeEvent,
  E,
  EVENT_BY_CODE,
  encodeEvent,
  IS_LIFECYCLE,
  type RootlineEvent,
} from '../../src/core/events/catalogue.js';
import {
  INDEXED_CODES,
  SUBJECT_CODE,
  SUBJECT_RADIX,
  SUBJECTS,
  subjectOf,
} from '../../src/core/events/define.js';
import * as batch from '../../src/core/machine/batch.js';
import { TOPOLOGY } from '../support/fold.js';

const word = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
/** number * 16 + kind is one 32-bit column. */
const number = fc.integer({ min: 0, max: 2 ** 27 - 1 });

test.each(CATALOGUE.map((d) => [d.name, d] as const))('%s: object -> columns -> object', (_name, def) => {
  fc.assert(
    fc.property(number, word, word, word, (n, ...abc) => {
      const event = {
        type: def.name,
        subject: { kind: def.subject, number: n },
        ...Object.fromEntries(def.values.map((value, k) => [value, abc[k]])),
      } as unknown as RootlineEvent;
      const [type, subject, a, b, c] = encodeEvent(event);
      const row = {
        type: Uint8Array.of(type),
        subject: Int32Array.of(subject),
        a: Int32Array.of(a),
        b: Int32Array.of(b),
        c: Int32Array.of(c),
      };
      expect(decodeEvent(row, 0)).toEqual(event);
    }),
    { numRuns: 25 },
  );
});

test.each(CATALOGUE.map((d) => [d.name, d] as const))('%s: columns -> object -> columns', (_name, def) => {
  fc.assert(
    fc.property(number, word, word, word, (n, a, b, c) => {
      // Columns beyond the declared values are 0 by contract.
      const used = [a, b, c].map((value, k) => (k < def.values.length ? value : 0));
      const row = [def.code, subjectOf(def.subject, n), ...used] as const;
      const columns = { type: [row[0]], subject: [row[1]], a: [row[2]], b: [row[3]], c: [row[4]] };
      expect(encodeEvent(decodeEvent(columns as never, 0))).toEqual(row);
    }),
    { numRuns: 25 },
  );
});

test('codes are unique bytes, known by name, and the indexed range holds only what the partial index may hold', () => {
  expect(new Set(CATALOGUE.map((d) => d.code)).size).toBe(CATALOGUE.length);
  expect(new Set(CATALOGUE.map((d) => d.name)).size).toBe(CATALOGUE.length);
  for (const d of CATALOGUE) {
    expect(EVENT_BY_CODE[d.code]).toBe(d);
    expect(E[d.name]).toBe(d.code);
    expect(d.code).toBeLessThan(256);
    expect(IS_LIFECYCLE[d.code]).toBe(d.level === 'lifecycle' ? 1 : 0);
    expect(new Set(d.values).size).toBe(d.values.length);
    for (const reserved of ['type', 'subject']) expect(d.values).not.toContain(reserved);
  }
});

test('the partial index covers only roots, locks, vCPUs, VMs, slots and findings', () => {
  const subjects = CATALOGUE.filter((d) => d.code < INDEXED_CODES).map((d) => d.subject);
  expect(['lock', 'machine', 'root', 'slot', 'vcpu', 'vm']).toEqual([...new Set(subjects)].sort());
});

test('subject codes of the hot path are those of the catalogue', () => {
  const hot: Record<(typeof SUBJECTS)[number], number> = {
    machine: batch.S_MACHINE,
    vm: batch.S_VM,
    vcpu: batch.S_VCPU,
    root: batch.S_ROOT,
    table: batch.S_TABLE,
    lock: batch.S_LOCK,
    slot: batch.S_SLOT,
    thread: batch.S_THREAD,
    page: batch.S_PAGE,
  };
  expect(hot).toEqual(SUBJECT_CODE);
  expect(SUBJECTS.length).toBeLessThanOrEqual(SUBJECT_RADIX);
});

test('an unknown code is refused by both ways of reading', () => {
  const unknown = EVENT_BY_CODE.findIndex((d, code) => code > 0 && d === undefined);
  const row = { type: [unknown], subject: [0], a: [0], b: [0], c: [0] };
  expect(() => decodeEvent(row, 0)).toThrow(RangeError);
  expect(() => evolve(new World(new Layout(TOPOLOGY)), unknown, 0, 0, 0, 0, 0)).toThrow(RangeError);
});
