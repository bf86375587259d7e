// Compare: two or more sessions side by side. Figures, curves, what differs, the first real divergence, the protocols' diff, and
// two timelines on one clock. The address says everything that is seen.
import './compare.css';
import { useEffect, useRef, useState } from 'react';
import type { Comparison } from '../api/schema.js';
import { useKeys } from '../app/keys.js';
import { setQuery } from '../app/router.js';
import { useStatus } from '../app/status.js';
import type { ViewProps } from '../app/view-props.js';
import { count } from '../ui/format.js';
import { WorkProgress } from '../ui/progress.js';
import { ErrorState, Loading } from '../ui/states.js';
import { useTitle } from '../ui/title.js';
import { ChartPane } from './chart.js';
import { aroundDivergence, ClockTimelines, useStretch } from './clock-timelines.js';
import { Differences } from './differences.js';
import { DivergencePane } from './divergence.js';
import { KeyFigures } from './key-figures.js';
import { Letter, letterOf } from './letter.js';
import { type ClockName, clockOf, curveOf, momentOf, otherOf, sessionsOf } from './model/address.js';
import { metric } from './model/figures.js';
import { PickSessions } from './pick-sessions.js';
import { ProtocolDiffPane } from './protocol-diff.js';
import { type Compared, useComparison } from './use-comparison.js';

const chooseIds = (ids: readonly string[]) =>
  setQuery({ sessions: ids.join(','), a: null, b: null, beside: null, stretch: null, at: null }, false);

export function CompareView({ query }: ViewProps) {
  const ids = sessionsOf(query);
  const compared = useComparison(ids);
  const comparison = compared.dataKey === ids.join(',') ? compared.data : undefined;
  const picking = query.get('pick') === '1';
  const setPicking = (on: boolean) => setQuery({ pick: on ? 1 : null });
  const pick = picking || ids.length < 2;
  useTitle(ids.length < 2 ? 'Compare' : `Compare sessions ${ids.join(', ')}`);
  useStatus({
    facts: comparison === undefined ? [] : [factOf(comparison)],
    command: ids.length < 2 ? 'compare SESSION SESSION' : `compare ${ids.join(' ')}`,
    keys: [
      ['n', 'divergence'],
      ['x', 'swap'],
    ],
  });
  useKeys([
    {
      key: 'x',
      label: 'swap A and B',
      group: 'Compare',
      run: () => ids.length > 1 && chooseIds([ids[1], ids[0], ...ids.slice(2)]),
    },
    { key: 'c', label: 'choose sessions', group: 'Compare', run: () => setPicking(!picking) },
  ]);
  return (
    <div className="compare-view">
      <div className="bar">
        <h1>Compare</h1>
        {ids.map((id, i) => {
          const protocol = comparison?.sessions[i].protocol ?? '';
          return (
            <span key={id} className="chip o">
              <Letter index={i} /> <span className="m">{protocol}</span> session {id}
              {ids.length > 2 && (
                <button
                  type="button"
                  className="plain"
                  aria-label={`Take session ${id} out`}
                  onClick={() => chooseIds(ids.filter((other) => other !== id))}
                >
                  ×
                </button>
              )}
            </span>
          );
        })}
        {comparison !== undefined && <span className="t3 cut">{sameText(comparison)}</span>}
        <span className="sp" />
        {ids.length >= 2 && (
          <>
            <button
              type="button"
              className="btn g"
              onClick={() => chooseIds([ids[1], ids[0], ...ids.slice(2)])}
            >
              Swap <kbd>X</kbd>
            </button>
            <button type="button" className="btn" aria-expanded={pick} onClick={() => setPicking(!picking)}>
              {picking ? 'Done' : 'Choose sessions'} <kbd>C</kbd>
            </button>
            <CopyLink />
          </>
        )}
      </div>
      {pick ? (
        <PickSessions chosen={ids} choose={chooseIds} text={query.get('search') ?? ''} />
      ) : comparison === undefined ? (
        <Waiting compared={compared} />
      ) : (
        <Shown key={ids.join(',')} comparison={comparison} query={query} />
      )}
    </div>
  );
}

function factOf({ alignments }: Comparison): string {
  return alignments
    .map(({ outcome, divergence }, i) => {
      const pair = `A and ${letterOf(i + 1)}`;
      if (outcome === 'equal') return `${pair}: equal`;
      const position = divergence?.steps[0]?.position ?? divergence?.steps[1]?.position;
      return position === undefined ? `${pair}: not aligned` : `${pair}: part at ${count(position)}`;
    })
    .join(' · ');
}

/** What all of them share. */
function sameText({ sessions }: Comparison): string {
  const shared = (pick: (one: Comparison['sessions'][number]) => string | number) =>
    sessions.every((one) => pick(one) === pick(sessions[0]));
  const parts = [
    ...(shared(({ scenario }) => scenario) ? [`scenario ${sessions[0].scenario}`] : []),
    ...(shared(({ seed }) => seed) ? [`seed ${sessions[0].seed}`] : []),
    ...(shared(({ recording }) => recording) ? [`level ${sessions[0].recording}`] : []),
  ];
  return parts.length === 0 ? '' : `same ${parts.join(', ')}`;
}

function Waiting({ compared: { error, moving, progress, reload } }: { readonly compared: Compared }) {
  if (moving && error !== null) {
    return (
      <div className="state" role="status">
        <h2>Not ended yet</h2>
        <p className="t2">{error.message}</p>
        <p className="t2">They are compared by themselves as soon as they rest.</p>
      </div>
    );
  }
  if (error !== null) return <ErrorState error={error} retry={reload} />;
  if (progress === null) return <Loading what="the sessions" />;
  return <WorkProgress title="Comparing" {...progress} what="events" />;
}

function Shown({ comparison, query }: { readonly comparison: Comparison; readonly query: URLSearchParams }) {
  const { sessions, alignments } = comparison;
  const other = otherOf(
    query,
    sessions.map(({ id }) => id),
  );
  const ends =
    metric(comparison, 'virtual time')?.values.map((ns) => (typeof ns === 'number' ? ns : 0)) ?? [];
  const endNs = Math.max(ends[0] ?? 0, ends[other] ?? 0);
  // Where nothing has a time, as in an exhaustive search, events are the clock.
  const clock: ClockName = endNs === 0 ? 'events' : clockOf(query);
  const endOf = clock === 'time' ? endNs : Math.max(sessions[0].events, sessions[other].events) + 1;
  const [stretch, setStretch] = useStretch(query.get('stretch'));
  const at = momentOf(query.get('at'));
  const setAt = (next: number | null) =>
    setQuery({ at: next === null ? null : Math.max(0, Math.round(next)) });
  const showDivergence = () => {
    aroundDivergence(comparison, other, clock).then(
      (found) => {
        if (found === null) return;
        setStretch(found.stretch);
        setAt(found.at);
      },
      () => undefined,
    );
  };
  // Who comes without a place in the address sees where they part.
  const first = useRef(query.get('stretch') === null && query.get('at') === null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: once, when it is opened
  useEffect(() => {
    if (first.current) showDivergence();
    first.current = false;
  }, []);
  useKeys([
    { key: 'n', label: 'the first divergence', group: 'Compare', run: showDivergence },
    {
      key: 'l',
      label: 'logarithmic or linear',
      group: 'Compare',
      run: () => setQuery({ scale: query.get('scale') === 'linear' ? null : 'linear' }),
    },
  ]);
  const alignment = alignments[other - 1];
  return (
    <div className="compared">
      <KeyFigures comparison={comparison} />
      <ChartPane
        comparison={comparison}
        curve={curveOf(query)}
        setCurve={(name) => setQuery({ curve: name === 'rootAllocations' ? null : name })}
        log={query.get('scale') !== 'linear'}
        setLog={(log) => setQuery({ scale: log ? null : 'linear' })}
        stretch={clock === 'time' ? stretch : null}
        setStretch={setStretch}
        at={clock === 'time' ? at : null}
        setAt={setAt}
      />
      <ClockTimelines
        comparison={comparison}
        other={other}
        clock={clock}
        query={query}
        stretch={stretch}
        setStretch={setStretch}
        at={at}
        setAt={setAt}
        endOf={endOf}
      />
      <div className="compare-side">
        {sessions.length > 2 && (
          <fieldset className="seg beside">
            <legend className="hidden">Beside A</legend>
            {sessions.slice(1).map(({ id }, i) => (
              <button
                key={id}
                type="button"
                aria-pressed={other === i + 1}
                onClick={() => setQuery({ beside: id, stretch: null, at: null })}
              >
                A and {letterOf(i + 1)}
              </button>
            ))}
          </fieldset>
        )}
        <Differences
          comparison={comparison}
          all={query.get('all') === 'true'}
          setAll={(all) => setQuery({ all: all ? 'true' : null })}
        />
        <DivergencePane alignment={alignment} other={other} show={showDivergence} />
        <ProtocolDiffPane
          from={sessions[0].protocol}
          to={sessions[other].protocol}
          open={query.get('open')}
        />
      </div>
    </div>
  );
}

function CopyLink() {
  const [copied, setCopied] = useState(false);
  const copy = () => {
    void navigator.clipboard.writeText(location.href).then(() => setCopied(true));
    setTimeout(() => setCopied(false), 1_500);
  };
  return (
    <button type="button" className="btn copy-link" onClick={copy}>
      {copied ? 'Copied' : 'Copy link'}
    </button>
  );
}
