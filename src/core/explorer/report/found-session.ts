// A counterexample as a session: the litmus is a scenario, the steps before its initial state and the found schedule are the
// turns of a scripted run. And that run here, in memory, for whoever draws it.
import { FRAME, STACK } from '../../aggregates/layout.js';
import type { World } from '../../aggregates/world.js';
import { link } from '../../protocols/protocol.js';
import { findProtocol } from '../../protocols/registry.js';
import type { StoredColumns, ThreadSteps } from '../../run/contract.js';
import { createManifest, type RunRequest } from '../../run/manifest.js';
import { Simulation } from '../../run/simulation.js';
import { scenarioOf } from '../../scenarios/library.js';
import type { BuiltScenario } from '../../scenarios/scenario.js';
import type { TracedWorkload } from '../../scenarios/traced/workload.js';
import { INSTRUCTION_WORDS } from '../../userspace/script.js';
import { THREAD_ENTRY } from '../../userspace/threads.js';
import type { Model, ModelSpec } from '../model.js';
import type { Found } from '../search/found.js';

/** What a session of the counterexample is asked for with. */
export type FoundSession = RunRequest & { readonly schedule: readonly ThreadSteps[] };

/**
 * Null: the model's steps are not those of the machine. A step at which the machine cannot go on is left out.
 * @param workload of a recording, where its scenario is made of one
 */
export function foundSession(
  model: Model,
  spec: ModelSpec,
  found: Found,
  workload?: TracedWorkload,
): FoundSession | null {
  if (model.prefix === undefined) return null;
  const last = found.violation.rule === 'crash' ? -1 : found.schedule.length;
  const steps = found.schedule.slice(0, last).map(({ thread }) => thread);
  return {
    scenario: spec.litmus,
    protocol: spec.protocol,
    parameters: spec.parameters,
    ...(workload === undefined ? {} : { workload }),
    scheduler: 'scripted',
    schedule: turnsOf([...model.prefix, ...steps]),
    ...(spec.userLitmus === undefined ? {} : { userLitmus: spec.userLitmus }),
  };
}

/** Who runs for how many steps, from who takes each step. */
export function turnsOf(threads: readonly number[]): ThreadSteps[] {
  const turns: { thread: number; steps: number }[] = [];
  for (const thread of threads) {
    const last = turns.at(-1);
    if (last?.thread === thread) last.steps++;
    else turns.push({ thread, steps: 1 });
  }
  return turns;
}

export interface FoundRun {
  readonly scenario: BuiltScenario;
  readonly threads: readonly string[];
  readonly columns: readonly StoredColumns[];
  /** Rows of the preparation: the counterexample begins behind them. */
  readonly prepared: number;
  /** Rows before those that repeat for ever; null where the run ends. */
  readonly repeatsFrom: number | null;
  readonly functionOf: (site: number) => string | undefined;
  /** Instructions of litmus threads, and first steps of other threads behind the preparation, in the order in which they began. */
  readonly begun: readonly Begun[];
}

export interface Begun {
  readonly thread: number;
  /** Of its script; null: the first step of a thread without one behind the preparation. */
  readonly instruction: number | null;
  /** Rows that were there before it. */
  readonly position: number;
}

/** Runs it. @param prefix steps of the preparation @param cycle steps at the end that repeat for ever */
export function runFound(session: FoundSession, prefix: number, cycle = 0): FoundRun {
  const manifest = createManifest(session);
  const protocol = findProtocol(session.protocol);
  const scenario = scenarioOf(manifest).build(manifest.parameters as Record<string, number>);
  const simulation = new Simulation({ manifest, protocol, scenario, snapshots: false });
  const sites = new Map<number, string>();
  const columns: StoredColumns[] = [];
  const take = (chunks: ReturnType<Simulation['advance']>): void => {
    for (const chunk of chunks) {
      columns.push(chunk.columns);
      for (const name of chunk.dictionary) if (name.kind === 'site') sites.set(name.id, name.function);
    }
  };
  const begun: Begun[] = [];
  const pcs = new Map<number, number | null>();
  let prepared: number | null = null;
  /** Step by step through the schedule: which instruction of its script the thread is in that moves next. */
  const follow = (turns: readonly ThreadSteps[]): void => {
    for (const { thread, steps } of turns) {
      for (let n = 0; n < steps && simulation.outcome === null; n++) {
        const scripted = scenario.threads[thread] !== undefined && hasCalls(scenario.threads[thread]);
        const pc = scripted ? instructionOf(simulation.machine.w, thread) : null;
        if (scripted ? pc !== pcs.get(thread) : prepared !== null && !pcs.has(thread)) {
          pcs.set(thread, pc);
          take(simulation.handOverNow());
          begun.push({ thread, instruction: pc, position: simulation.recorder.position });
        }
        take(simulation.advance(1));
      }
    }
  };
  const [before, behind] = cutAt(session.schedule, prefix);
  const length = behind.reduce((sum, { steps }) => sum + steps, 0);
  const [stem, round] = cutAt(behind, length - cycle);
  const rows = (turns: readonly ThreadSteps[]): number => {
    follow(turns);
    take(simulation.handOverNow());
    return simulation.recorder.position;
  };
  prepared = rows(before);
  const repeatsFrom = cycle === 0 ? null : rows(stem);
  follow(cycle === 0 ? behind : round);
  while (simulation.outcome === null) take(simulation.advance(MAX_STEPS_AT_ONCE));
  return {
    begun,
    scenario,
    threads: simulation.threadNames,
    columns,
    prepared,
    repeatsFrom,
    functionOf: (site) => sites.get(site),
  };
}

const MAX_STEPS_AT_ONCE = 100_000;

/** A thread that calls kernel functions by a script of its own, with no ioctl around them. */
export function hasCalls({ entry }: BuiltScenario['threads'][number]): boolean {
  return entry === THREAD_ENTRY.litmus || entry === THREAD_ENTRY.shadow;
}

/** The bottom frame's first local is where the thread is in its script: the call that runs is the one before. */
function instructionOf(w: World, thread: number): number {
  const { layout, s } = w;
  const stack = layout.stack + thread * layout.topology.stackWords;
  return s[stack + STACK.FIRST_FRAME + FRAME.LOCALS] / INSTRUCTION_WORDS - 1;
}

/** The turns up to so many steps, and those behind. */
function cutAt(
  turns: readonly ThreadSteps[],
  at: number,
): readonly [readonly ThreadSteps[], readonly ThreadSteps[]] {
  const before: ThreadSteps[] = [];
  const behind: ThreadSteps[] = [];
  let left = at;
  for (const { thread, steps } of turns) {
    const first = Math.min(left, steps);
    if (first > 0) before.push({ thread, steps: first });
    if (steps > first) behind.push({ thread, steps: steps - first });
    left -= first;
  }
  return [before, behind];
}

/** Whether the protocol has this step at all. */
export function hasPlace(
  protocol: string,
  constants: Readonly<Record<string, number>>,
): (place: Place) => boolean {
  const { steps } = link(findProtocol(protocol), constants);
  const known = new Set(steps.map(({ proc, label }) => `${proc.name}:${label}`));
  return ({ function: name, label }) => known.has(`${name}:${label}`);
}

export interface Place {
  readonly function: string;
  readonly label: string;
}
