// kill -9 at random moments: in an append, in a removal, while opening. Whatever was reported committed is there
// afterwards, without gaps, with its decisions and snapshots; and the next owner goes on where the last one stopped.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { openEventStore } from '../../../src/store/index.js';
import { newDataDir } from '../../contract/data-dir.js';

/** More by ROOTLINE_KILLS. */
const KILLS = Number(process.env['ROOTLINE_KILLS'] ?? 8);
const writer = fileURLToPath(new URL('./crash-writer.mjs', import.meta.url));

interface Reported {
  readonly positions: Map<string, number>;
  readonly deleting: Set<string>;
  readonly deleted: Set<string>;
}

/** Kills after so many reports of this run, or, with none, `delayMs` after the start: while it opens. */
async function runAndKill(
  dataDir: string,
  reports: number,
  delayMs: number,
  reported: Reported,
): Promise<void> {
  const child: ChildProcess = spawn(process.execPath, [writer, dataDir], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout! });
  let seen = 0;
  const enough = new Promise<void>((resolve) => {
    if (reports === 0) resolve();
    lines.on('line', (line) => {
      const [first, second] = line.split(' ') as [string, string];
      if (first === 'deleting') reported.deleting.add(second);
      else if (first === 'deleted') reported.deleted.add(second);
      else reported.positions.set(first, Number(second));
      if (++seen >= reports) resolve();
    });
  });
  const ended = once(child, 'exit');
  const drained = once(lines, 'close');
  await enough;
  await sleep(delayMs);
  child.kill('SIGKILL');
  await Promise.all([ended, drained]);
  expect([child.exitCode, child.signalCode]).toEqual([null, 'SIGKILL']);
}

async function check(dataDir: string, reported: Reported): Promise<void> {
  const store = await openEventStore(dataDir);
  const { sessions } = await store.listSessions({ limit: 100 });
  const byId = new Map(sessions.map((session) => [session.id, session]));
  for (const [id, position] of reported.positions) {
    if (reported.deleting.has(id)) continue;
    expect([id, byId.get(id)?.position ?? -1]).toEqual([
      id,
      expect.toSatisfy((found: number) => found >= position),
    ]);
  }
  for (const id of reported.deleted) expect(byId.has(id)).toBe(false);
  for (const { id, position, progress, state } of sessions) {
    expect(state).not.toBe('running');
    expect(progress?.position ?? 0).toBe(position);
    let at = 0;
    for (let next: number | null = position === 0 ? null : 1; next !== null; ) {
      const page = await store.readRows(id, { from: next, limit: 65_536 });
      const { a, b, position: positions, length } = page.rows;
      for (let i = 0; i < length; i++) {
        at++;
        if (positions[i] !== at || a[i] !== at || b[i] !== -at)
          throw new Error(`session ${id}: row ${at} differs`);
      }
      next = page.next;
    }
    expect(at).toBe(position);
    const { chunks } = await store.decisions(id);
    expect(chunks.reduce((end, chunk) => (chunk.fromPosition === end ? chunk.toPosition : -1), 0)).toBe(
      position,
    );
    expect((await store.latestSnapshot(id, position))?.bytes[0] ?? 0).toBe(position & 255);
  }
  await store.deletionsDone();
  await store.close();
}

test(`nothing that was reported committed is lost by ${KILLS} kills`, {
  timeout: 20_000 + 8_000 * KILLS,
}, async () => {
  const dataDir = newDataDir();
  const reported: Reported = { positions: new Map(), deleting: new Set(), deleted: new Set() };
  let random = 20231;
  for (let kill = 0; kill < KILLS; kill++) {
    random = (Math.imul(random, 1_103_515_245) + 12_345) >>> 0;
    // Every fourth hits the opening, the others the work.
    if (kill % 4 === 0) await runAndKill(dataDir, 0, random % 400, reported);
    else await runAndKill(dataDir, 1 + (random % 60), (random >>> 8) % 20, reported);
    await check(dataDir, reported);
  }
  expect(reported.positions.size).toBeGreaterThan(0);
  rmSync(dataDir, { recursive: true, force: true });
});
