// Explorations of this server, newest first: what was asked, the verdict, how large it was. Live while one runs.
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { ask } from '../api/ask.js';
import { useResource } from '../api/resource.js';
import type { ExplorationPage } from '../api/schema.js';
import { useKeys } from '../app/keys.js';
import { Link } from '../app/link.js';
import { go, setQuery } from '../app/router.js';
import { isMoving, useJob } from '../live/job.js';
import { count } from '../ui/format.js';
import { EmptyState, ErrorState, Loading } from '../ui/states.js';
import type { Progress } from './model/estimate.js';
import { VerdictMark } from './verdict-mark.js';

type Listed = ExplorationPage['explorations'][number];
const PAGE = 50;

export function PastList({ query }: { readonly query: URLSearchParams }) {
  const { data, error, reload } = useResource('explorations', (signal) =>
    ask<'Explorations_list'>('GET', '/explorations', { query: { limit: PAGE }, signal }),
  );
  const [older, setOlder] = useState<ExplorationPage | null>(null);
  const [failed, setFailed] = useState<Error | null>(null);
  const field = useRef<HTMLInputElement>(null);
  const all = useMemo(() => [...(data?.explorations ?? []), ...(older?.explorations ?? [])], [data, older]);
  const words = (query.get('find') ?? '').toLowerCase().split(/\s+/).filter(Boolean);
  const shown = all.filter((one) => {
    const text = `${one.litmus} ${one.protocol} ${one.state} ${one.result?.verdict} ${one.result?.invariant}`;
    return words.every((word) => text.toLowerCase().includes(word));
  });
  const chosen = query.get('row') ?? shown[0]?.id ?? null;
  const at = shown.findIndex(({ id }) => id === chosen);
  const move = (by: number) => {
    const next = shown[Math.max(0, Math.min(shown.length - 1, at + by))];
    if (next !== undefined) setQuery({ row: next.id });
  };
  useKeys([
    { key: 'j', label: 'next exploration', group: 'Explorations', run: () => move(1) },
    { key: 'k', label: 'exploration before', group: 'Explorations', run: () => move(-1) },
    {
      key: 'o',
      label: 'open it',
      group: 'Explorations',
      run: () => chosen !== null && go(`/explore/${chosen}`),
    },
    { key: '/', label: 'search', group: 'Explorations', run: () => field.current?.focus() },
  ]);
  const cursor = (older ?? data)?.nextCursor ?? null;
  const more = () =>
    ask<'Explorations_list'>('GET', '/explorations', { query: { limit: PAGE, cursor } }).then(
      (page) =>
        setOlder((before) => ({
          ...page,
          explorations: [...(before?.explorations ?? []), ...page.explorations],
        })),
      setFailed,
    );
  return (
    <section className="pane explore-list" aria-label="Explorations">
      <div className="ph">
        <h2>Explorations</h2>
        <label className="find">
          <span className="hidden">Search explorations</span>
          <input
            ref={field}
            type="search"
            placeholder="violated seed-draft I3"
            value={query.get('find') ?? ''}
            onChange={(event) => setQuery({ find: event.target.value })}
          />
          <kbd>/</kbd>
        </label>
      </div>
      {data === undefined && error === null && <Loading what="the explorations" />}
      {(failed ?? (data === undefined ? error : null)) !== null && (
        <ErrorState error={(failed ?? error) as Error} retry={reload} />
      )}
      {data !== undefined && all.length === 0 && (
        <EmptyState title="Nothing was explored yet">
          <p className="t2">
            Explore the draft's destruction at the left: it finds the use-after-free in seconds. Or from a
            terminal:
          </p>
          <p className="m">npx rootline explore v-d --protocol seed-draft --data data</p>
        </EmptyState>
      )}
      {all.length > 0 && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolled area must be reachable by keyboard
        <div className="scroll" tabIndex={0} role="region" aria-label="List of explorations">
          <table className="past">
            <thead>
              <tr>
                <th className="n">Id</th>
                <th>Litmus</th>
                <th>Protocol</th>
                <th>Verdict</th>
                <th>Breaks</th>
                <th className="n">States</th>
                <th className="n">Time, s</th>
                <th>Session</th>
              </tr>
            </thead>
            <tbody>
              {shown.map((one) => (
                <Row key={one.id} one={one} on={one.id === chosen} ended={reload} />
              ))}
            </tbody>
          </table>
          {shown.length === 0 && <EmptyState title={`None of ${count(all.length)} fits`} />}
          {cursor !== null && (
            <button type="button" className="btn g" onClick={() => void more()}>
              Older
            </button>
          )}
        </div>
      )}
    </section>
  );
}

function Row({ one, on, ended }: { readonly one: Listed; readonly on: boolean; readonly ended: () => void }) {
  const { id, litmus, protocol, result, state } = one;
  const now = useJob(
    isMoving(state) ? id : null,
    useCallback(() => ended(), [ended]),
  );
  const progress = (now?.progress ?? one.progress) as Progress | null;
  const row = useRef<HTMLTableRowElement>(null);
  useEffect(() => {
    if (on) row.current?.scrollIntoView({ block: 'nearest' });
  }, [on]);
  const seconds = result?.seconds ?? progress?.seconds;
  return (
    <tr ref={row} className={on ? 'on' : ''} aria-current={on ? 'true' : undefined}>
      <td className="n">
        <Link to={`/explore/${id}`}>{id}</Link>
      </td>
      <td className="m">
        <Link to={`/explore/${id}`}>{litmus}</Link>
      </td>
      <td className="m">{protocol}</td>
      <td>
        <VerdictMark state={(now?.state as Listed['state'] | undefined) ?? state} result={result as never} />
      </td>
      <td className="bad">{result?.invariant ?? ''}</td>
      <td className="n">{count(result?.states ?? progress?.states ?? 0)}</td>
      <td className="n">{seconds === undefined ? '' : seconds.toFixed(2)}</td>
      <td>
        {result?.sessionId != null && <Link to={`/sessions/${result.sessionId}`}>{result.sessionId}</Link>}
      </td>
    </tr>
  );
}
