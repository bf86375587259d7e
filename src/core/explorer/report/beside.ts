// What is reported beside a verdict and never makes it `violated`: a metric (I37: roots allocated for how many roles), a budget (B8:
// tables that go in one piece) and a property of schedules (B15: workers that zap at the same moment). They are figures of runs,
// not of states, so they are taken from two runs of the litmus: its threads one after the other, and in turn, step by step.
import { RootPressure } from '../../projections/root-pressure.js';
import { findProtocol } from '../../protocols/registry.js';
import { createManifest } from '../../run/manifest.js';
import { Simulation } from '../../run/simulation.js';
import { scenarioOf } from '../../scenarios/library.js';
import { type Model, type ModelSpec, STEP } from '../model.js';
import type { ScheduleStep } from '../search/found.js';
import { foundSession } from './found-session.js';

/** Steps of one run: an endless one ends here. */
const MAX_STEPS = 20_000;
const MAX_STEPS_AT_ONCE = 100_000;

/**
 * B8's budget: what is below one 1 GiB entry of the litmus `b8` (one table of 2 MiB entries, two of 4 KiB entries), and the table of
 * 1 GiB entries itself: the zap in two passes of v5.18 takes no more at once.
 */
export const TABLES_AT_ONCE = 4;

export interface BesideFigure {
  /** `I37`, `B8`, `B15` */
  readonly property: string;
  readonly kind: 'metric' | 'budget' | 'schedule';
  readonly value: number;
  /** What it should not be above; null: that is a matter of taste. */
  readonly limit: number | null;
  /** One line. */
  readonly text: string;
}

/** Null: the steps are not those of the machine. */
export function besideOf(model: Model, spec: ModelSpec): readonly BesideFigure[] | null {
  if (model.prefix === undefined) return null;
  const runs = [oneAfterTheOther, inTurn].map((order) => figuresOf(model, spec, order));
  const most = (of: (run: Figures) => number): Figures =>
    runs.reduce((a, b) => (of(b) > of(a) ? b : a), runs[0]!);
  const { roots, roles } = most((run) => run.roots - run.roles);
  const { tables } = most((run) => run.tables);
  const { workers } = most((run) => run.workers);
  const many = (n: number, what: string): string => `${n} ${what}${n === 1 ? '' : 's'}`;
  return [
    {
      property: 'I37',
      kind: 'metric',
      value: roots,
      limit: roles,
      text: `${many(roots, 'root')} allocated for ${many(roles, 'pair')} of role and epoch (one epoch ends with each fast zap)`,
    },
    {
      property: 'B8',
      kind: 'budget',
      value: tables,
      limit: TABLES_AT_ONCE,
      text: `${many(tables, 'table')} removed between two places where a thread may yield`,
    },
    {
      property: 'B15',
      kind: 'schedule',
      value: workers,
      limit: 1,
      text: `${many(workers, 'worker')} zapping at the same moment`,
    },
  ];
}

interface Figures {
  readonly roots: number;
  readonly roles: number;
  readonly tables: number;
  readonly workers: number;
}

type Order = (model: Model, last: number) => number;

const oneAfterTheOther: Order = (model) => model.threads.findIndex((_, t) => model.choices(t) > 0);
const inTurn: Order = (model, last) => {
  const count = model.threads.length;
  for (let k = 1; k <= count; k++) {
    const t = (Math.max(last, 0) + k) % count;
    if (model.choices(t) > 0) return t;
  }
  return -1;
};

function figuresOf(model: Model, spec: ModelSpec, order: Order): Figures {
  const schedule: ScheduleStep[] = [];
  const removed = new TablesAtOnce(model);
  model.reset();
  for (let t = order(model, -1); t >= 0 && schedule.length < MAX_STEPS; t = order(model, t)) {
    schedule.push({ thread: t, choice: 0 });
    removed.step(t);
    if (model.step(t, 0) === STEP.violated) {
      if (model.violation().rule === 'crash') schedule.pop();
      break;
    }
  }
  const violation = { rule: '', kind: 'safety', what: '', thread: 0, function: '', label: '' } as const;
  const session = foundSession(model, spec, { violation, schedule });
  if (session === null) throw new RangeError('a model with a prefix has sessions');
  const manifest = createManifest(session);
  const scenario = scenarioOf(manifest).build(manifest.parameters as Record<string, number>);
  const protocol = findProtocol(session.protocol);
  const sim = new Simulation({ manifest, protocol, scenario, snapshots: false });
  const pressure = new RootPressure();
  while (sim.outcome === null) {
    for (const { columns } of sim.advance(MAX_STEPS_AT_ONCE))
      for (let i = 0; i < columns.length; i++)
        if (sim.threadNames[columns.thread[i]]?.startsWith('kworker') === true)
          pressure.feed(columns, i, i + 1);
  }
  const churn = sim.invariants?.set.verdicts().find(({ invariant }) => invariant === 'I37')?.metrics;
  return {
    roots: churn?.rootAllocations ?? 0,
    roles: churn?.rolesUsed ?? 0,
    tables: removed.most,
    workers: pressure.figures().zapsAtOnce ?? 0,
  };
}

/** Tables that go between two places where their thread may yield, or take or release mmu_lock. */
export class TablesAtOnce {
  most = 0;
  private readonly counts: number[];

  constructor(private readonly model: Model) {
    this.counts = model.threads.map(() => 0);
  }

  /** Thread t is about to take its next step. */
  step(t: number): void {
    const place = this.model.where(t)[0];
    if (place === undefined) return;
    const { function: name, label } = place;
    if (name === 'tdp_mmu_iter_cond_resched' || /(?:un)?lock$/.test(label)) {
      if (!label.startsWith('spin') && !label.startsWith('rcu')) this.counts[t] = 0;
    } else if (name === 'handle_removed_pt' && (label === 'unaccount_table' || label === 'list_del')) {
      this.counts[t] = (this.counts[t] ?? 0) + 1;
      this.most = Math.max(this.most, this.counts[t] ?? 0);
    }
  }
}
