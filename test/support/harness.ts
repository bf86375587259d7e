// Runs a library scenario to its end in memory: what most tests start from.
import { decodeEvent, type RootlineEvent } from '../../src/core/events/catalogue.js';
import { findProtocol } from '../../src/core/protocols/registry.js';
import type { RunChunk, StoredColumns } from '../../src/core/run/contract.js';
import { createManifest, type RunRequest } from '../../src/core/run/manifest.js';
import { Simulation } from '../../src/core/run/simulation.js';
import { findScenario } from '../../src/core/scenarios/library.js';

export function simulation(request: RunRequest): Simulation {
  const manifest = createManifest(request);
  return new Simulation({
    manifest,
    protocol: findProtocol(manifest.protocol),
    scenario: findScenario(manifest.scenario).build(manifest.parameters as Record<string, number>),
  });
}

/** Advances to the outcome, or to where only a command helps, and returns every chunk. */
export function runToEnd(sim: Simulation, slice = 100_000): RunChunk[] {
  const chunks: RunChunk[] = [];
  while (sim.outcome === null && !sim.waiting) chunks.push(...sim.advance(slice));
  if (sim.waiting) chunks.push(...sim.rest());
  return chunks;
}

/** Object forms of the rows of all chunks. */
export function decodeAll(chunks: readonly RunChunk[]): RootlineEvent[] {
  const out: RootlineEvent[] = [];
  for (const { columns } of chunks)
    for (let i = 0; i < columns.length; i++) out.push(decodeEvent(columns, i));
  return out;
}

/** One long set of columns from many chunks. */
export function concatColumns(chunks: readonly RunChunk[]): StoredColumns {
  const length = chunks.reduce((n, c) => n + c.columns.length, 0);
  const out: StoredColumns = {
    length,
    skipped: new Float64Array(length),
    timeNs: new Float64Array(length),
    thread: new Uint8Array(length),
    site: new Uint16Array(length),
    type: new Uint8Array(length),
    subject: new Int32Array(length),
    a: new Int32Array(length),
    b: new Int32Array(length),
    c: new Int32Array(length),
  };
  let at = 0;
  for (const { columns } of chunks) {
    for (const name of ['skipped', 'timeNs', 'thread', 'site', 'type', 'subject', 'a', 'b', 'c'] as const) {
      out[name].set(columns[name], at);
    }
    at += columns.length;
  }
  return out;
}
