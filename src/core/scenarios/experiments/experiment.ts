// A published figure beside a simulated one: what an experiment is, and how its sessions' results become a document. Runs
// nothing. The founding experiment (scenarios/experiment.ts) is older and has a form of its own.
import type { ExperimentInput } from '../boot-inputs.js';

/** One run of an experiment. */
export interface ExperimentSession {
  /** Short name that figures refer to. */
  readonly key: string;
  readonly scenario: string;
  readonly protocol: string;
  readonly parameters: { readonly [name: string]: number | string };
  /** Costs that differ from the scenario's own. */
  readonly costs?: { readonly [name: string]: number };
}

/** What a finished session hands back. Every figure is made from these, and they are made from events. */
export interface SessionResult {
  readonly sessionId: string;
  readonly outcome: string;
  readonly timeNs: number;
  readonly rootAllocations: number;
  readonly milestones: { readonly [name: string]: number };
  readonly counts: { readonly [name: string]: number };
  readonly events: number;
  readonly digest: string;
  /** projections/root-pressure.ts over the session's rows; null where the experiment does not ask for it. */
  readonly pressure: { readonly [name: string]: number | null } | null;
}

/** What a figure is accepted within, and why that far. */
export interface Accepted {
  readonly from: number | null;
  readonly to: number | null;
  /** In words: `10 %`, `exact`, `lower bound`. */
  readonly tolerance: string;
}

const percent = (share: number): string => `${Math.round(share * 100)} %`;

export const about = (value: number, share: number): Accepted => ({
  from: value * (1 - share),
  to: value * (1 + share),
  tolerance: percent(share),
});
export const points = (value: number, by: number): Accepted => ({
  from: value - by,
  to: value + by,
  tolerance: `${by} points`,
});
export const between = (from: number, to: number, share: number): Accepted => ({
  from: from * (1 - share),
  to: to * (1 + share),
  tolerance: percent(share),
});
export const exactly = (value: number): Accepted => ({ from: value, to: value, tolerance: 'exact' });
export const atLeast = (value: number, tolerance = 'lower bound'): Accepted => ({
  from: value,
  to: null,
  tolerance,
});
export const atMost = (value: number, tolerance = 'upper bound'): Accepted => ({
  from: null,
  to: value,
  tolerance,
});

export interface Figure {
  /** Key of the session that it is about. */
  readonly session: string;
  readonly figure: string;
  readonly unit: string;
  /** fitted: an input was set so that this comes out; predicted: it comes out. */
  readonly kind: 'fitted' | 'predicted';
  /** The words or numbers of the source. */
  readonly published: string;
  readonly accepted: Accepted;
  readonly source: string;
  /** Of field-reports: A primary text read, B excerpt, C derived from A or B. */
  readonly confidence: 'A' | 'B' | 'C';
  /** True where the figure must hold at any scale, so with own settings as well. */
  readonly anyScale?: boolean;
  /** The value; `of` gives the result of any session of the experiment. */
  value(of: (key: string) => SessionResult): number | null;
}

export interface Experiment {
  readonly name: string;
  readonly title: string;
  readonly source: string;
  readonly sessions: readonly ExperimentSession[];
  readonly figures: readonly Figure[];
  /** True where figures need projections/root-pressure.ts. */
  readonly needsPressure: boolean;
  readonly inputs: readonly ExperimentInput[];
  readonly outOfScope: readonly string[];
}

export type Verdict = 'agrees' | 'misses' | 'not compared' | 'not yet shipped' | 'no result';

export interface FigureRow {
  readonly session: string;
  readonly scenario: string;
  readonly protocol: string;
  readonly parameters: { readonly [name: string]: number | string };
  readonly figure: string;
  readonly unit: string;
  readonly published: string;
  readonly tolerance: string;
  readonly accepted: { readonly from: number | null; readonly to: number | null };
  readonly simulated: number | null;
  readonly kind: Figure['kind'];
  readonly verdict: Verdict;
  readonly source: string;
  readonly confidence: Figure['confidence'];
}

export interface SessionRow extends ExperimentSession {
  /** Null: not run (this build has no such protocol, or not yet). */
  readonly result: SessionResult | null;
}

export interface PublishedDocument {
  readonly experiment: string;
  readonly title: string;
  readonly source: string;
  readonly rows: readonly FigureRow[];
  readonly sessions: readonly SessionRow[];
  readonly inputs: readonly ExperimentInput[];
  readonly outOfScope: readonly string[];
  /** No figure misses and no session failed. What is not yet shipped, or not compared, does not count. */
  readonly asExpected: boolean;
}

/** Outcomes that a figure can be read from. */
const ENDED = new Set(['completed', 'booted']);

/** The sessions whose protocol this build has. */
export function shippedSessions(e: Experiment, protocols: readonly string[]): readonly ExperimentSession[] {
  return e.sessions.filter((s) => protocols.includes(s.protocol));
}

/**
 * @param results by session key
 * @param protocols those of this build: figures of others are `not yet shipped`
 * @param defaults false: the caller changed parameters or costs, so only figures that hold at any scale are compared
 */
export function publishedDocument(
  e: Experiment,
  results: ReadonlyMap<string, SessionResult>,
  protocols: readonly string[],
  defaults = true,
): PublishedDocument {
  const of = (key: string): SessionResult => {
    const found = results.get(key);
    if (found === undefined) throw new MissingResult(key);
    if (!ENDED.has(found.outcome)) throw new MissingResult(key);
    return found;
  };
  const rows = e.figures.map((f) => figureRow(e, f, of, protocols, defaults));
  return {
    experiment: e.name,
    title: e.title,
    source: e.source,
    rows,
    sessions: e.sessions.map((s) => ({ ...s, result: results.get(s.key) ?? null })),
    inputs: e.inputs,
    outOfScope: e.outOfScope,
    asExpected: rows.every((r) => r.verdict !== 'misses' && r.verdict !== 'no result'),
  };
}

/** A figure asked for a session that has no usable result. */
class MissingResult extends Error {
  override readonly name = 'MissingResult';
}

function figureRow(
  e: Experiment,
  f: Figure,
  of: (key: string) => SessionResult,
  protocols: readonly string[],
  defaults: boolean,
): FigureRow {
  const session = e.sessions.find((s) => s.key === f.session)!;
  const { scenario, protocol, parameters } = session;
  const shipped = protocols.includes(protocol);
  const simulated = shipped ? figureValue(f, of) : null;
  let verdict: Verdict = 'not yet shipped';
  if (shipped && simulated === null) verdict = 'no result';
  else if (shipped && !defaults && f.anyScale !== true) verdict = 'not compared';
  else if (simulated !== null) verdict = isWithin(simulated, f.accepted) ? 'agrees' : 'misses';
  const { from, to, tolerance } = f.accepted;
  return {
    session: f.session,
    scenario,
    protocol,
    parameters,
    figure: f.figure,
    unit: f.unit,
    published: f.published,
    tolerance,
    accepted: { from, to },
    simulated,
    kind: f.kind,
    verdict,
    source: f.source,
    confidence: f.confidence,
  };
}

function figureValue(f: Figure, of: (key: string) => SessionResult): number | null {
  try {
    const value = f.value(of);
    return value === null || !Number.isFinite(value) ? null : Math.round(value * 1_000) / 1_000;
  } catch (error) {
    if (error instanceof MissingResult) return null;
    throw error;
  }
}

function isWithin(value: number, { from, to }: Accepted): boolean {
  return (from === null || value >= from) && (to === null || value <= to);
}

/** The printed form: figures, sessions, inputs, what is out of scope. */
export function publishedTable(doc: PublishedDocument): string {
  const settings = (p: FigureRow['parameters']): string =>
    Object.entries(p)
      .map(([name, value]) => `${name}=${value}`)
      .join(' ');
  const figures = columns([
    ['protocol', 'session', 'figure', 'simulated', 'unit', 'published', 'tolerance', 'kind', 'verdict'],
    ...doc.rows.map((r) => [
      r.protocol,
      r.session,
      r.figure,
      r.simulated === null ? '-' : grouped(r.simulated),
      r.unit,
      r.published,
      r.tolerance,
      r.kind,
      r.verdict,
    ]),
  ]);
  const sessions = columns([
    [
      'session',
      'scenario',
      'protocol',
      'parameters and costs',
      'id',
      'outcome',
      'virtual s',
      'events',
      'digest',
    ],
    ...doc.sessions.map((s) => [
      s.key,
      s.scenario,
      s.protocol,
      [settings(s.parameters), ...Object.entries(s.costs ?? {}).map(([n, ns]) => `cost.${n}=${ns}`)]
        .filter((text) => text !== '')
        .join(' '),
      s.result?.sessionId ?? '-',
      s.result?.outcome ?? 'not run',
      s.result === null ? '-' : (s.result.timeNs / 1e9).toFixed(3),
      s.result === null ? '-' : grouped(s.result.events),
      s.result?.digest ?? '-',
    ]),
  ]);
  const inputs = columns([
    ['input', 'value', 'range', 'unit', 'kind', 'source'],
    ...doc.inputs.map((i) => [i.name, i.value, i.range, i.unit, i.kind, i.source]),
  ]);
  const sources = [...new Set(doc.rows.map((r) => `- ${r.figure}: ${r.source} [${r.confidence}]`))];
  return [
    `${doc.title} (${doc.source})`,
    '',
    ...figures,
    '',
    'Sessions',
    ...sessions,
    '',
    'Inputs',
    ...inputs,
    '',
    'Sources',
    ...sources,
    '',
    'Out of scope',
    ...doc.outOfScope.map((text) => `- ${text}`),
  ].join('\n');
}

function grouped(n: number): string {
  const [whole, part] = String(n).split('.');
  const digits = whole!.replace(/\B(?=(\d{3})+$)/g, ',');
  return part === undefined ? digits : `${digits}.${part}`;
}

function columns(rows: readonly (readonly string[])[]): string[] {
  const width = (rows[0] ?? []).map((_cell, k) => Math.max(...rows.map((row) => row[k]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, k) => cell.padEnd(width[k]!))
      .join('  ')
      .trimEnd(),
  );
}
