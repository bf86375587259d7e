// The part of the store's contract that is about reading.
import { describe, expect, test } from 'vitest';
import { numbersOf, ROW_NUMBERS } from '../../src/core/run/stored-numbers.js';
import { type EventStore, FOLD_COLUMNS, type NumbersPage, type StoreLimits } from '../../src/store/index.js';
import {
  FAKE_DICTIONARY,
  FAKE_MANIFEST,
  FUNCTIONS,
  fakeChunk,
  fakeDecisions,
  fakeRow,
  fakeRows,
  fakeSnapshot,
  rowObjects,
} from './fake-chunks.js';

interface Context {
  readonly store: EventStore;
  /** An empty session. */
  readonly id: string;
  fill(rows: number, chunkRows?: number): Promise<void>;
  /** A fresh store with other limits: ask for the context again. */
  reopen(limits: Partial<StoreLimits>): Promise<void>;
}

type Row = ReturnType<typeof fakeRow>;

export function readContract(context: () => Context): void {
  describe('reads', () => {
    test('pages join up in both directions', async () => {
      const { store, id, fill } = context();
      await fill(1234);
      const forward: number[] = [];
      for (let next: number | null = 5; next !== null; ) {
        const page = await store.readRows(id, { from: next, to: 1200, limit: 100 });
        forward.push(...page.rows.position);
        next = page.next;
      }
      expect(forward).toEqual(Array.from({ length: 1196 }, (_, i) => i + 5));
      const backward: number[] = [];
      for (let next: number | null = 1200; next !== null; ) {
        const page = await store.readRows(id, { from: 5, to: next, limit: 317, direction: 'backward' });
        backward.push(...page.rows.position);
        next = page.next;
      }
      expect(backward).toEqual(forward.toReversed());
    });

    test('a range beyond the end is empty, not an error', async () => {
      const { store, id, fill } = context();
      await fill(10);
      const page = await store.readRows(id, { from: 11, limit: 10 });
      expect(page).toMatchObject({ rows: { length: 0 }, next: null });
      expect((await store.readRows(id, { from: 8, to: 999, limit: 10 })).rows.length).toBe(3);
      expect((await store.readFold(id, 11, 10)).rows.length).toBe(0);
    });

    test('bad queries are typed errors', async () => {
      const { store, id } = context();
      for (const query of [
        { limit: 0 },
        { limit: 1.5 },
        { limit: 1, from: -1 },
        { limit: 1, to: Number.NaN },
      ]) {
        await expect(store.readRows(id, query)).rejects.toMatchObject({ code: 'query_refused' });
      }
      const filters = { types: [256] };
      await expect(store.readRows(id, { limit: 1, filters })).rejects.toMatchObject({
        code: 'query_refused',
      });
      await expect(store.readRows(id, { limit: 10_000_000 })).rejects.toMatchObject({
        code: 'limit_exceeded',
        details: { limit: 'maxPageRows' },
      });
    });

    test.each([
      ['one type', { types: [5] }, (row: Row) => row.type === 5],
      ['types, indexed and not', { types: [3, 125] }, (row: Row) => row.type === 3 || row.type === 125],
      ['no type at all', { types: [] }, () => false],
      ['thread', { thread: 2 }, (row: Row) => row.thread === 2],
      ['subject', { subject: 2 * 16 + 2 }, (row: Row) => row.subject === 34],
      ['subject and indexed types', { subject: 35, types: [3, 5] }, (row: Row) => row.subject === 35],
      ['function', { function: FUNCTIONS[1] }, (row: Row) => row.site === 3 || row.site === 4],
      ['unknown function', { function: 'nothing' }, () => false],
      [
        'all of them',
        { types: [3, 5, 70], thread: 1, subject: 19, function: FUNCTIONS[0] },
        (row: Row) => row.subject === 19 && row.thread === 1 && row.site <= 2,
      ],
    ])('filter by %s', async (_name, filters, wanted) => {
      const { store, id, fill } = context();
      await fill(3000);
      const expected = rowObjects(fakeRows(1, 3000)).filter(wanted);
      const { rows, next } = await store.readRows(id, { limit: 3000, filters });
      expect(rowObjects(rows)).toEqual(expected);
      expect(next).toBeNull();
      const last = await store.readRows(id, { limit: 3, filters, direction: 'backward' });
      expect(rowObjects(last.rows)).toEqual(expected.toReversed().slice(0, 3));
    });

    test('a filtered page looks at a bounded number of rows and says where to go on', async () => {
      await context().reopen({ maxScanRows: 500 });
      const { store, id, fill } = context();
      await fill(1800);
      const found: number[] = [];
      const nexts: (number | null)[] = [];
      for (let next: number | null = 1; next !== null; ) {
        const page = await store.readRows(id, { from: next, limit: 1800, filters: { types: [88] } });
        found.push(...page.rows.position);
        next = page.next;
        nexts.push(next);
      }
      expect(nexts).toEqual([501, 1001, 1501, null]);
      const expected = rowObjects(fakeRows(1, 1800)).filter((row) => row.type === 88);
      expect(found).toEqual(expected.map((row) => row.position));
    });

    test('fold pages hold what folding needs', async () => {
      const { store, id, fill } = context();
      await fill(2500);
      const expected = fakeRows(1, 2500);
      let at = 1;
      for (let next: number | null = 1; next !== null; ) {
        const page = await store.readFold(id, next, 999, 2400);
        expect(page.rows.from).toBe(at);
        for (const name of FOLD_COLUMNS) {
          expect(page.rows[name]).toEqual(expected[name].slice(at - 1, at - 1 + page.rows.length));
        }
        at += page.rows.length;
        next = page.next;
      }
      expect(at).toBe(2401);
    });

    test('plain numbers are every number of every row', async () => {
      const { store, id, fill } = context();
      await fill(2500);
      const expected = numbersOf(fakeRows(1, 2500)).numbers;
      let at = 0;
      for (let next: number | null = 1; next !== null; ) {
        const { rows, next: after }: NumbersPage = await store.readNumbers(id, next, 999, 2400);
        expect(rows.numbers).toEqual(expected.slice(at, at + rows.length * ROW_NUMBERS));
        at += rows.length * ROW_NUMBERS;
        next = after;
      }
      expect(at).toBe(2400 * ROW_NUMBERS);
      expect((await store.readNumbers(id, 2501, 10)).rows.length).toBe(0);
    });

    test('NDJSON gives every event in words', async () => {
      const { store, id, fill } = context();
      await fill(20_000, 4000);
      let text = '';
      const decoder = new TextDecoder();
      for await (const block of store.streamNdjson(id, {})) text += decoder.decode(block, { stream: true });
      const lines = text.trimEnd().split('\n');
      expect(lines.length).toBe(20_000);
      const put = rowObjects(fakeRows(1, 20_000)).find((row) => row.type === 5)!;
      expect(JSON.parse(lines[put.position - 1]!)).toEqual({
        position: put.position,
        ordinal: put.position,
        lastOrdinal: put.position,
        timeNs: put.timeNs,
        thread: ['vcpu0', 'vcpu1', 'worker'][put.thread],
        function: FUNCTIONS[Math.floor((put.site - 1) / 2)],
        label: put.site % 2 === 1 ? 'enter' : 'leave',
        type: 'RootPut',
        subject: { kind: 'root', number: put.subject >> 4 },
        values: { holder: put.a, refcount: put.b, address: put.c },
      });
      let some = '';
      const query = { from: 100, to: 199, filters: { types: [5] }, direction: 'backward' as const };
      for await (const block of store.streamNdjson(id, query)) some += decoder.decode(block);
      const wanted = rowObjects(fakeRows(100, 199)).filter((row) => row.type === 5);
      const positions = some
        .trimEnd()
        .split('\n')
        .map((line) => (JSON.parse(line) as Row).position);
      expect(positions).toEqual(wanted.map((row) => row.position).reverse());
    });

    test('findings', async () => {
      const { store, id, fill } = context();
      await fill(2000);
      const expected = rowObjects(fakeRows(1, 2000)).filter((row) => row.type === 60);
      expect(expected.length).toBeGreaterThan(100);
      expect(rowObjects(await store.findings(id))).toEqual(expected);
    });

    test('outside inputs come back in order, those of the parent up to the fork point included', async () => {
      const { store } = context();
      const plan = { code: 1, threads: [0], script: [1, 0], guest: null };
      const input = { number: 1, command: { command: 'createVm', vm: 0, level: 4 }, plan } as const;
      const marks = [
        { number: 1, step: 4, position: 0, input },
        { number: 2, step: 9, position: 3, input: null },
      ];
      const { id: told } = await store.createSession(FAKE_MANIFEST, 'simulated', { state: 'waiting' });
      await store.append(told, fakeChunk(0, 3, { marks: marks.slice(0, 1), rest: 'paused' }));
      expect((await store.getSession(told)).state).toBe('paused');
      await store.append(told, fakeChunk(3, 2, { marks: marks.slice(1), rest: 'waiting' }));
      expect((await store.getSession(told)).state).toBe('waiting');
      const read = await store.marks(told);
      expect(read).toEqual(marks.map((mark) => ({ ...mark, issuedAt: expect.any(String) })));
      // A rest stands before the row that follows it.
      for (const [position, shared] of [
        [3, 1],
        [4, 2],
      ] as const) {
        const parent = { sessionId: told, position };
        const fork = await store.createSession(FAKE_MANIFEST, 'forked', { parent });
        expect(await store.marks(fork.id)).toEqual(read.slice(0, shared));
      }
      // A command without a rest behind it sets the session going.
      await store.append(told, fakeChunk(5, 1, { marks: [{ ...marks[0]!, number: 3, position: 5 }] }));
      expect((await store.getSession(told)).state).toBe('running');
    });

    test('decisions are the bytes of all chunks in order', async () => {
      const { store, id } = context();
      await store.append(id, fakeChunk(0, 10));
      await store.append(id, fakeChunk(10, 0));
      await store.append(id, fakeChunk(10, 5));
      const { bytes, chunks } = await store.decisions(id);
      expect(new TextDecoder().decode(bytes)).toBe('0-10;10-10;10-15;');
      expect(
        chunks.map(({ fromPosition, toPosition, validTo }) => [fromPosition, toPosition, validTo]),
      ).toEqual([
        [0, 10, 10],
        [10, 10, 10],
        [10, 15, 15],
      ]);
      const { offset, length } = chunks[2]!;
      expect(bytes.slice(offset, offset + length)).toEqual(fakeDecisions(10, 15));
    });

    test('the dictionary keeps its ids; the same name again is fine, another one is refused', async () => {
      const { store, id } = context();
      await store.append(id, fakeChunk(0, 10));
      const more = { kind: 'site' as const, id: 40, function: 'later', label: 'x', parent: 2 };
      await store.append(id, fakeChunk(10, 10, { dictionary: [more, FAKE_DICTIONARY[0]!] }));
      expect(await store.dictionary(id)).toEqual([...FAKE_DICTIONARY, more]);
      const changed = { ...more, label: 'y' };
      await expect(store.append(id, fakeChunk(20, 1, { dictionary: [changed] }))).rejects.toMatchObject({
        code: 'chunk_refused',
      });
      expect((await store.getSession(id)).position).toBe(20);
    });

    test('the latest snapshot at or before a position, of one layout', async () => {
      const { store, id } = context();
      expect(await store.latestSnapshot(id, 10)).toBeNull();
      await store.append(id, fakeChunk(0, 100, { snapshotBytes: 5000 }));
      await store.append(id, fakeChunk(100, 100, { snapshotBytes: 5000, layout: 'test-2' }));
      await store.append(id, fakeChunk(200, 100));
      expect(await store.latestSnapshot(id, 99)).toBeNull();
      const first = await store.latestSnapshot(id, 199);
      expect(first).toEqual(fakeSnapshot(100, 5000));
      expect(await store.latestSnapshot(id, 10_000)).toEqual(fakeSnapshot(200, 5000, 'test-2'));
      expect((await store.latestSnapshot(id, 10_000, 'test-1'))!.position).toBe(100);
      expect(await store.latestSnapshot(id, 10_000, 'other')).toBeNull();
    });
  });
}
