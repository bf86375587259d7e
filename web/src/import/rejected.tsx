// The first event that a protocol does not explain, in its context: the rule, the states that were still possible before it, and
// the lines around it, each with what it made of the session. Or why there is none.
import { useEffect, useRef } from 'react';
import { ask } from '../api/ask.js';
import { useResource } from '../api/resource.js';
import type { ImportedTrace, TraceLines } from '../api/schema.js';
import { Link } from '../app/link.js';
import { count, plural } from '../ui/format.js';
import { ErrorState, Loading } from '../ui/states.js';
import { lineTime, type Verdict } from './model/report.js';

const LINES = 41;
/** Where a probe stands: `(kvm_mmu_load+0x0/0x4e0 [kvm]) `; the whole line is in the title. */
const PLACE = /^\([\w.]+\+0x[^)]*\) /;

export function RejectedPane({
  trace,
  verdict,
}: {
  readonly trace: ImportedTrace;
  readonly verdict: Verdict | null;
}) {
  const rejected = verdict?.firstRejected ?? null;
  // Where lines are missing is what keeps it open.
  const lost = trace.gapList.find(({ kind, line }) => kind === 'lost' && line > 0);
  return (
    <section className="pane rejected" aria-label="First rejected event">
      <div className="ph">
        <h2>
          {verdict === null
            ? 'First rejected event'
            : rejected === null
              ? `${verdict.protocol}: ${verdict.verdict}`
              : `${verdict.protocol} does not explain line ${count(rejected.line)}`}
        </h2>
        {rejected !== null && <span className="chip b m">✕ {rejected.rule}</span>}
        <span className="sp" />
        {verdict !== null && (
          <span className="t3">
            {plural(verdict.explained, 'event')} explained
            {verdict.unknown > 0 ? `, ≈ ${plural(verdict.unknown, 'step')} filled in` : ''}
          </span>
        )}
      </div>
      {verdict === null && <p className="note t3">Choose a protocol at the right.</p>}
      {verdict !== null && rejected === null && <Explained verdict={verdict} />}
      {verdict?.verdict === 'undecided' && lost !== undefined && <Context trace={trace} line={lost.line} />}
      {rejected !== null && (
        <>
          <div className="why">
            <p>
              <span className="m">{rejected.event}</span>: {rejected.why}
            </p>
            <p className="t3">Still possible before it:</p>
            <ul className="t2">
              {rejected.statesBefore.map((state) => (
                <li key={state}>{state}</li>
              ))}
            </ul>
          </div>
          <Context trace={trace} line={rejected.line} />
        </>
      )}
    </section>
  );
}

function Explained({ verdict }: { readonly verdict: Verdict }) {
  const { protocol, acceptedBy, unknown, wouldDecide } = verdict;
  if (verdict.verdict === 'undecided') {
    return (
      <div className="note">
        <p>
          <span className="warn">? Nothing observed refutes {protocol}</span>, and not enough was observed to
          accept it.
        </p>
        {wouldDecide !== null && <p className="t2">What would decide: {wouldDecide}</p>}
      </div>
    );
  }
  return (
    <div className="note">
      <p>
        <span className="good">✓ Some behaviour of {protocol} makes every line, in order.</span>
      </p>
      {acceptedBy.length > 0 && (
        <p className="t2">
          In the form of <span className="m">{acceptedBy.join(', ')}</span>.
        </p>
      )}
      {unknown > 0 && (
        <p className="t2">
          ≈ {plural(unknown, 'step')} that the probes do not show were filled in; alone they change no
          verdict.
        </p>
      )}
      <p className="t3">Choose a rejected protocol at the right to see where the trace leaves it.</p>
    </div>
  );
}

function Context({ trace, line }: { readonly trace: ImportedTrace; readonly line: number }) {
  const key = `${trace.sessionId} ${line}`;
  const { data, dataKey, error, reload } = useResource(key, (signal) =>
    ask<'Traces_lines'>('GET', `/traces/${trace.sessionId}/lines`, {
      query: { around: line, limit: LINES },
      signal,
    }),
  );
  if (dataKey !== key && error !== null) return <ErrorState error={error} retry={reload} />;
  if (data === undefined || dataKey !== key) return <Loading what={`the lines around ${count(line)}`} />;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolled area must be reachable by keyboard
    <div className="scroll" tabIndex={0} role="region" aria-label="Lines of the trace">
      <table className="lines">
        <thead>
          <tr>
            <th className="n">Line</th>
            <th className="n">CPU</th>
            <th>Task</th>
            <th className="n">Time</th>
            <th>Event, as observed</th>
            <th className="n">In the session</th>
          </tr>
        </thead>
        <tbody>
          {data.lines.map((one) => (
            <LineRow key={one.line} line={one} trace={trace} on={one.line === line} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function LineRow({
  line: { line, kind, cpu, pid, task, time, name, text, position },
  trace,
  on,
}: {
  readonly line: TraceLines['lines'][number];
  readonly trace: ImportedTrace;
  readonly on: boolean;
}) {
  const row = useRef<HTMLTableRowElement>(null);
  useEffect(() => {
    if (on) row.current?.scrollIntoView({ block: 'center' });
  }, [on]);
  return (
    <tr
      className={kind === 'lost' ? 'lost' : on ? 'on' : ''}
      aria-current={on ? 'true' : undefined}
      ref={row}
    >
      <td className="n m">
        {on && (kind === 'lost' ? <span className="warn">▲ </span> : <span className="bad">✕ </span>)}
        {count(line)}
      </td>
      <td className="n m">{cpu ?? ''}</td>
      <td className="m cut">{task === null ? '' : `${task}-${pid}`}</td>
      <td className="n m">{lineTime(time, trace.clock)}</td>
      <td className="m cut" title={text}>
        <b>{name}</b> <span className="t2">{text.replace(PLACE, '')}</span>
      </td>
      <td className="n m">
        {position !== null && (
          <Link className="link" to={`/sessions/${trace.sessionId}?at=${position}`}>
            {count(position)}
          </Link>
        )}
      </td>
    </tr>
  );
}
