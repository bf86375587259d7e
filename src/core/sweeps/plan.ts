// From a request to the cells of a sweep. The manifest has every default filled in, so that it says the same in a later
// build, and the digest of each protocol's procedures, so that a build with others refuses it.

import { textDigest } from '../base/digest.js';
import { BadInput } from '../base/errors.js';
import type { UserProtocolText } from '../protocols/user-api.js';
import type { Manifest } from '../run/contract.js';
import { createManifest, ENGINE_VERSION, type RunRequest, scenarioConstants } from '../run/manifest.js';
import { findScenario } from '../scenarios/library.js';
import { resolveParameters, type Scenario } from '../scenarios/scenario.js';
import { MAX_SWEEP_CELLS, MAX_SWEEP_GROUPS } from './limits.js';
import { chosenMetrics } from './metrics.js';
import { parseSeeds, seedsText } from './seeds.js';

export type SweepValue = number | string | boolean;

/** A protocol that a user brought: its text, and what is linked of it for every set of constants that the sweep has. */
export interface UserOfSweep {
  readonly text: UserProtocolText;
  /** By the constants as JSON: only its own process can link it. */
  readonly digests: { readonly [constants: string]: string };
}

export interface SweepRequest {
  /** By id, those of `protocols` that users brought. */
  readonly users?: { readonly [id: string]: UserOfSweep };
  readonly scenario: string;
  readonly protocols: readonly string[];
  /** `1..20,33`, or a list. */
  readonly seeds: string | readonly number[];
  /** A list is swept over. */
  readonly parameters?: { readonly [name: string]: SweepValue | readonly SweepValue[] };
  readonly costs?: { readonly [name: string]: number | readonly number[] };
  readonly limits?: Readonly<Record<string, number>>;
  readonly scheduler?: string;
  readonly invariants?: boolean;
  /** Null: those that occur. */
  readonly metrics?: readonly string[] | null;
}

/** What a sweep's table is a function of. Plain JSON. */
export interface SweepManifest {
  readonly format: 'rootline-sweep';
  readonly version: 1;
  readonly engine: string;
  readonly scenario: string;
  readonly protocols: readonly {
    readonly id: string;
    readonly digest: string;
    readonly user?: UserOfSweep | undefined;
  }[];
  readonly seeds: string;
  /** Every parameter and cost, in the order in which the table varies them: the last one fastest. */
  readonly parameters: { readonly [name: string]: readonly number[] };
  readonly costs: { readonly [name: string]: readonly number[] };
  readonly limits: { readonly [name: string]: number };
  readonly scheduler: string;
  readonly invariants: boolean;
  readonly metrics: readonly string[] | null;
}

/** What differs between groups, besides the protocol. */
export interface SweepAxis {
  /** A parameter, or `cost.NAME`. */
  readonly name: string;
  readonly values: readonly number[];
  /** Names of the values, where they have names. */
  readonly words: readonly string[] | null;
}

export interface SweepGroup {
  readonly protocol: string;
  /** By axis: its word or number. */
  readonly settings: { readonly [axis: string]: string | number };
  /** Of its first seed. */
  readonly manifest: Manifest;
}

export interface SweepPlan {
  readonly manifest: SweepManifest;
  readonly axes: readonly SweepAxis[];
  readonly groups: readonly SweepGroup[];
  readonly seeds: readonly number[];
  /** groups x seeds; cell number = group * seeds + seed, from 0. */
  readonly cells: number;
}

/** Throws BadInput, also where the sweep is too large: before anything is built. */
export function planSweep(request: SweepRequest): SweepPlan {
  const scenario = findScenario(request.scenario);
  const { protocols } = request;
  if (protocols.length === 0) throw empty('protocols', 'a protocol');
  refuseTwice('protocol', protocols);
  const seeds = parseSeeds(request.seeds);
  const metrics = chosenMetrics(request.metrics ?? null);
  const parameters = parameterLists(scenario, request.parameters ?? {});
  const costs = costLists(request.costs ?? {});
  const axes = axesOf(scenario, parameters, costs);
  const groupCount = axes.reduce((n, { values }) => n * values.length, protocols.length);
  refuseTooLarge(protocols.length, axes, seeds.length, groupCount);

  const groups: SweepGroup[] = [];
  for (const protocol of protocols) {
    for (const point of pointsOf(axes)) {
      groups.push(groupOf(request, protocol, axes, point, { parameters, costs }, seeds[0]));
    }
  }
  const [first] = groups;
  if (scenario.build(first.manifest.parameters as Record<string, number>).live !== undefined)
    throw new BadInput(
      'sweep-scenario',
      `scenario ${scenario.id} waits for commands and has no end of its own; expected another scenario`,
    );
  return {
    manifest: {
      format: 'rootline-sweep',
      version: 1,
      engine: ENGINE_VERSION,
      scenario: scenario.id,
      protocols: protocols.map((id) => {
        const user = request.users?.[id];
        return { id, digest: digestOf(groups, id), ...(user === undefined ? {} : { user }) };
      }),
      seeds: seedsText(seeds),
      parameters: listsOf(first.manifest.parameters as Record<string, number>, parameters),
      costs: listsOf(first.manifest.costs, costs),
      limits: first.manifest.limits,
      scheduler: first.manifest.scheduler,
      invariants: first.manifest.invariants,
      metrics,
    },
    axes,
    groups,
    seeds,
    cells: groups.length * seeds.length,
  };
}

/** The plan of a manifest. Throws `engine_differs` where this build would give another table. */
export function planOfManifest(manifest: SweepManifest): SweepPlan {
  if (manifest.engine !== ENGINE_VERSION) {
    throw new BadInput(
      'engine_differs',
      `the sweep was made with engine ${manifest.engine}; this is engine ${ENGINE_VERSION}`,
    );
  }
  const users = manifest.protocols.flatMap(({ id, user }) =>
    user === undefined ? [] : [[id, user] as const],
  );
  const plan = planSweep({
    ...manifest,
    protocols: manifest.protocols.map(({ id }) => id),
    users: Object.fromEntries(users),
  });
  for (const [i, { id, digest }] of plan.manifest.protocols.entries()) {
    const wanted = manifest.protocols[i].digest;
    if (wanted !== digest)
      throw new BadInput(
        'engine_differs',
        `the procedures of protocol ${id} have digest ${digest}; the sweep was made with ${wanted}`,
      );
  }
  return plan;
}

/** The run of one cell. */
export function cellManifest(plan: SweepPlan, cell: number): Manifest {
  const { group, seed } = cellPlace(plan, cell);
  return { ...plan.groups[group].manifest, seed };
}

export function cellPlace(plan: SweepPlan, cell: number): { readonly group: number; readonly seed: number } {
  const { seeds } = plan;
  return { group: Math.floor(cell / seeds.length), seed: seeds[cell % seeds.length] };
}

type Lists = { readonly [name: string]: readonly number[] };

const listOf = <T>(given: T | readonly T[]): readonly T[] => (Array.isArray(given) ? given : [given as T]);

/** Words as numbers, each value checked. */
function parameterLists(scenario: Scenario, given: NonNullable<SweepRequest['parameters']>): Lists {
  const out: Record<string, number[]> = {};
  for (const [name, values] of Object.entries(given)) {
    const list = listOf<SweepValue>(values);
    if (list.length === 0) throw empty(`parameter ${name}`, 'a value');
    refuseSteps(name, list.length);
    out[name] = list.map((value) => resolveParameters(scenario, { [name]: value })[name]);
    refuseTwice(`value of parameter ${name}`, out[name]);
  }
  return out;
}

function costLists(given: NonNullable<SweepRequest['costs']>): Lists {
  const out: Record<string, readonly number[]> = {};
  for (const [name, values] of Object.entries(given)) {
    const list = listOf<number>(values);
    if (list.length === 0) throw empty(`cost ${name}`, 'a value');
    refuseSteps(`cost.${name}`, list.length);
    refuseTwice(`value of cost ${name}`, list);
    out[name] = list;
  }
  return out;
}

/** In the order of the scenario's parameters, costs behind them: the same for every order in a request. */
function axesOf(scenario: Scenario, parameters: Lists, costs: Lists): SweepAxis[] {
  const axes: SweepAxis[] = [];
  for (const [name, p] of Object.entries(scenario.parameters)) {
    const values = Object.hasOwn(parameters, name) ? parameters[name] : [];
    if (values.length < 2) continue;
    axes.push({ name, values, words: p.words === undefined ? null : values.map((n) => p.words![n - p.min]) });
  }
  for (const name of Object.keys(costs).toSorted()) {
    if (costs[name].length > 1) axes.push({ name: `cost.${name}`, values: costs[name], words: null });
  }
  return axes;
}

/** Every combination of the axes' value numbers, the last axis fastest. */
function* pointsOf(axes: readonly SweepAxis[]): Generator<readonly number[]> {
  const count = axes.reduce((n, { values }) => n * values.length, 1);
  for (let k = 0; k < count; k++) {
    const point: number[] = [];
    let rest = k;
    for (const { values } of axes.toReversed()) {
      point.unshift(rest % values.length);
      rest = Math.floor(rest / values.length);
    }
    yield point;
  }
}

function groupOf(
  request: SweepRequest,
  protocol: string,
  axes: readonly SweepAxis[],
  point: readonly number[],
  lists: { readonly parameters: Lists; readonly costs: Lists },
  seed: number,
): SweepGroup {
  const chosen = new Map(axes.map(({ name, values }, k) => [name, values[point[k]]]));
  const pick = (all: Lists, prefix: string): Record<string, number> =>
    Object.fromEntries(
      Object.entries(all).map(([name, values]) => [name, chosen.get(prefix + name) ?? values[0]]),
    );
  const { scenario, scheduler, invariants, limits } = request;
  const run: RunRequest = {
    scenario,
    protocol,
    seed,
    recording: 'lifecycle',
    parameters: pick(lists.parameters, ''),
    costs: pick(lists.costs, 'cost.'),
    ...(scheduler === undefined ? {} : { scheduler }),
    ...(invariants === undefined ? {} : { invariants }),
    ...(limits === undefined ? {} : { limits }),
  };
  return {
    protocol,
    settings: Object.fromEntries(axes.map((axis, k) => [axis.name, labelOf(axis, point[k])])),
    manifest: manifestOf(run, request.users?.[protocol]),
  };
}

function manifestOf(run: RunRequest, user: UserOfSweep | undefined): Manifest {
  if (user === undefined) return createManifest(run);
  const constants = JSON.stringify(scenarioConstants(run));
  const digest = user.digests[constants];
  if (digest === undefined)
    throw new BadInput('sweep-manifest', `protocol ${run.protocol} was not linked with ${constants}`);
  return createManifest({ ...run, userProtocol: user.text }, digest);
}

/** Every set of constants that the sweep's scenario gives to a protocol: what a user's is to be linked with. */
export function sweepConstants(request: SweepRequest): Readonly<Record<string, number>>[] {
  // Under a shipped protocol: the constants are the scenario's.
  const { groups } = planSweep({ ...request, protocols: ['v5.18'], users: {} });
  const all = groups.map(({ manifest: { scenario, parameters } }) =>
    scenarioConstants({ scenario, parameters }),
  );
  return [...new Map(all.map((constants) => [JSON.stringify(constants), constants])).values()];
}

function labelOf({ values, words }: SweepAxis, k: number): string | number {
  return words?.[k] ?? values[k];
}

/** Over the digests of its groups: a scenario's parameters may change constants of the protocol. */
function digestOf(groups: readonly SweepGroup[], protocol: string): string {
  const digests = groups.filter((g) => g.protocol === protocol).map((g) => g.manifest.protocolDigest);
  return new Set(digests).size === 1 ? digests[0] : textDigest(digests.join(' '));
}

function listsOf(resolved: Readonly<Record<string, number>>, lists: Lists): Lists {
  return Object.fromEntries(
    Object.entries(resolved).map(([name, value]) => [
      name,
      Object.hasOwn(lists, name) ? lists[name] : [value],
    ]),
  );
}

function empty(what: string, one: string): BadInput {
  return new BadInput('sweep-empty', `${what}: the list is empty; expected at least ${one}`);
}

function refuseTwice(what: string, values: readonly (string | number)[]): void {
  const twice = values.find((value, i) => values.indexOf(value) !== i);
  if (twice !== undefined)
    throw new BadInput('sweep-duplicate', `${what} ${twice} is given twice; expected it once`);
}

/** Before a list is looked at in earnest. */
function refuseSteps(name: string, values: number): void {
  if (values > MAX_SWEEP_GROUPS)
    throw new BadInput(
      'sweep-too-large',
      `${values} values of ${name} are more than MAX_SWEEP_GROUPS = ${MAX_SWEEP_GROUPS}`,
    );
}

function refuseTooLarge(protocols: number, axes: readonly SweepAxis[], seeds: number, groups: number): void {
  const cells = groups * seeds;
  if (cells <= MAX_SWEEP_CELLS && groups <= MAX_SWEEP_GROUPS) return;
  const product = [
    `${protocols} protocols`,
    ...axes.map(({ name, values }) => `${values.length} values of ${name}`),
  ].join(' x ');
  throw new BadInput(
    'sweep-too-large',
    groups > MAX_SWEEP_GROUPS
      ? `${product} = ${groups} groups are more than MAX_SWEEP_GROUPS = ${MAX_SWEEP_GROUPS} (${cells} cells with ${seeds} seeds)`
      : `${product} x ${seeds} seeds = ${cells} cells are more than MAX_SWEEP_CELLS = ${MAX_SWEEP_CELLS}`,
  );
}
