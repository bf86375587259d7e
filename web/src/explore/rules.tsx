// Rules of a protocol, dropped one at a time: which of them anything depends on, and what breaks first without.
import { useCallback, useState } from 'react';
import { ask } from '../api/ask.js';
import { useResource } from '../api/resource.js';
import type { Relaxation } from '../api/schema.js';
import { Link } from '../app/link.js';
import { setQuery } from '../app/router.js';
import { isMoving, useJob } from '../live/job.js';
import { count } from '../ui/format.js';
import { EmptyState, ErrorState, Loading } from '../ui/states.js';

type Row = NonNullable<Relaxation['rows']>[number];
const ANSWERS: { readonly [A in Row['answer']]: readonly [className: string, word: string] } = {
  needed: ['bad', '✕ needed'],
  not_needed_in: ['good', '✓ not needed there'],
  bound_reached: ['warn', '… bound reached'],
  not_applicable: ['t3', '· not in this protocol'],
};

async function readLatest(signal: AbortSignal, id: string | null, protocol: string) {
  const { relaxations } = await ask<'Relax_list'>('GET', '/relaxations', { query: { limit: 100 }, signal });
  const moving = relaxations.find(({ state }) => isMoving(state)) ?? null;
  const ended = relaxations.filter(({ state }) => state === 'finished');
  const wanted = id ?? ended.find((one) => one.protocol === protocol && one.rule === null)?.id ?? null;
  const shown = wanted === null ? null : await ask<'Relax_get'>('GET', `/relaxations/${wanted}`, { signal });
  return { moving, ended, shown };
}

export function RulesPane({
  query,
  protocol,
}: {
  readonly query: URLSearchParams;
  readonly protocol: string;
}) {
  const wanted = query.get('relaxation');
  const { data, error, reload } = useResource(`relaxations ${wanted} ${protocol}`, (signal) =>
    readLatest(signal, wanted, protocol),
  );
  const [failed, setFailed] = useState<Error | null>(null);
  const moving = data?.moving ?? null;
  const now = useJob(
    moving?.id ?? null,
    useCallback(() => reload(), [reload]),
  );
  const progress = now?.progress as { readonly done: number; readonly of: number } | null | undefined;
  const start = () => {
    setFailed(null);
    ask<'Relax_create'>('POST', '/relaxations', { body: { protocol } }).then(() => {
      setQuery({ relaxation: null });
      reload();
    }, setFailed);
  };
  const shown = data?.shown ?? null;
  return (
    <section className="pane matrix-pane" aria-label="Rules dropped one at a time">
      <div className="ph">
        <h2>Rules of {shown?.protocol ?? protocol}, dropped one at a time</h2>
        {shown?.counts != null && (
          <span className="t3">
            {count(shown.counts.needed)} needed · {count(shown.counts.not_needed_in)} not needed in what was
            searched · {count(shown.counts.bound_reached)} bound reached
          </span>
        )}
        {moving !== null && (
          <span className="progress" role="status">
            <progress value={progress?.done ?? 0} max={progress?.of ?? 1} aria-label="rules answered" />
            {moving.protocol} {progress == null ? '' : `${count(progress.done)} of ${count(progress.of)}`}
          </span>
        )}
        <span className="sp" />
        {moving === null ? (
          <button type="button" className="btn s" onClick={start}>
            Drop the rules of {protocol}
          </button>
        ) : (
          <button
            type="button"
            className="btn s"
            onClick={() =>
              void ask<'Jobs_cancel'>('POST', `/jobs/${moving.id}/cancel`).then(reload, setFailed)
            }
          >
            Cancel
          </button>
        )}
      </div>
      {(failed ?? (data === undefined ? error : null)) !== null && (
        <ErrorState error={(failed ?? error) as Error} retry={reload} />
      )}
      {data === undefined && error === null && <Loading what="the relaxations" />}
      {data !== undefined && shown?.rows == null && (
        <EmptyState title={`The rules of ${protocol} were not dropped yet`}>
          <p className="t2">
            Each rule (a lock held, a flush, a reference, an order) is taken out of the protocol alone, and
            every litmus that is small enough is searched without it. From a terminal:
          </p>
          <p className="m">npx rootline relax {protocol}</p>
        </EmptyState>
      )}
      {shown?.rows != null && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolled area must be reachable by keyboard
        <div className="scroll" tabIndex={0} role="region" aria-label="Table of rules">
          <table className="past rules">
            <thead>
              <tr>
                <th>Rule</th>
                <th>Says</th>
                <th>Without it</th>
                <th>Breaks</th>
                <th>In</th>
                <th className="n">Steps</th>
                <th>Why</th>
                <th>Session</th>
              </tr>
            </thead>
            <tbody>
              {shown.rows.map((row) => (
                <tr key={row.rule}>
                  <td className="m">{row.rule}</td>
                  <td className="says" title={row.statement}>
                    {row.statement}
                  </td>
                  <td className={ANSWERS[row.answer][0]}>{ANSWERS[row.answer][1]}</td>
                  <td className="bad">{row.invariant ?? ''}</td>
                  <td className="m">{row.litmus ?? row.heldIn.map(({ litmus }) => litmus).join(' ')}</td>
                  <td className="n">{row.steps ?? ''}</td>
                  <td className="says t2" title={row.why ?? row.reason ?? ''}>
                    {row.why ?? row.reason ?? ''}
                  </td>
                  <td>
                    {row.sessionId !== null && <Link to={`/sessions/${row.sessionId}`}>{row.sessionId}</Link>}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}
