// What tells a session that is an imported trace from one that can be run: it has no scenario, and a world of one size for
// all traces, of which only what was used is stored and looked at.
import { Layout, type Topology } from '../aggregates/layout.js';
import { BadInput } from '../base/errors.js';
import { scenarioOf } from '../scenarios/library.js';
import { resolveParameters } from '../scenarios/scenario.js';
import type { Manifest } from './contract.js';

/** The name in a manifest where others have their scenario. */
export const TRACE_SCENARIO = 'trace';
/** The name in a manifest where others have their protocol, when the layout is that of no recorded kernel. */
export const UNKNOWN_PROTOCOL = 'unknown';

/** Ceilings of one import: what comes beyond is counted as left out, by name. */
export const TRACE_TOPOLOGY: Topology = {
  vms: 64,
  vcpus: 512,
  threads: 250,
  pages: 8_192,
  tableBits: 9,
  slots: 1,
  hostPages: 0,
  tlbEntries: 1,
  pscEntries: 1,
  outerEntries: 0,
  stackWords: 0,
  programWords: 0,
};

export function traceLayout(): Layout {
  return new Layout(TRACE_TOPOLOGY, TRACE_TOPOLOGY);
}

/** An imported trace: nothing in it can be run again. */
export function isTrace(manifest: { readonly scenario: string }): boolean {
  return manifest.scenario === TRACE_SCENARIO;
}

/** Throws BadInput for what only a session that can be run again can do. */
export function refuseTrace(manifest: { readonly scenario: string }, what: string): void {
  if (!isTrace(manifest)) return;
  throw new BadInput(
    'imported-trace',
    `the session is an imported trace: it cannot be ${what}; expected a simulated session`,
    ['show', 'state', 'events', 'timeline', 'ledger', 'export', 'compare', 'check'],
  );
}

/** Where everything lies in a world of such a session. */
export function layoutOf(
  manifest: Pick<Manifest, 'scenario' | 'parameters' | 'workload' | 'userLitmus'>,
): Layout {
  if (isTrace(manifest)) return traceLayout();
  const scenario = scenarioOf(manifest);
  return new Layout(scenario.build(resolveParameters(scenario, manifest.parameters)).topology);
}
