// Answers that no search gives: a metric, a budget and a property of schedules, each judged by one run in one order.
import { ensure } from '../base/assert.js';
import { MachineModel } from '../explorer/machine-model/machine-model.js';
import { STEP } from '../explorer/model.js';
import { TABLES_AT_ONCE, TablesAtOnce } from '../explorer/report/beside.js';
import { turnsOf } from '../explorer/report/found-session.js';
import { RootPressure } from '../projections/root-pressure.js';
import { findProtocol } from '../protocols/registry.js';
import type { StoredColumns } from '../run/contract.js';
import { createManifest, type RunRequest } from '../run/manifest.js';
import { Simulation } from '../run/simulation.js';
import { findScenario } from '../scenarios/library.js';
import { findMachineLitmus } from '../scenarios/litmus/index.js';
import type { RunName } from './answer.js';

export interface RunAnswer {
  readonly violated: boolean;
  /** What is judged. */
  readonly rule: string;
  /** What was seen, and how to see it again. */
  readonly seen: string;
  /** The same run as a session. */
  readonly session: RunRequest;
}

/** Steps of a machine between two looks. */
const SLICE = 100_000;
/** Exits without progress after which the watchdog speaks: a scenario of the catalogue needs far fewer. */
const WATCHDOG_EXITS = 1_000;
/** Steps of the litmus of the budget. */
const MAX_STEPS = 100_000;

export function runAnswer(name: RunName, protocol: string): RunAnswer {
  switch (name) {
    case 'root-churn':
      return rootChurn(protocol);
    case 'reset-on-every-exit':
      return resetOnEveryExit(protocol);
    case 'tables-at-once':
      return tablesAtOnce(protocol);
    case 'workers-at-once':
      return workersAtOnce(protocol);
  }
}

interface Ran {
  readonly sim: Simulation;
  /** The command that runs it. */
  readonly again: string;
  readonly session: RunRequest;
}

/** @param rows are given those of all chunks, in order */
function runToEnd(request: RunRequest, rows: (columns: StoredColumns) => void = () => undefined): Ran {
  const session: RunRequest = { scheduler: 'timed', ...request };
  const manifest = createManifest(session);
  const protocol = findProtocol(manifest.protocol);
  const scenario = findScenario(manifest.scenario).build(manifest.parameters as Record<string, number>);
  const sim = new Simulation({ manifest, protocol, scenario, snapshots: false });
  while (sim.outcome === null) for (const chunk of sim.advance(SLICE)) rows(chunk.columns);
  const sets = Object.entries({ ...request.parameters, ...limitsOf(request) });
  const settings = sets.map(([key, value]) => ` --set ${key}=${value}`).join('');
  return {
    sim,
    again: `rootline run ${request.scenario} --protocol ${request.protocol}${settings}`,
    session,
  };
}

function limitsOf({ limits }: RunRequest): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.entries(limits ?? {}).map(([name, n]) => [`limit.${name}`, n]));
}

/** B0: SMIs of one vCPU beside an idle one. */
function rootChurn(protocol: string): RunAnswer {
  const { sim, again, session } = runToEnd({ scenario: 'smi', protocol });
  const verdicts = ensure(sim.invariants, 'watched invariants').set.verdicts();
  const churn = ensure(
    verdicts.find(({ invariant }) => invariant === 'I37'),
    'a verdict on I37',
  );
  const { rootAllocations, rolesUsed } = churn.metrics ?? {};
  return {
    violated: churn.verdict === 'violated',
    rule: 'I37',
    seen: `${rootAllocations} roots allocated for ${rolesUsed} roles (${again})`,
    session,
  };
}

/** B0 where the context is reset on every exit, EPT violations too. */
function resetOnEveryExit(protocol: string): RunAnswer {
  const { sim, again, session } = runToEnd({
    scenario: 'boot',
    protocol,
    recording: 'lifecycle',
    parameters: { resetPolicy: 'every-exit', exitsPercent: 1, pagesPercent: 5 },
    limits: { watchdogExits: WATCHDOG_EXITS },
  });
  const stuck = sim.outcome === 'no_forward_progress';
  return {
    violated: stuck,
    rule: 'I38',
    seen: `${stuck ? 'the guest gets no further' : `the guest's run ends: ${sim.outcome}`} (${again})`,
    session,
  };
}

/** B15: threads of the kernel that zap roots at the same moment, on whatever CPUs, while the updater waits. */
function workersAtOnce(protocol: string): RunAnswer {
  const pressure = new RootPressure();
  let names: readonly string[] = [];
  const blocks: StoredColumns[] = [];
  const { sim, again, session } = runToEnd(
    { scenario: 'gpu-memslots', protocol, parameters: { roots: 4, pages: 600, cpus: 2 } },
    (columns) => blocks.push(columns),
  );
  names = sim.threadNames;
  for (const columns of blocks)
    for (let i = 0; i < columns.length; i++)
      if (names[columns.thread[i] ?? -1]?.startsWith('kworker') === true) pressure.feed(columns, i, i + 1);
  const { zaps, zapsAtOnce } = pressure.figures();
  const most = zapsAtOnce ?? 0;
  return {
    violated: most > 1,
    rule: 'workers-at-once',
    seen: `${zaps} roots zapped by kernel workers, ${most} at the same moment (${again})`,
    session,
  };
}

/** B8: tables that go between two places where the thread may yield, or take or release mmu_lock. */
function tablesAtOnce(protocol: string): RunAnswer {
  const model = new MachineModel({
    protocol: findProtocol(protocol),
    litmus: findMachineLitmus('b8').build({}),
    reductions: { persistent: false, symmetry: false },
  });
  model.reset();
  const removed = new TablesAtOnce(model);
  const taken = [...model.prefix];
  for (let n = 0; n < MAX_STEPS; n++) {
    // In the order of their numbers, each as far as it gets.
    const t = model.threads.findIndex((_, u) => model.choices(u) > 0);
    if (t < 0) break;
    removed.step(t);
    taken.push(t);
    if (model.step(t, 0) === STEP.violated) break;
  }
  const { most } = removed;
  return {
    violated: most > TABLES_AT_ONCE,
    rule: 'tables-at-once',
    seen: `${most} of 7 tables removed in one go, at most ${TABLES_AT_ONCE} where 1 GiB entries go one by one (litmus b8, threads in order)`,
    session: { scenario: 'b8', protocol, scheduler: 'scripted', schedule: turnsOf(taken) },
  };
}
