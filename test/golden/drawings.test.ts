// Golden drawings: what an engineer would paste into a mail. `UPDATE=1 npx vitest run test/golden` rewrites them.
import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { EVENT_BY_CODE, type RootlineEvent } from '../../src/core/events/catalogue.js';
import { textColumns } from '../../src/core/projections/text-columns.js';
import type { RunRequest } from '../../src/core/run/manifest.js';
import { concatColumns, runToEnd, simulation } from '../support/harness.js';

/** The life of roots: without the steps of page faults, locks and user space. */
const ROOT_LIFE: ReadonlySet<RootlineEvent['type']> = new Set([
  'RootAllocated',
  'RootGot',
  'RootPut',
  'RootInvalidated',
  'RootResurrected',
  'RootZapStarted',
  'RootZapFinished',
  'RootZapTaken',
  'RootUnlinked',
  'RootFreed',
  'WorkQueued',
  'SmmEntered',
  'SmmLeft',
  'ContextReset',
  'FastZapBegun',
  'FastZapEnded',
]);

function drawing(request: RunRequest, from: (e: string, i: number) => boolean, rowsMax: number): string {
  const sim = simulation(request);
  const chunks = runToEnd(sim);
  const rows = concatColumns(chunks);
  const names = Array.from({ length: rows.length }, (_, i) => EVENT_BY_CODE[rows.type[i]!]!.name);
  const start = Math.max(0, names.findIndex(from));
  const { sites } = sim.machine.sites;
  const lines = textColumns(rows, start, rows.length, {
    threads: sim.machine.threads.map((t) => t.name),
    functionOf: (site) => sites[site - 1]?.function,
    keep: (e) => ROOT_LIFE.has(e.type),
  });
  return `${lines.slice(0, rowsMax).join('\n')}\n`;
}

function golden(name: string, text: string): void {
  const path = new URL(`./${name}.txt`, import.meta.url);
  if (process.env['UPDATE'] === '1') writeFileSync(path, text);
  expect(text).toBe(readFileSync(path, 'utf8'));
}

describe('one SMI and RSM, one vCPU (reference timeline T1)', () => {
  // Before the patch each put of the only reference kills the root; with it both roots stay and are found again.
  it.each(['v5.18', 'seed-draft', 'v6.6'])('%s', (protocol) => {
    golden(
      `smi-${protocol}`,
      drawing(
        { scenario: 'smi-heavy', protocol, parameters: { smis: 2, pages: 1 } },
        (e) => e === 'RootAllocated',
        60,
      ),
    );
  });
});

describe('a memslot is deleted while two vCPUs hold the root (timeline T2)', () => {
  it.each(['v5.18', 'seed-draft', 'v6.6'])('%s', (protocol) => {
    golden(
      `memslot-idle-${protocol}`,
      drawing({ scenario: 'memslot-idle', protocol }, (e) => e === 'FastZapBegun', 60),
    );
  });
});
