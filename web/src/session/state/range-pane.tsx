// Statistics of a selected range: how many events of which kind, by thread, and what became of roots in it.
import { ask } from '../../api/ask.js';
import { useResource } from '../../api/resource.js';
import type { Timeline } from '../../api/schema.js';
import type { Window } from '../../timeline/model/window.js';
import { count, time } from '../../ui/format.js';
import { ErrorState, Loading } from '../../ui/states.js';

const RANGE_BUCKETS = 200;

interface Totals {
  readonly events: number;
  readonly byKind: readonly (readonly [kind: string, events: number])[];
  readonly byThread: readonly (readonly [thread: string, events: number])[];
}

export function rangeTotals({ lanes }: Pick<Timeline, 'lanes'>): Totals {
  const kinds = new Map<string, number>();
  const threads: [string, number][] = [];
  let events = 0;
  for (const lane of lanes) {
    if (lane.kind !== 'thread') continue;
    threads.push([lane.name, lane.events]);
    events += lane.events;
    for (const { counts } of lane.cells) {
      for (const [kind, n] of Object.entries(counts)) kinds.set(kind, (kinds.get(kind) ?? 0) + n);
    }
  }
  const most = (x: readonly [string, number], y: readonly [string, number]): number => y[1] - x[1];
  return { events, byKind: [...kinds].sort(most), byThread: threads.sort(most) };
}

export function RangePane({
  id,
  range,
  clear,
}: {
  readonly id: string;
  readonly range: Window;
  readonly clear: () => void;
}) {
  const [from, to] = [Math.floor(range.from), Math.ceil(range.to) - 1];
  const { data, error, reload } = useResource(`${id} ${from} ${to}`, (signal) =>
    ask<'Travel_timeline'>('GET', `/sessions/${id}/timeline`, {
      query: { from, to, width: RANGE_BUCKETS, lanes: 'threads' },
      signal,
    }),
  );
  const ends = useResource(`${id} ${from} ${to}`, (signal) =>
    ask<'Travel_changes'>('GET', `/sessions/${id}/changes`, { query: { from, to, under: 'clocks' }, signal }),
  );
  const totals = data === undefined ? null : rangeTotals(data);
  const widened = data !== undefined && (data.from !== from || data.to !== to);
  return (
    <section className="pane state-pane" aria-label="Range">
      <div className="ph">
        <h2>
          Range {count(from)} to {count(to)}
        </h2>
        <span className="sp" />
        <button type="button" className="btn g s" onClick={clear}>
          Clear <kbd>Esc</kbd>
        </button>
      </div>
      <div className="scroll">
        {error !== null && <ErrorState error={error} retry={reload} />}
        {totals === null && error === null && <Loading what="the range" />}
        {totals !== null && (
          <dl className="facts">
            <dt>Events</dt>
            <dd>
              {count(totals.events)}
              {widened && (
                <span className="t3">
                  widened to whole buckets, {count(data.from)} to {count(data.to)}
                </span>
              )}
            </dd>
            {ends.data !== undefined && (
              <>
                <dt>Clock</dt>
                <dd>
                  {time(ends.data.from.timeNs)} to {time(ends.data.to.timeNs)}
                </dd>
                {ends.data.changes.map(({ path, before, after }) => (
                  <Clock key={path} path={path} ns={Number(after) - Number(before)} />
                ))}
              </>
            )}
            <Bars title="By kind" rows={totals.byKind} of={totals.events} />
            <Bars title="By thread" rows={totals.byThread} of={totals.events} />
          </dl>
        )}
      </div>
    </section>
  );
}

const CLOCKS: { readonly [path: string]: string } = {
  'clocks.guestNs': 'guest',
  'clocks.hostNs': 'host kernel',
  'clocks.outerNs': 'outer hypervisor',
};

function Clock({ path, ns }: { readonly path: string; readonly ns: number }) {
  return (
    <>
      <dt className="t3">{CLOCKS[path] ?? path}</dt>
      <dd>{time(ns)}</dd>
    </>
  );
}

function Bars({
  title,
  rows,
  of,
}: {
  readonly title: string;
  readonly rows: Totals['byKind'];
  readonly of: number;
}) {
  return (
    <>
      <dt className="head">{title}</dt>
      <dd />
      {rows.map(([name, n]) => (
        <BarRow key={name} name={name} n={n} of={of} />
      ))}
    </>
  );
}

function BarRow({ name, n, of }: { readonly name: string; readonly n: number; readonly of: number }) {
  return (
    <>
      <dt>{name}</dt>
      <dd className="bar-row">
        <span className="part" style={{ width: `${(n / Math.max(1, of)) * 60}%` }} /> {count(n)}
      </dd>
    </>
  );
}
