// Small VMs for bugs that need a schedule: 8 entries a table (a root entry covers 512 pages), and random schedules until one finds
// what is looked for.

import type { RootlineEvent } from '../../src/core/events/catalogue.js';
import type { Finding } from '../../src/core/invariants/invariant-set.js';
import type { Protocol } from '../../src/core/protocols/protocol.js';
import { findProtocol } from '../../src/core/protocols/registry.js';
import { createManifest } from '../../src/core/run/manifest.js';
import { Simulation } from '../../src/core/run/simulation.js';
import type { BuiltScenario } from '../../src/core/scenarios/scenario.js';
import { decodeAll, runToEnd } from './harness.js';

export interface SmallRun {
  readonly outcome: string | null;
  readonly events: readonly RootlineEvent[];
  /** Who made each of them. */
  readonly threads: readonly number[];
  /** `I30.2`: invariant and detail, without the metric I37. */
  readonly found: readonly string[];
  readonly findings: readonly Finding[];
  readonly assertions: readonly string[];
}

export function runSmall(
  protocol: Protocol | string,
  scenario: BuiltScenario,
  seed = 1,
  scheduler = 'random',
): SmallRun {
  const manifest = createManifest({ scenario: 'smi', protocol: 'v5.18', scheduler, seed });
  const rules = typeof protocol === 'string' ? findProtocol(protocol) : protocol;
  const sim = new Simulation({
    manifest: { ...manifest, protocol: rules.id, protocolDigest: '' },
    protocol: rules,
    scenario,
    snapshots: false,
  });
  const chunks = runToEnd(sim);
  const events = decodeAll(chunks);
  const threads = chunks.flatMap(({ columns }) => [...columns.thread.subarray(0, columns.length)]);
  const findings = (sim.invariants?.set.structured ?? []).filter((f) => f.invariant !== 'I37');
  return {
    outcome: sim.outcome,
    events,
    threads,
    findings,
    found: [...new Set(findings.map((f) => `${f.invariant}.${f.detail}`))].sort(),
    assertions: (sim.invariants?.set.assertions ?? []).map((a) => a.assertion),
  };
}

/** Everything that random schedules 1..seeds find; stops at the first that finds `until`. */
export function searchSmall(
  protocol: Protocol | string,
  scenario: BuiltScenario,
  seeds: number,
  until: string | null = null,
): ReadonlySet<string> {
  const found = new Set<string>();
  for (let seed = 1; seed <= seeds; seed++) {
    for (const what of runSmall(protocol, scenario, seed).found) found.add(what);
    if (until !== null && found.has(until)) break;
  }
  return found;
}
