// Runs of a protocol held against what a check expects of it. A check takes a protocol's rules and the names of its functions; of
// a user's protocol, whose functions may do anything, these runs say whether that is what it does.
import type { Protocol } from '../protocols/protocol.js';
import { findScenario } from '../scenarios/library.js';
import { checkedProtocol, type Departure } from '../traces/check/checked-protocol.js';
import { probedProtocol } from '../traces/check/probed.js';
import { TraceCheck } from '../traces/check/trace-check.js';
import type { FrameEvent } from '../traces/frames/frame.js';
import { createManifest, type RunRequest } from './manifest.js';
import { Simulation } from './simulation.js';

const RUNS = [
  ['smi-heavy', { smis: 3, vcpus: 2 }],
  ['memslot-storm', { vcpus: 2, pages: 4, pauseUs: 200 }],
  ['memslot-idle', {}],
  ['destroy-race', {}],
] as const;
const SEEDS = [1, 2];
const STEPS_AT_ONCE = 20_000;
/** Of one run; a protocol that does not get on by then is held against what it did. */
const STEPS_MAX = 1_000_000;

/** What the probes of its kernel would print of a run. @returns how it ended; null: it was cut off */
export function probedRun(
  protocol: Protocol,
  request: Omit<RunRequest, 'protocol'>,
  onLine: (line: FrameEvent) => void,
  stepsMax = Number.POSITIVE_INFINITY,
): string | null {
  const manifest = createManifest({ ...request, protocol: protocol.id }, '');
  const sim = new Simulation({
    manifest,
    protocol: probedProtocol(protocol, onLine),
    scenario: findScenario(manifest.scenario).build(manifest.parameters as Record<string, number>),
    snapshots: false,
  });
  for (let steps = 0; sim.outcome === null && !sim.waiting && steps < stepsMax; steps += STEPS_AT_ONCE)
    sim.advance(STEPS_AT_ONCE);
  return sim.outcome;
}

/** The first place where a run of the protocol is refused by the rules that a check would take from it. */
export function departureOf(protocol: Protocol): Departure | null {
  const expected = checkedProtocol(protocol);
  for (const [scenario, parameters] of RUNS) {
    for (const seed of SEEDS) {
      const check = new TraceCheck({ protocols: [expected], rcuCallbacks: false });
      const request: Omit<RunRequest, 'protocol'> = {
        scenario,
        parameters,
        seed,
        scheduler: 'random',
        invariants: false,
      };
      probedRun(protocol, request, (line) => check.take(line), STEPS_MAX);
      const refused = check.report().verdicts[0]?.firstRejected;
      if (refused !== null && refused !== undefined)
        return { scenario, seed, rule: refused.rule, why: refused.why };
    }
  }
  return null;
}
