// What `explore` prints for people: the verdict, the figures, the counterexample, and what was seen of locks and orders.
import { type CounterexampleReport, reportText } from '../../core/explorer/report/counterexample-text.js';
import type { Estimate } from '../../core/explorer/search/estimate.js';
import type { Coverage } from '../../core/explorer/survey/coverage.js';
import type { LockMatrix } from '../../core/explorer/survey/lock-matrix.js';
import type {
  ExplorationBounds,
  ExplorationProgress,
  ExplorationResult,
} from '../../explorations/exploration.js';
import { besideText, figuresText, settingsOf, verdictText } from '../../explorations/verdict-text.js';
import { grouped, table } from '../terminal.js';

/** Parts of the answer that are asked for. */
export interface Shown {
  readonly locks: boolean;
  readonly coverage: boolean;
}

export function textOf(r: ExplorationResult, shown: Shown): string[] {
  return [
    ...verdictText(r),
    '',
    ...figuresText(r),
    ...besideText(r),
    ...(shown.locks ? lockText(r, r.locks) : []),
    ...(shown.coverage ? coverageText(r, r.coverage) : []),
    ...counterexampleText(r),
  ];
}

/** Steps of a counterexample that are printed; --json has all. */
const MAX_PRINTED_STEPS = 400;

function counterexampleText(r: ExplorationResult): string[] {
  const found = r.counterexample;
  if (found === null) return [];
  const head = `counterexample of ${found.length} steps (${found.shortness}${
    found.cycle === 0
      ? ')'
      : `, stem and cycle together); from step ${found.cycleStart} on it repeats for ever`
  }`;
  if (r.report != null) return ['', found.what, ...reportLines(r, head, r.report)];
  const rows = found.steps
    .slice(0, MAX_PRINTED_STEPS)
    .map((step, k) => [k + 1, step.name, step.function, step.label]);
  return [
    '',
    `${found.what}`,
    `${head}; it is no session:`,
    table(['step', 'thread', 'function', 'label'], rows),
    ...(found.length > MAX_PRINTED_STEPS
      ? [`... ${found.length - MAX_PRINTED_STEPS} more steps: see --json`]
      : []),
  ];
}

function reportLines(r: ExplorationResult, head: string, report: CounterexampleReport): string[] {
  const drawn =
    settingsOf(report.parameters) === settingsOf(r.parameters)
      ? `drawn with ${report.switches} context switches`
      : `drawn with the smallest workload${settingsOf(report.parameters)}: ${report.length} steps, ${report.switches} context switches`;
  const stored =
    r.sessionId === null
      ? 'not stored: --data DIR makes it a session'
      : `stored as session ${r.sessionId}: rootline show, replay, state, ledger, blame, export take it`;
  return [`${head}; ${drawn}`, ...reportText(report), '', stored];
}

/** Rows of a table that are printed; --json has all. */
const MAX_PRINTED_PAIRS = 80;

function lockText(r: ExplorationResult, locks: LockMatrix | null): string[] {
  if (locks === null) return ['', `no lock matrix: the steps of ${r.litmus} name no locks of the machine`];
  const rows = locks.rows.map((row) => [
    row.agrees === false ? '!' : row.agrees === true ? '=' : '',
    row.function,
    row.operation,
    row.held.join(' ') || '-',
    grouped(row.times),
    row.declared ?? '',
  ]);
  const differing = locks.rows.filter(({ agrees }) => agrees === false);
  return [
    '',
    `locks held at each operation, over ${grouped(locks.steps)} steps (=: as declared, !: not so):`,
    table(['', 'function', 'operation', 'held', 'times', 'declared'], rows),
    ...(differing.length === 0
      ? ['held is what is declared, wherever something is']
      : differing.map(
          ({ function: name, operation, held, declared, source, roles }) =>
            `! ${roles.join(', ')} in ${name}: ${operation} with ${held.join(' ') || 'no lock'}; declared: ${declared} (${source})`,
        )),
  ];
}

function coverageText(r: ExplorationResult, coverage: Coverage | null): string[] {
  if (coverage === null) return ['', `no coverage: the steps of ${r.litmus} name no objects of the machine`];
  const { pairs, bothOrders, oneOrder, apart } = coverage;
  const kept = apart.filter(({ keptApartBy }) => keptApartBy !== null).length;
  const one = pairs.filter(({ orders }) => orders === 'one');
  const rows = one.slice(0, MAX_PRINTED_PAIRS).map(({ object, a, b, aFirst }) => {
    const [first, second] = aFirst > 0 ? [a, b] : [b, a];
    return [`${first.role}: ${first.operation}`, `${second.role}: ${second.operation}`, object];
  });
  return [
    '',
    `coverage: ${pairs.length} pairs of conflicting operations stood side by side: ${bothOrders} were seen in both orders, ${oneOrder} in one; ${apart.length} never did, ${kept} of them kept apart by a lock${
      r.reductions.length === 0 ? '' : ' (orders that make no difference are not tried: --reductions none)'
    }`,
    ...(rows.length === 0 ? [] : [table(['always first', 'always second', 'on'], rows)]),
    ...(one.length > rows.length ? [`... ${one.length - rows.length} more: see --json`] : []),
  ];
}

const rounded = (n: number): string => grouped(Number(n.toPrecision(2)));

/** `about 290,000 states (160,000 to 530,000; sampled levels: a factor of 1.8 either way)`; where nothing bounds it from above, `at least`. */
export function estimateText({ states, low, high, method, uncertainty }: Estimate): string {
  if (high === null) return `at least ${rounded(low)} states (${method}: ${uncertainty})`;
  return `about ${rounded(states)} states (${rounded(low)} to ${rounded(high)}; ${method}: ${uncertainty})`;
}

/** What the estimate means for the bounds. `goOn`: how a search that meets one goes on, null where it cannot. */
export function boundsAhead(
  { estimate, statesPerSecond }: ExplorationProgress,
  bounds: ExplorationBounds,
  goOn: string | null,
): string {
  if (estimate === null || statesPerSecond === 0) return '';
  const { states, low, high } = estimate;
  const meets = boundsBelow(low, statesPerSecond, bounds);
  const may = boundsBelow(high ?? Number.POSITIVE_INFINITY, statesPerSecond, bounds);
  const rate = `at ${grouped(statesPerSecond)} states/s on one thread`;
  const long =
    high === null ? `how long is not known (${rate})` : `${rate} ${duration(states / statesPerSecond)}`;
  if (may.length === 0) return long;
  const end =
    meets.length > 0
      ? `it will end at the bound of ${meets.join(', or of ')}`
      : `it may not finish: bounds apply (${may.join(', ')})`;
  return `${long}; ${end}${goOn === null ? '' : `; ${goOn}`}`;
}

/** Bounds that a search of so many states meets. */
function boundsBelow(states: number, statesPerSecond: number, bounds: ExplorationBounds): string[] {
  return [
    ...(states > bounds.states ? [`${grouped(bounds.states)} states`] : []),
    ...(states / statesPerSecond > bounds.seconds ? [`${grouped(bounds.seconds)} seconds`] : []),
    ...(states * LEAST_BYTES > bounds.bytes ? [`${grouped(bounds.bytes)} bytes`] : []),
  ];
}

/** Of a stored state, when the table is as full as it gets. */
const LEAST_BYTES = 10;

function duration(seconds: number): string {
  if (seconds < 90) return `${Math.ceil(seconds)} s`;
  if (seconds < 5_400) return `${Math.round(seconds / 60)} min`;
  return `${rounded(seconds / 3_600)} h`;
}

export function progressText(now: ExplorationProgress): string {
  const { states, transitions, depth, waiting, seconds, statesPerSecond, estimate } = now;
  const done = estimate?.done ?? null;
  return [
    `${grouped(states)} states, ${grouped(transitions)} transitions, depth ${grouped(depth)}, ${grouped(waiting)} wait`,
    `${seconds.toFixed(0)} s, ${grouped(statesPerSecond)} states/s`,
    ...(estimate === null
      ? []
      : [
          `${ofHowMany(estimate, states)}${done === null ? '' : `: ${Math.round(done * 100)} % of what was sampled`}`,
        ]),
  ].join('; ');
}

/** Never less than what was visited: the estimate is a little older. */
function ofHowMany({ states, low, high }: Estimate, visited: number): string {
  const [words, n] = high === null ? ['of at least', low] : ['of about', states];
  const round = Number(n.toPrecision(2));
  return `${words} ${grouped(Math.max(round, visited))}`;
}
