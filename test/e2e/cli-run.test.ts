// `run`, `sessions`, `show`, `replay`, `export` on tiny scenarios: documents, exit codes, and that they fit together.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, describe, expect, test } from 'vitest';
import { documentOf, Folders, rootline } from './cli-support.js';

const folders = new Folders();
afterAll(() => folders.clear());

const TINY = ['run', 'destroy-partial', '--protocol', 'v5.18'];
const HEX = /^[0-9a-f]{16}$/;

describe('run', () => {
  const data = folders.fresh();
  const ended = rootline([...TINY, '--data', data, '--json']);
  const run = documentOf(ended);

  test('prints one document with the promised fields', () => {
    expect(ended.code).toBe(0);
    expect(Object.keys(run).slice(0, 12)).toEqual([
      'sessionId',
      'protocol',
      'scenario',
      'seed',
      'outcome',
      'rootAllocations',
      'events',
      'stored',
      'digest',
      'milestones',
      'findings',
      'counts',
    ]);
    expect(run).toMatchObject({
      sessionId: '1',
      protocol: 'v5.18',
      scenario: 'destroy-partial',
      seed: 1,
      outcome: 'completed',
      rootAllocations: 1,
      scheduler: 'timed',
      recording: 'full',
      digest: expect.stringMatching(HEX) as string,
      findings: [],
      milestones: {},
    });
    expect(run.counts).toMatchObject({ eptViolations: 14, rootAllocations: 1 });
    expect(run.stored).toBe(run.events);
  });

  test('stored is what events_readable holds', () => {
    const db = new Database(join(data, 'events.sqlite'), { readonly: true });
    const rows = db.prepare('SELECT count(*) FROM events_readable WHERE session = 1').pluck().get();
    db.close();
    expect(rows).toBe(run.stored);
  });

  test('says first what it runs, and last how to run it again', () => {
    const lines = ended.stderr.trimEnd().split('\n');
    expect(lines[0]).toBe(`seed 1, protocol v5.18, scenario destroy-partial, engine ${String(run.engine)}`);
    const again = lines.at(-1)?.split(' ') ?? [];
    expect(again.slice(0, 3)).toEqual(['npx', 'rootline', 'run']);
    const second = rootline([...again.slice(2), '--json']);
    expect(second.code).toBe(0);
    expect(documentOf(second)).toMatchObject({ sessionId: '2', digest: run.digest, events: run.events });
  });

  test('the digest is the same at lifecycle, the rows are fewer', () => {
    const lifecycle = documentOf(
      rootline([...TINY, '--data', data, '--json', '--recording', 'lifecycle', '--no-invariants']),
    );
    expect(lifecycle).toMatchObject({ events: run.events, fullDigest: run.fullDigest, verdicts: null });
    expect(lifecycle.digest).toBe(run.digest);
    expect(Number(lifecycle.stored)).toBeLessThan(Number(run.stored));
  });

  test('text says the same', () => {
    const text = rootline([...TINY, '--data', data]);
    expect(text.code).toBe(0);
    expect(text.stdout).toContain('outcome           completed');
    expect(text.stdout).toContain(`digest            ${String(run.digest)}`);
  });

  test('sessions and show', () => {
    const list = rootline(['sessions', '--data', data, '--json']);
    expect(list.code).toBe(0);
    const { sessions } = documentOf(list) as { sessions: { id: string }[] };
    expect(sessions.map((s) => s.id)).toEqual(['4', '3', '2', '1']);
    const shown = rootline(['show', '1', '--data', data, '--json']);
    expect(documentOf(shown)).toMatchObject({ id: '1', state: 'finished', digest: run.digest, findings: [] });
    expect(rootline(['show', '1', '--data', data]).stdout).toContain(
      'session 1: destroy-partial under v5.18',
    );
  });

  test('replay verifies, by fold and by schedule', () => {
    for (const id of ['1', '3']) {
      const replayed = rootline(['replay', id, '--data', data, '--json']);
      const document = documentOf(replayed);
      expect(Object.keys(document)).toEqual(['verified', 'by', 'firstDifference']);
      expect(document).toMatchObject({
        verified: true,
        by: { fold: { verified: true }, schedule: { verified: true } },
        firstDifference: null,
      });
      expect(replayed.code).toBe(0);
    }
  });

  test('export as NDJSON and as CSV', () => {
    const lines = rootline(['export', '1', '--data', data]).stdout.trimEnd().split('\n');
    expect(lines).toHaveLength(Number(run.stored));
    expect(JSON.parse(lines[0])).toMatchObject({ position: 1, ordinal: 1, thread: 'main' });
    const csv = rootline(['export', '1', '--data', data, '--format', 'csv']).stdout.split('\r\n');
    expect(csv[0]).toMatch(/^position,ordinal,/);
    expect(csv).toHaveLength(Number(run.stored) + 2);
  });

  test('a changed row is found by the replay: exit code 3 and the first difference', () => {
    const db = new Database(join(data, 'events.sqlite'));
    const position = db
      .prepare('SELECT min(position) FROM event WHERE session = 2 AND type = 3')
      .pluck()
      .get();
    db.prepare('UPDATE event SET b = b + 1 WHERE session = 2 AND position = ?').run(position);
    db.close();
    const replayed = rootline(['replay', '2', '--data', data, '--json']);
    expect(documentOf(replayed)).toMatchObject({ verified: false, firstDifference: { position } });
    expect(replayed.code).toBe(3);
  });
});

describe('ends of a run', () => {
  test('a limit: exit code 5, and the document all the same', () => {
    const ended = rootline([...TINY, '--set', 'limit.events=100', '--data', folders.fresh(), '--json']);
    expect(documentOf(ended)).toMatchObject({ outcome: 'limit_reached', detail: { limit: 'events' } });
    expect(ended.code).toBe(5);
  });

  test('no forward progress: exit code 4, and where it is stuck', () => {
    const ended = rootline([
      'run',
      'boot',
      '--protocol',
      'v5.18',
      '--set',
      'resetPolicy=every-exit',
      '--recording',
      'lifecycle',
      '--data',
      folders.fresh(),
      '--json',
    ]);
    expect(documentOf(ended)).toMatchObject({
      outcome: 'no_forward_progress',
      detail: { stuckAt: { phase: 'resetVector', exit: 'EPT_VIOLATION' } },
    });
    expect(ended.code).toBe(4);
  });
});

test.each(['protocols', 'scenarios', 'invariants'])('%s needs no data folder', (what) => {
  const cwd = folders.fresh();
  const ended = rootline([what, '--json'], cwd);
  expect(ended.code).toBe(0);
  const list = documentOf(ended)[what] as { id: string }[];
  expect(list.length).toBeGreaterThan(1);
  const text = rootline([what], cwd);
  expect(text.code).toBe(0);
  for (const { id } of list) expect(text.stdout).toContain(id);
});

test('the version and the help', () => {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  expect(rootline(['--version']).stdout.trim()).toBe(version);
  const help = rootline(['--help']);
  expect(help.code).toBe(0);
  for (const command of ['serve', 'experiment', 'run', 'sessions', 'show', 'replay', 'validate', 'export']) {
    expect(help.stdout).toContain(command);
  }
});
