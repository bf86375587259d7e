// What became of an imported trace: what it is, what its roots went through, which protocols explain it, where the first one that
// does not leaves it, and what nobody knows.
import type { ImportedTrace, Session } from '../api/schema.js';
import { useKeys } from '../app/keys.js';
import { Link } from '../app/link.js';
import { go, setQuery } from '../app/router.js';
import { useStatus } from '../app/status.js';
import { bytes, count, plural, time } from '../ui/format.js';
import { ErrorState, Loading } from '../ui/states.js';
import { useTitle } from '../ui/title.js';
import { ChurnPane } from './churn-pane.js';
import { activityOf } from './model/churn.js';
import { gapText, kernelText, type Verdict } from './model/report.js';
import { RejectedPane } from './rejected.js';
import { type Check, useCheck } from './use-check.js';
import { useTrace } from './use-trace.js';
import { VerdictsPane } from './verdicts.js';

export function TraceReport({
  id,
  protocol,
  warnings,
}: {
  readonly id: string;
  readonly protocol: string | null;
  /** Whether all of them are shown. */
  readonly warnings: boolean;
}) {
  const { data, error, reload } = useTrace(id);
  const known = data?.trace.sessionId === id ? data : undefined;
  useTitle(known === undefined ? `Trace ${id}` : (known.session.name ?? `Trace ${id}`));
  if (known === undefined && error !== null) {
    return (
      <div className="trace-gone">
        <ErrorState error={error} retry={reload} />
        <Link to="/import" className="btn p">
          All traces
        </Link>
      </div>
    );
  }
  if (known === undefined) return <Loading what={`trace ${id}`} />;
  return <Report {...known} protocol={protocol} allWarnings={warnings} />;
}

function Report({
  trace,
  session,
  protocol,
  allWarnings,
}: {
  readonly trace: ImportedTrace;
  readonly session: Session;
  readonly protocol: string | null;
  readonly allWarnings: boolean;
}) {
  const { id } = session;
  const check = useCheck(id);
  const verdicts = check.data?.verdicts ?? [];
  // The best verdict, unless one is named; behind an accepted one the first that is rejected, since that has something to show.
  const chosen =
    verdicts.find((one) => one.protocol === protocol) ??
    (verdicts[0]?.verdict === 'accepted'
      ? verdicts.find(({ firstRejected }) => firstRejected !== null)
      : undefined) ??
    verdicts[0] ??
    null;
  const choose = (name: string) => setQuery({ protocol: name });
  const move = (by: number) => {
    const next = verdicts[(chosen === null ? 0 : verdicts.indexOf(chosen)) + by];
    if (next !== undefined) choose(next.protocol);
  };
  useKeys([
    { key: 'j', label: 'next protocol', group: 'Trace', run: () => move(1) },
    { key: 'k', label: 'protocol before', group: 'Trace', run: () => move(-1) },
    { key: 'Enter', label: 'open its session', group: 'Trace', run: () => go(`/sessions/${id}`) },
    { key: 'c', label: 'compare with another session', group: 'Trace', run: () => go(`/compare?a=${id}`) },
    { key: 'o', label: 'import another trace', group: 'Trace', run: () => go('/import') },
  ]);
  useStatus({
    facts: [`${plural(trace.events, 'event')} observed`, `digest ${trace.digest}`],
    command: `check ${id}`,
    keys: [
      ['j', ''],
      ['k', 'protocol'],
      ['Enter', 'open'],
    ],
  });
  return (
    <div className="trace-report">
      <div className="bar">
        <Link to="/import" className="t3 crumb">
          Import /
        </Link>
        <h1 className="cut">{session.name ?? `trace ${id}`}</h1>
        <span className="m t3">session {id}</span>
        <span className="chip o">{trace.format}</span>
        <span className="chip o">
          kernel <span className="m">{kernelText(trace)}</span>
        </span>
        {trace.layout === 'unverified layout' && <span className="chip i">▲ unverified layout</span>}
        {trace.layout === 'not recognised' && <span className="chip i">▲ layout not recognised</span>}
        {trace.gaps > 0 && <span className="chip i">▲ {plural(trace.gaps, 'gap')}</span>}
        <span className="sp" />
        <Link to={`/compare?a=${id}`} className="btn g">
          Compare <kbd>C</kbd>
        </Link>
        <Link to={`/sessions/${id}`} className="btn p">
          Open the session <kbd>↵</kbd>
        </Link>
      </div>
      <Cards trace={trace} session={session} check={check} />
      <ChurnPane trace={trace} session={session} />
      <RejectedPane trace={trace} verdict={chosen} />
      <div className="report-side">
        <VerdictsPane check={check} chosen={chosen?.protocol ?? null} choose={choose} />
        <KnownPane trace={trace} verdicts={verdicts} all={allWarnings} />
      </div>
    </div>
  );
}

/** Chips, by what the guests do. */
const PROGRESS = { progress: 'v', livelock: 'b', thrash: 'z', idle: 'f', unknown: 'o' } as const;

function Cards({
  trace,
  session,
  check,
}: {
  readonly trace: ImportedTrace;
  readonly session: Session;
  readonly check: Check;
}) {
  const activity = activityOf(trace);
  const perSecond = activity?.churn.perSecond ?? (trace.rootAllocations / session.timeNs) * 1e9;
  const accepted = check.data?.verdicts.filter(({ verdict }) => verdict === 'accepted') ?? [];
  const undecided = check.data?.verdicts.filter(({ verdict }) => verdict === 'undecided') ?? [];
  const names = (accepted.length > 0 ? accepted : undecided).map(({ protocol }) => protocol).join(', ');
  return (
    <section className="report-cards" aria-label="Key figures">
      <div>
        <h2>Root allocations</h2>
        <p className="big">
          <b>{count(trace.rootAllocations)}</b>
        </p>
        <p className="t3">
          {session.timeNs > 0
            ? `${perSecond.toFixed(1)} a second over ${time(session.timeNs)}`
            : 'the clock tells no seconds'}
        </p>
      </div>
      <div>
        <h2>
          Diagnosis
          {activity !== null && (
            <span className={`chip ${PROGRESS[activity.progress.verdict]}`} title={activity.progress.why}>
              {activity.progress.verdict}
            </span>
          )}
        </h2>
        <p className="sentence">
          {activity?.diagnosis ?? 'not told: the trace was imported by an older version'}
        </p>
      </div>
      <div>
        <h2>{accepted.length > 0 || check.data === undefined ? 'A behaviour of' : 'Not refuted'}</h2>
        <p className="big">
          <b className={accepted.length > 0 ? 'good m' : 'm'}>
            {names === '' ? (check.data === undefined ? '…' : 'none of the eight') : names}
          </b>
        </p>
        <p className="t3">
          {check.data === undefined
            ? 'checking'
            : `${accepted.length} accepted, ${undecided.length} undecided, ${check.data.verdicts.length - accepted.length - undecided.length} rejected`}
        </p>
      </div>
      <div>
        <h2>Events lost</h2>
        <p className="big">
          <b className={trace.gaps > 0 ? 'warn' : ''}>
            {trace.gaps === 0 ? 'none known' : count(trace.lostEvents)}
          </b>
        </p>
        <p className="t3">{trace.gaps === 0 ? 'no gap is told' : plural(trace.gaps, 'gap')}</p>
      </div>
    </section>
  );
}

const WARNINGS = 6;

/** What was observed, what was inferred, what nobody knows. */
function KnownPane({
  trace,
  verdicts,
  all,
}: {
  readonly trace: ImportedTrace;
  readonly verdicts: readonly Verdict[];
  readonly all: boolean;
}) {
  const { roots, gapList, warnings, malformed, unknown, undecodable } = trace;
  const filled = verdicts.find(({ verdict }) => verdict === 'accepted')?.unknown;
  const bad = Object.values(malformed).reduce((sum, n) => sum + n, 0);
  return (
    <section className="pane known" aria-label="How it is known">
      <div className="ph">
        <h2>How it is known</h2>
        <span className="sp" />
        <span className="t3">every event of the session says so</span>
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolled area must be reachable by keyboard */}
      <div className="scroll" tabIndex={0} role="region" aria-label="Observed, inferred, unknown">
        <dl className="facts">
          <dt>observed</dt>
          <dd>
            {plural(trace.events, 'line')} about KVM of {count(trace.lines)}, {bytes(trace.bytes)};{' '}
            {plural(trace.vms, 'VM')}, {plural(trace.vcpus, 'vCPU')};{' '}
            {count(roots.putsCompared - roots.putsDisagree)} of{' '}
            {plural(roots.putsCompared, 'printed refcount')} agree with the counted ones
          </dd>
          <dt className="inferred">≈ inferred</dt>
          <dd>
            {plural(roots.rootsFound, 'root')} whose birth is not in the trace
            {filled !== undefined && `; ${plural(filled, 'step')} that no line shows`}
          </dd>
          <dt className="unknown">? unknown</dt>
          <dd>
            {gapList.length === 0 && unknown + undecodable + bad === 0 && 'nothing is known to be missing'}
            {gapList.map((gap) => (
              <span key={`${gap.kind} ${gap.line} ${gap.cpu} ${gap.probe}`} className="chip i gap">
                {gapText(gap)}
              </span>
            ))}
            {unknown > 0 && <span>{plural(unknown, 'line')} of unknown events</span>}
            {undecodable > 0 && <span>{plural(undecodable, 'event')} without a field</span>}
            {bad > 0 && <span>{plural(bad, 'line')} that no layout reads</span>}
          </dd>
        </dl>
        {warnings.length > 0 && (
          <ul className="warnings">
            {warnings.slice(0, all ? undefined : WARNINGS).map((warning) => (
              <li key={warning}>
                <span className="warn" aria-hidden="true">
                  ▲
                </span>{' '}
                {warning}
              </li>
            ))}
          </ul>
        )}
        {!all && warnings.length > WARNINGS && (
          <button type="button" className="plain-row t3" onClick={() => setQuery({ warnings: 'all' })}>
            ▸ {plural(warnings.length - WARNINGS, 'warning')} more
          </button>
        )}
      </div>
    </section>
  );
}
