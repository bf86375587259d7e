// Varints and packed words come back as they went in, and damage is noticed where it can be.
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { ByteReader, ByteWriter, packWords, unpackWords } from '../../src/core/base/varint.js';

const uint = fc.oneof(
  fc.nat(),
  fc.maxSafeNat(),
  fc.constantFrom(0, 0x7f, 0x80, 0x3fff, 0x4000, 2 ** 32 - 1, 2 ** 32, Number.MAX_SAFE_INTEGER),
);
const int = fc.oneof(
  fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  fc.constantFrom(0, -1, 1, 2 ** 31 - 1, -(2 ** 31)),
);

test('unsigned and signed numbers, mixed in one stream', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.oneof(
          uint.map((v) => ['u', v] as const),
          int.map((v) => ['i', v] as const),
        ),
      ),
      (values) => {
        const writer = new ByteWriter();
        for (const [kind, v] of values) {
          if (kind === 'u') writer.uint(v);
          else writer.int(v);
        }
        const reader = new ByteReader(writer.take());
        for (const [kind, v] of values) expect(kind === 'u' ? reader.uint() : reader.int()).toBe(v);
        expect(reader.done).toBe(true);
        expect(writer.length).toBe(0);
      },
    ),
  );
});

test('a number cut off is an error, not another number', () => {
  fc.assert(
    fc.property(uint, (v) => {
      const writer = new ByteWriter();
      writer.uint(v);
      const bytes = writer.take();
      expect(() => new ByteReader(bytes.slice(0, -1)).uint()).toThrow(RangeError);
    }),
  );
});

/** Mostly zeros, with runs of neighbours that differ by little: what a world looks like. */
const words = fc
  .array(
    fc.oneof(
      { weight: 3, arbitrary: fc.nat({ max: 40 }).map((n) => Array.from({ length: n }, () => 0)) },
      { weight: 2, arbitrary: fc.array(int, { maxLength: 12 }) },
      {
        weight: 2,
        arbitrary: fc
          .tuple(int, fc.nat({ max: 300 }))
          .map(([v, n]) => Array.from({ length: n }, (_, k) => (v + k) | 0)),
      },
    ),
    { maxLength: 12 },
  )
  .map((parts) => Int32Array.from(parts.flat()));

test('packed words come back, whatever was there before, wherever they start', () => {
  fc.assert(
    fc.property(words, fc.nat({ max: 5 }), fc.nat({ max: 9 }), (source, spare, offset) => {
      const packed = packWords(source);
      const bytes = new Uint8Array(offset + packed.length);
      bytes.set(packed, offset);
      const into = new Int32Array(source.length + spare).fill(-7);
      expect(unpackWords(bytes, into, offset)).toBe(bytes.length);
      expect(into.subarray(0, source.length)).toEqual(source);
      expect(into.subarray(source.length)).toEqual(new Int32Array(spare));
    }),
  );
});

test('a part of the words can be packed; too little room is an error', () => {
  fc.assert(
    fc.property(words, fc.nat(), (source, n) => {
      const to = n % (source.length + 1);
      const into = new Int32Array(to);
      unpackWords(packWords(source, to), into);
      expect(into).toEqual(source.slice(0, to));
    }),
  );
  expect(() => unpackWords(packWords(Int32Array.of(1, 2, 3)), new Int32Array(2))).toThrow(RangeError);
});

test('zeros cost nothing', () => {
  expect(packWords(new Int32Array(1_000_000)).length).toBeLessThan(10);
});
