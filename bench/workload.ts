// The run that simulation, store and replay are measured with: SMIs under v5.18, where every put of a root throws the
// whole working set away. Page faults dominate, as they do in a real boot.
import type { Manifest } from '../src/core/run/contract.js';
import { createManifest } from '../src/core/run/manifest.js';

/** Events of one SMI with this working set, roughly; only sizes a run. */
const EVENTS_PER_SMI = 1_280;
const PAGES = 64;

export function workload(
  events: number,
  differs: { readonly invariants?: boolean; readonly recording?: 'full' | 'lifecycle' } = {},
): Manifest {
  return createManifest({
    scenario: 'smi-heavy',
    protocol: 'v5.18',
    recording: differs.recording ?? 'full',
    invariants: differs.invariants ?? false,
    parameters: { smis: Math.max(1, Math.round(events / EVENTS_PER_SMI)), pages: PAGES, vcpus: 1 },
  });
}

export function describe(manifest: Manifest): string {
  const parameters = Object.entries(manifest.parameters).map(([name, value]) => `${name}=${value}`);
  return `${manifest.scenario} ${parameters.join(' ')}, ${manifest.protocol}, ${manifest.recording}`;
}
