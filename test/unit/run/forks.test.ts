// Forks: what is shared, what is not, and that a fork is a session like any other: it resumes, replays, and is forked.
import { afterAll, describe, expect, it } from 'vitest';
import type { RunRequest } from '../../../src/core/run/manifest.js';
import { DecisionReader } from '../../../src/core/scheduler/decision-log.js';
import type { SessionRecord } from '../../../src/store/session.js';
import { ForkLab } from '../../support/forks.js';

const lab = new ForkLab();
afterAll(() => lab.close());

const KINDS: readonly (readonly [string, RunRequest])[] = [
  ['full, timed', { scenario: 'smi-heavy', protocol: 'v5.18', seed: 3, parameters: { smis: 12, vcpus: 2 } }],
  [
    'full, random',
    {
      scenario: 'smi-heavy',
      protocol: 'v6.4',
      seed: 3,
      scheduler: 'random',
      parameters: { smis: 12, vcpus: 2 },
    },
  ],
  [
    'full, round-robin',
    { scenario: 'destroy-race', protocol: 'seed-draft', scheduler: 'round-robin', seed: 13 },
  ],
  [
    'lifecycle, random',
    {
      scenario: 'smi-heavy',
      protocol: 'seed-draft',
      seed: 5,
      scheduler: 'random',
      recording: 'lifecycle',
      parameters: { smis: 40, vcpus: 2 },
    },
  ],
];

/** Positions all over the session, by a fixed rule. */
function positions(end: number, n: number): number[] {
  const inside = Array.from({ length: n }, (_, k) => Math.floor(((k * 0.618_034) % 1) * end) + 1);
  return [0, 1, end, ...inside];
}

async function rowsOf(id: string): Promise<string[]> {
  const { rows } = await lab.store.readRows(id, { limit: 60_000 });
  return Array.from({ length: rows.length }, (_, i) =>
    [rows.skipped, rows.timeNs, rows.thread, rows.type, rows.subject, rows.a, rows.b, rows.c]
      .map((column) => column[i])
      .join(' '),
  );
}

async function expectWhole({ id }: SessionRecord): Promise<void> {
  const result = await lab.inspections.replay(id);
  expect([result.firstDifference, result.by.schedule?.detail]).toEqual([null, null]);
  expect(result.verified).toBe(true);
}

describe.each(KINDS)('%s', (_, request) => {
  it('a fork that changes nothing is its parent, wherever it begins, and so is a fork of it', async () => {
    const parent = await lab.run(request);
    const { digest, fullDigest, counts } = parent.progress!;
    for (const at of positions(parent.position, 6)) {
      const fork = await lab.fork(parent.id, at);
      const { forks = [] } = fork.manifest;
      expect(fork.position).toBe(forks[0]!.position);
      // At `lifecycle` the end may have closed the last row.
      expect(fork.position).toBeGreaterThanOrEqual(Math.min(at, parent.position - 1));
      const ended = await lab.goOn(fork.id);
      expect(ended.progress).toMatchObject({ digest, fullDigest, counts, outcome: parent.progress!.outcome });
      const again = await lab.fork(ended.id, Math.min(ended.position, at + 40));
      const stored = await lab.goOn(again.id, [], { forkPoint: false });
      expect(stored.progress).toMatchObject({ digest, fullDigest });
      await expectWhole(ended);
      await expectWhole(await lab.store.getSession(again.id));
      const before = await lab.fork(ended.id, Math.floor(at / 2));
      expect(before.manifest.forks).toHaveLength(at === 0 ? 2 : 1);
      expect((await lab.goOn(before.id)).progress).toMatchObject({ digest, fullDigest });
    }
  });

  it('goes its own way behind the fork point only; resumes without snapshots; replays', async () => {
    const parent = await lab.run(request);
    const at = Math.floor(parent.position / 2);
    const shared = (await rowsOf(parent.id)).slice(0, at);
    const scheduler = request.scheduler === 'random' ? 'timed' : 'random';
    for (const changes of [
      { scheduler, seed: 99 },
      { seed: 99, costs: { rootAllocated: 101 } },
      { scheduler },
    ]) {
      const fork = await lab.fork(parent.id, at, changes);
      // Stopped on the way, and gone on with from the beginning.
      const stopped = await lab.goOn(fork.id, [], { rows: 400 });
      expect(stopped.progress!.outcome).toBeNull();
      const ended = await lab.goOn(fork.id, [], { snapshots: false });
      expect(ended.progress?.outcome).toBe('completed');
      const rows = await rowsOf(ended.id);
      expect(rows.slice(0, at)).toEqual(shared);
      const straight = await lab.goOn((await lab.fork(parent.id, at, changes)).id);
      expect(straight.progress).toEqual(ended.progress);
      await expectWhole(ended);
      const nested = await lab.goOn((await lab.fork(ended.id, at + 100, { seed: 5 })).id);
      expect((await rowsOf(nested.id)).slice(0, at + 100)).toEqual(rows.slice(0, at + 100));
      await expectWhole(nested);
    }
  });
});

const RACE: RunRequest = {
  scenario: 'smi-heavy',
  protocol: 'v6.4',
  seed: 3,
  scheduler: 'random',
  parameters: { smis: 6, vcpus: 2 },
};

describe('another decision', () => {
  it('is taken at the fork point; one that cannot be taken is refused', async () => {
    const parent = await lab.run(RACE);
    const at = Math.floor(parent.position / 2);
    const dictionary = await lab.store.dictionary(parent.id);
    const threads = dictionary.flatMap((e) => (e.kind === 'thread' ? [e.name] : []));
    const takenAt = async (position: number, thread: string): Promise<unknown> => {
      const decisions = [{ thread, steps: 1 }];
      const fork = await lab.fork(parent.id, position, { decisions }).catch((e: unknown) => e);
      if (fork instanceof Error) return (fork as Error & { code: string }).code;
      const made = fork as SessionRecord;
      await lab.goOn(made.id, [], { rows: 40 });
      const ended = await lab.goOn(made.id);
      await expectWhole(ended);
      const { bytes, chunks } = await lab.store.decisions(ended.id);
      return threads[bytes[chunks.find(({ fromPosition }) => fromPosition >= made.position)!.offset]!];
    };
    // At first all can run; later most wait.
    const inTurn = async (position: number): Promise<unknown[]> => {
      const out: unknown[] = [];
      for (const thread of threads) out.push(await takenAt(position, thread));
      return out;
    };
    expect(await inTurn(0)).toEqual(threads);
    const later = await inTurn(at);
    expect(later).toContain('thread-cannot-run');
    expect(later.filter((word, t) => word === threads[t]).length).toBeGreaterThan(0);
    const refused = lab.fork(parent.id, at, { decisions: [{ thread: 'vcpu9', steps: 1 }] });
    await expect(refused).rejects.toMatchObject({ code: 'unknown-thread' });
  });
});

describe('bad input', () => {
  it.each([
    [{}, -1, 'position-outside'],
    [{}, 1e9, 'position-outside'],
    [{ scheduler: 'fair' }, 5, 'unknown-scheduler'],
    [{ scheduler: 'scripted' }, 5, 'scripted-scheduler'],
    [{ seed: -1 }, 5, 'seed'],
    [{ costs: { nothing: 1 } }, 5, 'unknown-cost'],
    [{ costs: { rootAllocated: 1 } }, 5, 'cost-range'],
    [{ limits: { events: 0 } }, 5, 'limit-range'],
    [{ decisions: [{ thread: 'main', steps: 0 }] }, 5, 'decisions'],
    [{ decisions: [{ thread: 'main', steps: 1_000_000 }] }, 5, 'decisions'],
    [{ command: { command: 'jump' } }, 5, 'unknown-command'],
  ])('%j at %i: %s', async (changes, at, code) => {
    const parent = await lab.run({ ...RACE, parameters: { smis: 1 } });
    await expect(lab.fork(parent.id, at, changes)).rejects.toMatchObject({ code });
  });

  it('a session whose stored rows are not what its run gives is damaged, and not forked', async () => {
    const parent = await lab.run({ ...RACE, parameters: { smis: 1 } });
    const { rows } = (
      lab.store as unknown as { events: { find(id: string): { rows: { rows: { a: Int32Array } } } } }
    ).events.find(parent.id).rows;
    rows.a[49]! ^= 1;
    await expect(lab.fork(parent.id, 60)).rejects.toMatchObject({ code: 'session-damaged' });
    expect((await lab.fork(parent.id, 40)).position).toBeGreaterThanOrEqual(40);
  });

  it('a limit that ended the parent may be raised; else nothing follows its end', async () => {
    const request = { ...RACE, limits: { events: 500 } };
    const parent = await lab.run(request);
    expect(parent.progress!.outcome).toBe('limit_reached');
    const end = parent.position;
    await expect(lab.fork(parent.id, end)).rejects.toMatchObject({ code: 'fork-ended' });
    const longer = await lab.goOn((await lab.fork(parent.id, end, { limits: { events: 1_000_000 } })).id);
    const whole = await lab.run(RACE);
    expect(longer.progress).toEqual(whole.progress);
    await expectWhole(longer);
  });
});

describe('another protocol', () => {
  it('shares the history where it is the same under both', async () => {
    const parent = await lab.run(RACE);
    const whole = await lab.run({ ...RACE, protocol: 'v6.6' });
    // Before the first vCPU runs, no function that differs has been called.
    const fork = await lab.fork(parent.id, 10, { protocol: 'v6.6' });
    expect(fork).toMatchObject({
      position: fork.manifest.forks![0]!.position,
      manifest: { protocol: 'v6.6' },
    });
    expect(fork.position).toBeGreaterThanOrEqual(10);
    const ended = await lab.goOn(fork.id);
    expect(ended.progress).toEqual(whole.progress);
    await expectWhole(ended);
  });

  it('else runs again from the start, under the same decisions as far as they can be followed', async () => {
    const parent = await lab.run({ ...RACE, protocol: 'v5.18' });
    const at = Math.floor(parent.position / 2);
    const changes = { protocol: 'seed-draft', scheduler: 'timed' };
    const fork = await lab.fork(parent.id, at, changes);
    const follows = fork.manifest.follows!;
    expect(fork.position).toBe(0);
    expect(fork.manifest.forks).toBeUndefined();
    expect(follows.difference).toEqual(changes);
    expect(follows.followed).toBeGreaterThan(100);
    expect(follows.stopped === null).toBe(follows.followed === follows.of);
    await lab.goOn(fork.id, [], { rows: 400 });
    const ended = await lab.goOn(fork.id);
    expect(ended.progress?.outcome).toBe('completed');
    await expectWhole(ended);
    // What was followed is what the parent decided.
    const log = async (id: string): Promise<number[]> => {
      const { bytes } = await lab.store.decisions(id);
      const reader = new DecisionReader(pieces(bytes));
      const threads: number[] = [];
      for (let pair = reader.next(); pair !== null && threads.length < follows.followed; pair = reader.next())
        for (let k = 0; k < pair.steps; k++) threads.push(pair.thread);
      return threads.slice(0, follows.followed);
    };
    expect(await log(ended.id)).toEqual(await log(parent.id));
    const straight = await lab.goOn((await lab.fork(parent.id, at, changes)).id);
    expect(straight.progress).toEqual(ended.progress);
    // A fork of it is a fork like any other.
    const nested = await lab.goOn((await lab.fork(ended.id, 300)).id);
    expect(nested.progress?.digest).toBe(ended.progress?.digest);
    await expectWhole(nested);
  });

  it('an unknown one is refused', async () => {
    const parent = await lab.run({ ...RACE, parameters: { smis: 1 } });
    const refused = lab.fork(parent.id, 5, { protocol: 'v9.9' });
    await expect(refused).rejects.toMatchObject({ code: 'unknown-protocol' });
  });
});

/** Once. */
function pieces(bytes: Uint8Array): () => Uint8Array | null {
  const left = [bytes];
  return () => left.shift() ?? null;
}

describe('a live session', () => {
  const LIVE: RunRequest = { scenario: 'live', protocol: 'v6.4' };
  const STORY: readonly object[] = [
    { command: 'createVm' },
    { command: 'addMemslot', slot: 0, baseGfn: 0, pages: 16, hvaPage: 0 },
    { command: 'addMemslot', asId: 1, slot: 0, baseGfn: 0, pages: 16, hvaPage: 0 },
    { command: 'addVcpu', vcpu: 0 },
    { command: 'touch', vcpu: 0, gfn: 1, pages: 3 },
    { command: 'smi', vcpu: 0 },
  ];

  it('a fork keeps the commands before its fork point and takes others; a refused one makes no fork', async () => {
    const parent = await lab.run(LIVE, STORY);
    const marks = await lab.store.marks(parent.id);
    const beforeSmi = marks.at(-1)!.position;
    const fork = await lab.fork(parent.id, beforeSmi);
    expect(await lab.store.marks(fork.id)).toEqual(marks.slice(0, -1));
    // The same command again is the same session.
    const same = await lab.goOn(fork.id, STORY.slice(-1));
    expect(same.progress).toEqual(parent.progress);
    await expectWhole(same);
    const other = await lab.goOn((await lab.fork(parent.id, beforeSmi)).id, [
      { command: 'destroyVm' },
      { command: 'end' },
    ]);
    expect(other.progress).toMatchObject({ outcome: 'completed', findings: 0 });
    await expectWhole(other);
    // In the middle of the SMI, the run goes on to its end by itself.
    const middle = await lab.goOn(
      (await lab.fork(parent.id, Math.floor((beforeSmi + parent.position) / 2))).id,
    );
    expect(middle.progress?.digest).toBe(parent.progress?.digest);
    await expectWhole(middle);
    const refused = lab.fork(parent.id, beforeSmi, { command: { command: 'createVm' } });
    await expect(refused).rejects.toMatchObject({ name: 'CommandRefused' });
    // Under another protocol the same commands are given again.
    const again = await lab.goOn((await lab.fork(parent.id, parent.position, { protocol: 'v5.18' })).id);
    const straight = await lab.run({ ...LIVE, protocol: 'v5.18' }, STORY);
    expect(again.progress).toEqual(straight.progress);
    expect(again.state).toBe('waiting');
    await expectWhole(again);
    const notLive = await lab.run({ ...RACE, parameters: { smis: 1 } });
    const none = lab.fork(notLive.id, 5, { command: { command: 'createVm' } });
    await expect(none).rejects.toMatchObject({ name: 'CommandRefused' });
  });
});
