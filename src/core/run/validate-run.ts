// Runs the script of one validation case and gives its lifecycle. In memory only: nothing is stored.
import { AssertionError } from '../base/assert.js';
import { extend, type Protocol } from '../protocols/protocol.js';
import { findProtocol } from '../protocols/registry.js';
import { findScenario } from '../scenarios/library.js';
import type { Lifecycle } from '../traces/recorded-event.js';
import { createManifest } from './manifest.js';
import { Simulation } from './simulation.js';
import type { ValidationCase } from './validate-cases.js';
import { SimulatedLifecycle } from './validate-lifecycle.js';

const STEPS_AT_ONCE = 200_000;

/** @param user the protocol of a user, in the place of the case's own */
export function simulateCase(wanted: ValidationCase, user: Protocol | null = null): Lifecycle {
  const protocol = protocolOf(wanted, user);
  const manifest = createManifest({
    scenario: wanted.scenario,
    protocol: wanted.protocol,
    parameters: wanted.parameters,
    invariants: false,
  });
  const simulation = new Simulation({
    // The protocol may stand on another kernel's rules than the shipped one of this id.
    manifest: { ...manifest, protocolDigest: '' },
    protocol,
    scenario: findScenario(wanted.scenario).build(manifest.parameters as Record<string, number>),
    snapshots: false,
  });
  const lifecycle = new SimulatedLifecycle({
    resurrects: protocol.rules.resurrects,
    freesAtLastPut: protocol.rules.era === 'a',
  });
  while (simulation.outcome === null) {
    for (const chunk of simulation.advance(STEPS_AT_ONCE)) {
      lifecycle.names(chunk.dictionary);
      lifecycle.rows(chunk.columns);
    }
  }
  if (simulation.outcome !== 'completed') {
    const why = simulation.detail?.message ?? JSON.stringify(simulation.detail);
    throw new AssertionError(
      `${wanted.scenario} under ${wanted.protocol} ended as ${simulation.outcome}: ${why}`,
    );
  }
  return lifecycle.lifecycle();
}

/** The replacements of the case's protocol upon the recorded kernel's other rules. */
function protocolOf(wanted: ValidationCase, user: Protocol | null): Protocol {
  const own = user ?? findProtocol(wanted.protocol);
  if (wanted.otherRulesOf === wanted.protocol) return own;
  // What a user's protocol extends is here a set of replacements too.
  const replaced = new Set([
    ...own.replaced,
    ...(user === null ? [] : findProtocol(wanted.protocol).replaced),
  ]);
  return extend(findProtocol(wanted.otherRulesOf), {
    id: own.id,
    title: own.title,
    source: own.source,
    replace: own.procedures.filter((procedure) => replaced.has(procedure.name)),
    rules: own.rules,
  });
}
