// The founding experiment as a table: the mail's figure below ours in every cell, a tick where they agree. "Run" starts it
// where the store has not got it.
import { useEffect, useState } from 'react';
import { ask } from '../api/ask.js';
import { useResource } from '../api/resource.js';
import type { Experiment } from '../api/schema.js';
import { Link } from '../app/link.js';
import { onChanges } from '../live/watch.js';
import { count } from '../ui/format.js';
import { ErrorState } from '../ui/states.js';

type Row = Experiment['rows'][number];

const POLICIES: readonly (readonly [key: string, title: string, doc: string])[] = [
  ['every-exit', 'every exit', 'EPT violations too'],
  ['except-ept', 'all but EPT violations', 'debug-register exits still reset'],
  ['except-ept-dr', 'all but EPT and DR', 'boots, but slowly'],
];
const SIDES: readonly (readonly [protocol: string, doc: string])[] = [
  ['v5.18', 'before the patch'],
  ['seed-draft', 'the patch as posted'],
];
/** The mail's figures are rounded. */
const AGREES = 0.05;
const REFRESH_MS = 1_000;
const MOVING = new Set(['queued', 'running']);

export function useExperiment() {
  const resource = useResource('experiment', (signal) =>
    ask<'Experiments_forcedReset'>('GET', '/experiments/forced-reset', { signal }),
  );
  const { data, reload } = resource;
  useEffect(() => {
    const ids = new Set(data?.rows.flatMap(({ session }) => session?.id ?? []));
    const moving = data?.rows.some(({ session }) => session !== null && MOVING.has(session.state)) ?? true;
    let timer: ReturnType<typeof setTimeout> | null = null;
    const stop = onChanges(({ changes, overflow }) => {
      if (timer !== null || !(overflow || (moving && changes.some(({ session }) => ids.has(session)))))
        return;
      timer = setTimeout(reload, REFRESH_MS);
    });
    return () => {
      stop();
      if (timer !== null) clearTimeout(timer);
    };
  }, [data, reload]);
  return resource;
}

export function ExperimentTable() {
  const { data, error, reload } = useExperiment();
  const [failure, setFailure] = useState<Error | null>(null);
  const idOf = (protocol: string) =>
    data?.rows.find((row) => row.protocol === protocol && row.resetPolicy === 'except-ept-dr')?.session?.id;
  const [a, b] = [idOf('v5.18'), idOf('seed-draft')];
  const missing = data?.rows.some(({ session }) => session === null) ?? false;
  const start = () => {
    ask<'Experiments_start'>('POST', '/experiments/forced-reset').then(reload, setFailure);
  };
  return (
    <section className="pane experiment" aria-label="The experiment">
      <div className="ph">
        <h2>The experiment: drop every root on every exit</h2>
        <span className="t3">mail of 13 April 2023 beside ours</span>
        <span className="sp" />
        {missing && (
          <button type="button" className="btn p s" onClick={start}>
            Run it
          </button>
        )}
        {a !== undefined && b !== undefined && (
          <Link className="btn s" to={`/compare?a=${a}&b=${b}`}>
            Compare v5.18 and seed-draft
          </Link>
        )}
      </div>
      {(error ?? failure) !== null && data === undefined ? (
        <ErrorState error={(error ?? failure) as Error} retry={reload} />
      ) : (
        <Figures rows={data?.rows ?? []} />
      )}
    </section>
  );
}

function Figures({ rows }: { readonly rows: readonly Row[] }) {
  return (
    <table className="figures">
      <thead>
        <tr>
          <th className="what" aria-label="Context reset on" />
          {SIDES.map(([protocol, doc]) => (
            <th key={protocol} className="edge" colSpan={3}>
              <span className="m">{protocol}</span> <span className="t3">{doc}</span>
            </th>
          ))}
        </tr>
        <tr>
          <th>Context reset on</th>
          {SIDES.map(([protocol]) => [
            <th key={`${protocol}p`} className="n edge">
              PID 1
            </th>,
            <th key={`${protocol}c`} className="n">
              Console
            </th>,
            <th key={`${protocol}r`} className="n">
              Root allocations
            </th>,
          ])}
        </tr>
      </thead>
      <tbody>
        {POLICIES.map(([policy, title, doc]) => (
          <tr key={policy} className={policy === 'except-ept-dr' ? 'on' : ''}>
            <th scope="row">
              <b>{title}</b>
              <small>{doc}</small>
            </th>
            {SIDES.map(([protocol]) => (
              <Side
                key={protocol}
                side={protocol}
                row={rows.find((row) => row.protocol === protocol && row.resetPolicy === policy)}
              />
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Side({ row, side }: { readonly row: Row | undefined; readonly side: string }) {
  const session = row?.session ?? null;
  if (row === undefined || session === null) {
    return (
      <td className="edge t3" colSpan={3}>
        not run yet<small>{row === undefined ? '' : `mail: ${row.mail.words}`}</small>
      </td>
    );
  }
  const { mail } = row;
  const open = `/sessions/${session.id}`;
  if (session.outcome === 'no_forward_progress') {
    const stuck = session.stuckAt as { readonly phase?: string; readonly exit?: string } | null;
    const tick = mail.outcome === session.outcome ? ' ✓' : '';
    const where =
      stuck?.phase === undefined
        ? ''
        : `in ${stuck.phase}, ${stuck.exit}, after ${count(session.rootAllocations)} roots`;
    return (
      <td className="edge" colSpan={3}>
        <Link to={open} className="hang">
          ✕ no progress
        </Link>
        <small>{where}</small>
        <small>
          mail: {mail.words}
          {tick}
        </small>
      </td>
    );
  }
  const draft = side === 'seed-draft' ? ' draft' : '';
  // What a run has counted so far is not yet off, or right.
  const ended = session.outcome !== null;
  return (
    <>
      <Figure
        className={`n edge${draft}`}
        ours={session.pid1Seconds}
        mail={mail.pid1Seconds}
        digits={2}
        to={open}
        ended={ended}
      />
      <Figure
        className={`n${draft}`}
        ours={session.consoleSeconds}
        mail={mail.consoleSeconds}
        digits={2}
        to={open}
        ended={ended}
      />
      <Figure
        className={`n${draft}`}
        ours={session.rootAllocations}
        mail={mail.rootAllocations}
        digits={0}
        to={open}
        ended={ended}
      />
    </>
  );
}

function Figure({
  ours,
  mail,
  digits,
  to,
  ended,
  className,
}: {
  readonly ours: number | null;
  readonly mail: number | null;
  readonly digits: number;
  readonly to: string;
  readonly ended: boolean;
  readonly className: string;
}) {
  const unit = digits > 0 ? ' s' : '';
  const agrees = ended && ours !== null && mail !== null && Math.abs(ours - mail) <= mail * AGREES;
  const off =
    !ended || ours === null || mail === null || mail === 0
      ? null
      : `${ours > mail ? '+' : '−'}${((Math.abs(ours - mail) / mail) * 100).toFixed(1)} %`;
  return (
    <td className={className}>
      <Link to={to}>
        <b>{ours === null ? '…' : digits > 0 ? `${ours.toFixed(digits)}${unit}` : count(ours)}</b>
      </Link>
      <small>
        {mail === null ? '\u00a0' : `mail ${count(mail)}${unit}`}
        {agrees && <span className="good"> ✓</span>}
        {off !== null && !agrees && <span className="warn"> {off}</span>}
      </small>
    </td>
  );
}
