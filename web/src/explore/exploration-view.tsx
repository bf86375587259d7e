// One exploration: the verdict as the server says it, its figures (live while it runs), the counterexample, the locks and the
// orders that were seen.
import './explore.css';
import { useCallback, useEffect, useState } from 'react';
import { ask } from '../api/ask.js';
import { useResource } from '../api/resource.js';
import type { Exploration } from '../api/schema.js';
import { useKeys } from '../app/keys.js';
import { Link } from '../app/link.js';
import { go, setQuery } from '../app/router.js';
import { useStatus } from '../app/status.js';
import type { ViewProps } from '../app/view-props.js';
import { isMoving, useJob } from '../live/job.js';
import { EmptyState, ErrorState, Loading } from '../ui/states.js';
import { useTitle } from '../ui/title.js';
import { Counterexample } from './counterexample.js';
import { Counters } from './counters.js';
import { MatrixPane } from './matrix.js';
import type { Progress } from './model/estimate.js';
import { commandOf, continuing, formAddress } from './model/request.js';
import { LocksTable, OrdersTable } from './seen-tables.js';
import { signOfVerdict, toneOf, wordOf } from './verdict-mark.js';
import { WhyPane } from './why-pane.js';

const TABS = [
  ['counterexample', 'Counterexample'],
  ['locks', 'Locks held'],
  ['orders', 'Orders seen'],
] as const;
/** Below it the matrix is a view of its own. */
const TALL = '(min-height: 1000px)';

export function ExplorationView({ rest, query }: ViewProps) {
  const id = rest.split('/')[0];
  const { data, error, reload } = useResource(`exploration ${id}`, (signal) =>
    ask<'Explorations_get'>('GET', `/explorations/${encodeURIComponent(id)}`, { signal }),
  );
  useTitle(data === undefined ? `Exploration ${id}` : `${data.litmus} under ${data.protocol}`);
  if (error !== null && data === undefined) {
    return (
      <div className="session-gone">
        <ErrorState error={error} retry={reload} />
        <Link to="/explore" className="btn p">
          All explorations
        </Link>
      </div>
    );
  }
  if (data === undefined) return <Loading what={`exploration ${id}`} />;
  return <Shown key={id} read={data} reload={reload} query={query} />;
}

function Shown({
  read,
  reload,
  query,
}: {
  readonly read: Exploration;
  readonly reload: () => void;
  readonly query: URLSearchParams;
}) {
  const { id, litmus, protocol, asked, result } = read;
  const now = useJob(
    isMoving(read.state) ? id : null,
    useCallback(() => reload(), [reload]),
  );
  const state =
    result === null ? ((now?.state as Exploration['state'] | undefined) ?? read.state) : read.state;
  const progress = ((now?.progress ?? read.progress) as Progress | null) ?? null;
  const [failed, setFailed] = useState<Error | null>(null);
  const violated = result?.counterexample != null;
  const report = useResource(violated ? `report ${id}` : null, (signal) =>
    ask<'Explorations_report'>('GET', `/explorations/${id}/report`, { signal }),
  );
  const rules = useResource(result?.invariant == null ? null : 'invariants', (signal) =>
    ask<'Invariants_list'>('GET', '/invariants', { signal }),
  ).data?.invariants;
  const rule = rules?.find(({ id: number }) => number === result?.invariant)?.name ?? '';
  const tall = useTall();
  const tab = query.get('show') ?? (violated || result === null ? 'counterexample' : 'locks');
  const sessionId = result?.sessionId ?? null;
  const bug = report.data?.report.recipe.bug?.split(':')[0] ?? null;
  const act = (what: Promise<unknown>) => {
    setFailed(null);
    what.then(reload, setFailed);
  };
  const cancel = () => act(ask<'Jobs_cancel'>('POST', `/jobs/${id}/cancel`));
  const goOn = () => {
    setFailed(null);
    ask<'Explorations_create'>('POST', '/explorations', { body: continuing(read, id) }).then(
      (job) => go(`/explore/${job.id}`),
      setFailed,
    );
  };
  const open = () => sessionId !== null && go(`/sessions/${sessionId}`);
  useStatus({
    facts: [`exploration ${id}`, state],
    command: commandOf(read),
    keys: [...(sessionId === null ? [] : [['Enter', 'open as session'] as const]), ['?', 'all keys']],
  });
  useKeys([
    { key: 'Enter', label: 'open the counterexample as a session', group: 'Exploration', run: open },
    {
      key: 'r',
      label: 'ask the same again',
      group: 'Exploration',
      run: () => go(formAddress(read)),
    },
    {
      key: 'n',
      label: 'to what breaks',
      group: 'Exploration',
      run: toBreak,
    },
    ...TABS.map(([name, label], k) => ({
      key: String(k + 1),
      label,
      group: 'Exploration',
      run: () => setQuery({ show: name }),
    })),
    { key: 'Escape', label: 'back to all explorations', group: 'Exploration', run: () => go('/explore') },
  ]);
  const tone = toneOf({ state, result });
  const said =
    read.words?.[0] ??
    read.error ??
    (state === 'queued' ? 'It waits for the search before it.' : 'It is being searched.');
  return (
    <div className={tall ? 'exploration-view tall' : 'exploration-view'}>
      <div className="bar">
        <Link to="/explore" className="t3 crumb">
          Explore /
        </Link>
        <h1 className="cut">{litmus}</h1>
        <span className="m t3">{id}</span>
        <span className="chip a m">{protocol}</span>
        {Object.entries(read.parameters).map(([name, value]) => (
          <span key={name} className="chip o">
            {name} <span className="m">{value}</span>
          </span>
        ))}
        <span className="chip o">{asked.search}</span>
        {asked.liveness && <span className="chip o">liveness</span>}
        {bug !== null && (
          <Link className="chip i" to={`/explore?cell=${bug}:${protocol}`}>
            catalogue {bug}
          </Link>
        )}
        {asked.continues !== null && (
          <Link className="chip o" to={`/explore/${asked.continues}`}>
            goes on where {asked.continues} was stopped
          </Link>
        )}
        <span className="sp" />
        {read.allowed.includes('cancel') && isMoving(state) && (
          <button type="button" className="btn" onClick={cancel}>
            Cancel
          </button>
        )}
        {read.allowed.includes('continue') && (
          <button type="button" className="btn p" onClick={goOn}>
            Go on from here
          </button>
        )}
        <Link className="btn" to={formAddress(read)}>
          Ask again <kbd>R</kbd>
        </Link>
      </div>
      <div className={`verdict-head ${tone}`} role="status">
        <i className="seal" aria-hidden="true">
          {signOfVerdict({ state, result })}
        </i>
        <div className="said">
          <h2>
            {wordOf({ state, result })}
            {result?.invariant != null && (
              <span className="m">
                {' '}
                {result.invariant} {rule}
              </span>
            )}
          </h2>
          <p className="t2" title={said}>
            {said}
          </p>
          {result?.counterexample != null && (
            <p className="what" title={result.counterexample.what}>
              {result.counterexample.what}
            </p>
          )}
        </div>
        <span className="sp" />
        {sessionId !== null && (
          <Link className="btn p" to={`/sessions/${sessionId}`}>
            Open as session <kbd>↵</kbd>
          </Link>
        )}
        {violated && report.error === null && <CopyForMail lines={report.data?.lines ?? null} />}
      </div>
      <Counters read={read} progress={result === null ? progress : null} moving={isMoving(state)} />
      {failed !== null && <ErrorState error={failed} />}
      <section className="pane found" aria-label="What was found">
        <div className="ph">
          <fieldset className="seg">
            <legend className="hidden">Show</legend>
            {TABS.map(([name, label], k) => (
              <button
                key={name}
                type="button"
                aria-pressed={tab === name}
                onClick={() => setQuery({ show: name })}
              >
                {label} <kbd>{k + 1}</kbd>
              </button>
            ))}
          </fieldset>
          {violated && report.error === null && (
            <button type="button" className="btn s" disabled={report.data === undefined} onClick={toBreak}>
              To what breaks <kbd>N</kbd>
            </button>
          )}
          {report.data !== undefined && (
            <span className="t3 cut">
              {report.data.report.length} steps ({result?.counterexample?.shortness}),{' '}
              {report.data.report.switches} context switches
            </span>
          )}
        </div>
        {tab === 'locks' && (
          <LocksTable
            locks={result?.locks ?? null}
            ended={result !== null}
            only={query.get('only') === 'differing'}
          />
        )}
        {tab === 'orders' && (
          <OrdersTable
            coverage={result?.coverage ?? null}
            ended={result !== null}
            all={query.get('rows') === 'all'}
          />
        )}
        {tab !== 'locks' &&
          tab !== 'orders' &&
          (result === null ? (
            <EmptyState title="No verdict yet">
              <p className="t2">
                What it finds is shown here as soon as it is found; the figures above move.
              </p>
            </EmptyState>
          ) : result.counterexample == null ? (
            <EmptyState title="There is no counterexample">
              <p className="t2">{read.words?.[0]}</p>
            </EmptyState>
          ) : (
            <Counterexample
              found={result.counterexample}
              report={report.data?.report ?? null}
              missing={report.error}
            />
          ))}
      </section>
      <WhyPane
        read={read}
        report={report.data?.report ?? null}
        coming={violated && report.data === undefined && report.error === null}
      />
      {tall && <MatrixPane query={query} initial={bug === null ? null : `${bug}:${protocol}`} />}
    </div>
  );
}

function toBreak(): void {
  setQuery({ show: null });
  requestAnimationFrame(() =>
    document.querySelector('.columns .broken')?.scrollIntoView({ block: 'center' }),
  );
}

/** @param lines null: they are on their way, their place is kept */
function CopyForMail({ lines }: { readonly lines: readonly string[] | null }) {
  const [copied, setCopied] = useState(false);
  const copy = () => {
    if (lines === null) return;
    void navigator.clipboard.writeText(`${lines.join('\n')}\n`).then(() => setCopied(true));
    setTimeout(() => setCopied(false), 1_500);
  };
  return (
    <button type="button" className="btn" disabled={lines === null} onClick={copy}>
      {copied ? 'Copied' : 'Copy for a mail'}
    </button>
  );
}

function useTall(): boolean {
  const [tall, setTall] = useState(() => matchMedia(TALL).matches);
  useEffect(() => {
    const media = matchMedia(TALL);
    const change = () => setTall(media.matches);
    media.addEventListener('change', change);
    return () => media.removeEventListener('change', change);
  }, []);
  return tall;
}
