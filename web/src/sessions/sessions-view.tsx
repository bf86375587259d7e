// Sessions: the founding experiment, the list, a form that starts a run, the forks and facts of the chosen session.
import './sessions.css';
import { useMemo, useRef } from 'react';
import { useKeys } from '../app/keys.js';
import { Link } from '../app/link.js';
import { go, setQuery } from '../app/router.js';
import { useStatus } from '../app/status.js';
import type { ViewProps } from '../app/view-props.js';
import { count, plural, roughCount } from '../ui/format.js';
import { EmptyState, ErrorState, Loading } from '../ui/states.js';
import { useTitle } from '../ui/title.js';
import { ExperimentTable } from './experiment.js';
import { ForkTree } from './fork-tree.js';
import { RunForm } from './run-form.js';
import { asTree, nextSort, SEARCH_TERMS, search, sorted, sortOf } from './search.js';
import { SessionCard } from './session-card.js';
import { MAX_LISTED_SESSIONS, useSessionList } from './session-list.js';
import { SessionTable } from './session-table.js';

const KINDS = ['simulated', 'forked', 'explored', 'imported'] as const;

export function SessionsView({ query }: ViewProps) {
  useTitle('Sessions');
  const { sessions, error, reload } = useSessionList();
  const field = useRef<HTMLInputElement>(null);
  const text = query.get('search') ?? '';
  const kind = query.get('kind');
  const sort = query.get('sort');
  const rows = useMemo(() => {
    const found = search(sessions ?? [], text);
    const kept = kind === null ? found : found.filter((session) => session.kind === kind);
    const order = sortOf(sort);
    return order === null ? asTree(kept) : sorted(kept, order);
  }, [sessions, text, kind, sort]);
  const chosenId = query.get('session') ?? rows[0]?.session.id ?? null;
  const at = rows.findIndex(({ session }) => session.id === chosenId);
  const chosen = rows[at]?.session ?? null;
  const ticked = (query.get('compare') ?? '').split(',').filter((id) => /^[1-9]\d{0,15}$/.test(id));
  const tick = (id: string) => {
    const next = ticked.includes(id) ? ticked.filter((other) => other !== id) : [...ticked, id];
    setQuery({ compare: next.length === 0 ? null : next.join(',') });
  };
  const compare = () => {
    const ids = ticked.length > 0 ? ticked : chosenId === null ? [] : [chosenId];
    if (ids.length > 0) go(`/compare?sessions=${ids.join(',')}`);
  };
  const choose = (id: string) => setQuery({ session: id });
  const move = (by: number) => {
    const next = rows[Math.max(0, Math.min(rows.length - 1, at + by))];
    if (next !== undefined) choose(next.session.id);
  };
  const running = sessions?.filter(({ state }) => state === 'running').length ?? 0;
  const events = sessions?.reduce((sum, session) => sum + session.events, 0) ?? 0;
  useStatus({
    facts:
      sessions?.length === MAX_LISTED_SESSIONS ? [`the latest ${count(MAX_LISTED_SESSIONS)} sessions`] : [],
    command: chosen === null ? 'sessions' : `show ${chosen.id}`,
    keys: [
      ['j', ''],
      ['k', 'move'],
      ['Enter', 'open'],
      ['?', 'all keys'],
    ],
  });
  useKeys([
    { key: 'j', label: 'next session', group: 'Sessions', run: () => move(1) },
    { key: 'k', label: 'session before', group: 'Sessions', run: () => move(-1) },
    { key: 'ArrowDown', label: 'next session', group: 'Sessions', run: () => move(1) },
    { key: 'ArrowUp', label: 'session before', group: 'Sessions', run: () => move(-1) },
    {
      key: 'Enter',
      label: 'open it',
      group: 'Sessions',
      run: () => chosen !== null && go(`/sessions/${chosen.id}`),
    },
    { key: '/', label: 'search', group: 'Sessions', run: () => field.current?.focus() },
    ...[null, ...KINDS].map((name, i) => ({
      key: String(i + 1),
      label: name === null ? 'all kinds' : `only ${name}`,
      group: 'Sessions',
      run: () => setQuery({ kind: name }),
    })),
    {
      key: 'r',
      label: 'start a run',
      group: 'Sessions',
      run: () => document.getElementById('run-scenario')?.focus(),
    },
    {
      key: 'c',
      label: 'compare the ticked sessions, or this one with another',
      group: 'Sessions',
      run: compare,
    },
    {
      key: 'v',
      label: 'tick it, to compare',
      group: 'Sessions',
      run: () => chosen !== null && tick(chosen.id),
    },
  ]);
  const filterBy = (term: string) => setQuery({ search: `${text} ${term}`.trim() });
  return (
    <div className="sessions-view">
      <div className="bar">
        <h1>Sessions</h1>
        <span className="t3 totals">
          {sessions === undefined
            ? ' '
            : `${count(sessions.length)} stored · ${count(running)} running · ${roughCount(events)} events`}
        </span>
        <label className="find">
          <svg viewBox="0 0 12 12" aria-hidden="true">
            <circle cx="5" cy="5" r="3.5" />
            <path d="M8 8l3 3" />
          </svg>
          <span className="hidden">Search sessions</span>
          <input
            ref={field}
            type="search"
            value={text}
            placeholder="protocol:v5.18 findings:>0 roots:>1000"
            title={`words, or ${SEARCH_TERMS.join(', ')} with a colon`}
            onChange={(event) => setQuery({ search: event.target.value })}
          />
          <kbd>/</kbd>
        </label>
        <fieldset className="seg">
          <legend className="hidden">Kind</legend>
          <button type="button" aria-pressed={kind === null} onClick={() => setQuery({ kind: null })}>
            All
          </button>
          {KINDS.map((name) => (
            <button
              key={name}
              type="button"
              aria-pressed={kind === name}
              onClick={() => setQuery({ kind: name })}
            >
              {name}
            </button>
          ))}
        </fieldset>
        <span className="sp" />
        {ticked.length > 0 && (
          <button type="button" className="btn" disabled={ticked.length < 2} onClick={compare}>
            Compare {ticked.length} <kbd>C</kbd>
          </button>
        )}
        <button
          type="button"
          className="btn p"
          onClick={() => document.getElementById('run-scenario')?.focus()}
        >
          Start a run <kbd>R</kbd>
        </button>
      </div>
      <ExperimentTable />
      <RunForm query={query} />
      <section className="pane list" aria-label="Stored sessions">
        {sessions === undefined && error === null && <Loading what="the sessions" />}
        {sessions === undefined && error !== null && <ErrorState error={error} retry={reload} />}
        {sessions !== undefined && rows.length > 0 && (
          <SessionTable
            rows={rows}
            chosen={chosenId}
            choose={choose}
            filterBy={filterBy}
            ticked={ticked}
            tick={tick}
            sort={sort}
            sortBy={(by) => setQuery({ sort: nextSort(sort, by) })}
          />
        )}
        {sessions?.length === 0 && (
          <EmptyState title="No session is stored yet">
            <p className="t2">
              Run the experiment above, start a run at the right, or give the store something from a terminal:
            </p>
            <p className="m">npx rootline run smi --protocol v5.18</p>
          </EmptyState>
        )}
        {sessions !== undefined && sessions.length > 0 && rows.length === 0 && (
          <EmptyState title={`None of ${plural(sessions.length, 'session')} fits`}>
            <Link className="btn" to="/sessions">
              Show all
            </Link>
          </EmptyState>
        )}
      </section>
      <div className="side">
        {chosen !== null && <ForkTree id={chosen.id} stored={chosen.stored} />}
        {chosen !== null && <SessionCard key={chosen.id} summary={chosen} />}
      </div>
    </div>
  );
}
