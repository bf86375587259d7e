// From a request to a manifest: everything a session is a function of, defaults filled in, bad input refused here.
import { AssertionError } from '../base/assert.js';
import { BadInput } from '../base/errors.js';
import { EVENT_SCHEMA_VERSION } from '../events/catalogue.js';
import { resolveCosts } from '../machine/costs.js';
import { link, type Protocol } from '../protocols/protocol.js';
import { findProtocol } from '../protocols/registry.js';
import type { UserProtocolText } from '../protocols/user-api.js';
import { scenarioOf } from '../scenarios/library.js';
import { type LitmusText, litmusOf } from '../scenarios/litmus/text/own-litmus.js';
import { resolveParameters } from '../scenarios/scenario.js';
import type { TracedWorkload } from '../scenarios/traced/workload.js';
import { SCHEDULERS } from '../scheduler/scheduler.js';
import type { Manifest, ThreadSteps } from './contract.js';
import { resolveSchedule } from './schedule.js';

/** Version of the engine: bumped when the same procedures would give other events. */
export const ENGINE_VERSION = '0.1.0';

/** Named limits of one run; each may be lowered or raised within the ceiling. */
export const RUN_LIMITS = {
  events: { default: 2_000_000_000, max: 20_000_000_000, doc: 'events of the full stream' },
  storedRows: { default: 200_000_000, max: 2_000_000_000, doc: 'rows stored for the session' },
  virtualNs: { default: 600_000_000_000, max: 86_400_000_000_000, doc: 'virtual time, ns' },
  commands: { default: 10_000, max: 100_000, doc: 'commands and rests of a live session' },
  watchdogExits: { default: 10_000, max: 10_000_000, doc: 'exits of one vCPU without a retired instruction' },
} as const;

export interface RunRequest {
  readonly scenario: string;
  readonly protocol: string;
  /** Instead of a shipped protocol: a text that a user brought, under the name in `protocol`. */
  readonly userProtocol?: UserProtocolText;
  /** Scenario `traced`: what a recording did. */
  readonly workload?: TracedWorkload;
  /** Instead of a shipped scenario: a litmus that a user wrote. */
  readonly userLitmus?: LitmusText | undefined;
  readonly seed?: number;
  readonly scheduler?: string;
  /** With scheduler `scripted`: who runs for how many steps. */
  readonly schedule?: readonly ThreadSteps[] | undefined;
  readonly recording?: string;
  readonly invariants?: boolean;
  readonly parameters?: Readonly<Record<string, number | string | boolean>>;
  readonly costs?: Readonly<Record<string, number>>;
  readonly limits?: Readonly<Record<string, number>>;
}

export function oneOf<T extends string>(what: string, value: string, known: readonly T[]): T {
  const found = known.find((k) => k === value);
  if (found === undefined) {
    throw new BadInput(
      `unknown-${what}`,
      `unknown ${what} "${value}"; expected one of: ${known.join(', ')}`,
      known,
    );
  }
  return found;
}

export function resolveSeed(seed: number): number {
  if (Number.isSafeInteger(seed) && seed >= 0) return seed;
  throw new BadInput('seed', `seed must be an integer from 0 to ${Number.MAX_SAFE_INTEGER}, got ${seed}`);
}

/** Every limit, defaults filled in. */
export function resolveLimits(given: Readonly<Record<string, number>>): Record<string, number> {
  const limits: Record<string, number> = {};
  for (const [name, l] of Object.entries(RUN_LIMITS)) limits[name] = l.default;
  for (const [name, value] of Object.entries(given)) {
    const known = Object.hasOwn(RUN_LIMITS, name) ? RUN_LIMITS[name as keyof typeof RUN_LIMITS] : undefined;
    if (known === undefined) {
      throw new BadInput(
        'unknown-limit',
        `unknown limit "${name}"; expected one of: ${Object.keys(RUN_LIMITS).join(', ')}`,
      );
    }
    if (!Number.isInteger(value) || value < 1 || value > known.max) {
      throw new BadInput(
        'limit-range',
        `limit ${name} must be an integer from 1 to ${known.max}, got ${value}`,
      );
    }
    limits[name] = value;
  }
  return limits;
}

/** Constants that the request's scenario gives to its protocol: they are part of the digest of what is linked. */
export function scenarioConstants(
  request: Pick<RunRequest, 'scenario' | 'parameters' | 'workload' | 'userLitmus'>,
): Readonly<Record<string, number>> {
  const scenario = scenarioOf(request);
  return scenario.build(resolveParameters(scenario, request.parameters ?? {})).constants;
}

/** @param linkedDigest digest of the user's protocol with the scenario's constants: it is linked in a thread of its own */
export function createManifest(request: RunRequest, linkedDigest?: string): Manifest {
  const scenario = scenarioOf(request);
  const user = request.userProtocol;
  if (user !== undefined && linkedDigest === undefined)
    throw new AssertionError(`protocol ${user.file} was not linked in a thread of its own`);
  const protocol = user === undefined ? findProtocol(request.protocol) : null;
  const seed = resolveSeed(request.seed ?? 1);
  const scheduler = oneOf('scheduler', request.scheduler ?? 'timed', SCHEDULERS);
  const parameters = resolveParameters(scenario, request.parameters ?? {});
  const limits = resolveLimits(request.limits ?? {});
  // Building also checks the topology against its ceilings.
  const built = scenario.build(parameters);
  const schedule = resolveSchedule(scheduler, request.schedule, built.threads.length);
  return {
    scenario: scenario.id,
    protocol: protocol?.id ?? request.protocol,
    seed,
    scheduler,
    ...(schedule === null ? {} : { schedule }),
    recording: oneOf('recording', request.recording ?? 'full', ['full', 'lifecycle']),
    invariants: request.invariants ?? true,
    parameters,
    costs: resolveCosts({ ...scenario.costs, ...request.costs }),
    limits,
    engine: ENGINE_VERSION,
    protocolDigest: protocol === null ? linkedDigest! : procedureDigest(protocol, built.constants),
    eventSchema: EVENT_SCHEMA_VERSION,
    ...(user === undefined ? {} : { userProtocol: user }),
    ...(request.workload === undefined ? {} : { workload: request.workload }),
    ...(request.userLitmus === undefined ? {} : { userLitmus: litmusOf(request.userLitmus).source }),
  };
}

/** Digests are kept: to link a protocol takes over a millisecond, and a sweep asks for hundreds. */
const DIGESTS = new WeakMap<Protocol, Map<string, string>>();
const MAX_DIGESTS_KEPT = 64;

function procedureDigest(protocol: Protocol, constants: Readonly<Record<string, number>>): string {
  const kept = DIGESTS.get(protocol) ?? new Map<string, string>();
  DIGESTS.set(protocol, kept);
  const key = JSON.stringify(constants);
  const found = kept.get(key) ?? link(protocol, constants).digest;
  if (kept.size >= MAX_DIGESTS_KEPT) kept.clear();
  kept.set(key, found);
  return found;
}
