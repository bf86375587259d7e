// Protocols x bugs: what each search answers, against what is known. A grid for arrow keys; Enter opens a cell's counterexample.
import { type KeyboardEvent, useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { ask } from '../api/ask.js';
import { useResource } from '../api/resource.js';
import type { CatalogueRun } from '../api/schema.js';
import { Link } from '../app/link.js';
import { go, setQuery } from '../app/router.js';
import { isMoving, useJob } from '../live/job.js';
import { count } from '../ui/format.js';
import { ErrorState, Loading } from '../ui/states.js';
import {
  cellKey,
  type Matrix,
  type MatrixCell,
  matrixOf,
  neighbour,
  shortName,
  signOf,
} from './model/matrix.js';

/** Finished runs that are laid over one another; what is older is older than most kernels. */
const MAX_RUNS = 12;
const LEGEND = [
  ['bad', '✕', 'violated'],
  ['cost', '▲', 'cost or liveness'],
  ['good', '✓', 'holds, every interleaving'],
  ['none', '·', 'cannot occur'],
] as const;

interface Runs {
  readonly finished: readonly CatalogueRun[];
  readonly moving: string | null;
}

async function readRuns(signal: AbortSignal, only: string | null): Promise<Runs> {
  const one = (id: string) => ask<'Catalogue_get'>('GET', `/catalogue/runs/${id}`, { signal });
  const { runs } = await ask<'Catalogue_list'>('GET', '/catalogue/runs', { query: { limit: 50 }, signal });
  const moving = runs.find(({ state }) => isMoving(state))?.id ?? null;
  if (only !== null) return { finished: [await one(only)], moving };
  const finished = runs.filter(({ state }) => state === 'finished');
  // Behind a run of everything nothing older counts.
  const whole = finished.findIndex(({ bug, protocol }) => bug === null && protocol === null);
  const wanted = finished.slice(0, whole < 0 ? MAX_RUNS : Math.min(MAX_RUNS, whole + 1));
  return { finished: await Promise.all(wanted.map(({ id }) => one(id))), moving };
}

export function useMatrix(only: string | null, all: boolean) {
  const table = useResource('catalogue', (signal) => ask<'Catalogue_table'>('GET', '/catalogue', { signal }));
  const runs = useResource(`catalogue runs ${only}`, (signal) => readRuns(signal, only));
  const { reload } = runs;
  const now = useJob(
    runs.data?.moving ?? null,
    useCallback(() => reload(), [reload]),
  );
  const matrix = useMemo(
    () => (table.data === undefined ? null : matrixOf(table.data, runs.data?.finished ?? [], all)),
    [table.data, runs.data, all],
  );
  return { matrix, error: table.error ?? runs.error, reload, moving: runs.data?.moving ?? null, now };
}

export function MatrixPane({
  query,
  initial,
}: {
  readonly query: URLSearchParams;
  /** Cell that is chosen where the address names none. */
  readonly initial: string | null;
}) {
  const all = query.get('profiles') === '1';
  const { matrix, error, reload, moving, now } = useMatrix(query.get('run'), all);
  const [failed, setFailed] = useState<Error | null>(null);
  const chosenKey = query.get('cell') ?? initial ?? cellKey('B13', 'seed-draft');
  const [bug, protocol] = chosenKey.split(':');
  const start = (body: { readonly bug?: string; readonly protocol?: string }) => {
    setFailed(null);
    ask<'Catalogue_create'>('POST', '/catalogue/runs', { body }).then(reload, setFailed);
  };
  const progress = now?.progress as { readonly done: number; readonly of: number } | null | undefined;
  return (
    <section className="pane matrix-pane" aria-label="Protocols and bugs">
      <div className="ph">
        <h2>Protocols × bugs</h2>
        <span className="t3 answers">
          {matrix === null
            ? ' '
            : `${count(matrix.answered)} of ${count(matrix.asked)} answered${
                matrix.answered === 0
                  ? ': what is shown is expected'
                  : matrix.differing === 0
                    ? ', all as known'
                    : `, ${count(matrix.differing)} not as known`
              }`}
        </span>
        {moving !== null && (
          <span className="progress" role="status">
            <progress value={progress?.done ?? 0} max={progress?.of ?? 1} aria-label="rows answered" />
            {progress == null ? (now?.state ?? 'queued') : `${count(progress.done)} of ${count(progress.of)}`}
          </span>
        )}
        <span className="sp" />
        {LEGEND.map(([tone, sign, word]) => (
          <span key={tone} className="cell-legend">
            <i className={`cell ${tone}`} aria-hidden="true">
              {sign}
            </i>
            {word}
          </span>
        ))}
        <button
          type="button"
          className="btn s"
          aria-pressed={all}
          onClick={() => setQuery({ profiles: all ? null : 1 })}
        >
          {all ? 'Eras only' : 'Profiles too'}
        </button>
        {moving === null ? (
          <button type="button" className="btn s" onClick={() => start({})}>
            Answer all
          </button>
        ) : (
          <button
            type="button"
            className="btn s"
            onClick={() => void ask<'Jobs_cancel'>('POST', `/jobs/${moving}/cancel`).then(reload, setFailed)}
          >
            Cancel
          </button>
        )}
      </div>
      {failed !== null && <ErrorState error={failed} />}
      {matrix === null &&
        (error === null ? <Loading what="the catalogue" /> : <ErrorState error={error} retry={reload} />)}
      {matrix !== null && (
        <>
          <Grid matrix={matrix} bug={bug} protocol={protocol} />
          <Chosen matrix={matrix} bug={bug} protocol={protocol} moving={moving !== null} start={start} />
        </>
      )}
    </section>
  );
}

function Grid({
  matrix,
  bug,
  protocol,
}: {
  readonly matrix: Matrix;
  readonly bug: string;
  readonly protocol: string;
}) {
  const box = useRef<HTMLDivElement>(null);
  const focused = useRef(false);
  useEffect(() => {
    if (!focused.current) return;
    box.current?.querySelector<HTMLElement>('[aria-selected=true]')?.focus();
  });
  const keys = (event: KeyboardEvent) => {
    const next = neighbour(matrix, { bug, protocol }, event.key);
    if (next !== null) {
      event.preventDefault();
      setQuery({ cell: cellKey(next.bug, next.protocol) });
    } else if (event.key === 'Enter') {
      const session = matrix.cells.get(cellKey(bug, protocol))?.row?.sessionId;
      if (session != null) go(`/sessions/${session}`);
    }
  };
  return (
    <div className="scroll">
      <div
        ref={box}
        className="matrix"
        role="grid"
        aria-label="Protocols and bugs"
        tabIndex={-1}
        onKeyDown={keys}
        onFocus={() => {
          focused.current = true;
        }}
        onBlur={() => {
          focused.current = false;
        }}
      >
        <div role="row">
          <span role="columnheader" className="first">
            <span className="hidden">Protocol</span>
          </span>
          {matrix.bugs.map((one) => (
            <span
              key={one.bug}
              role="columnheader"
              className={one.bug === bug ? 'on' : ''}
              title={`${one.bug} ${one.title}`}
            >
              {shortName(one.bug)}
            </span>
          ))}
        </div>
        {matrix.protocols.map((row) => (
          <div key={row} role="row">
            <span role="rowheader" className={`first m cut ${row === protocol ? 'on' : ''}`} title={row}>
              {row}
            </span>
            {matrix.bugs.map((one) => (
              <Cell
                key={one.bug}
                cell={matrix.cells.get(cellKey(one.bug, row))}
                kind={one.kind}
                bug={one.bug}
                protocol={row}
                on={one.bug === bug && row === protocol}
              />
            ))}
          </div>
        ))}
      </div>
    </div>
  );
}

function Cell({
  cell,
  kind,
  bug,
  protocol,
  on,
}: {
  readonly cell: MatrixCell | undefined;
  readonly kind: string;
  readonly bug: string;
  readonly protocol: string;
  readonly on: boolean;
}) {
  const { sign, tone, word } = cell === undefined ? NOTHING : signOf(cell, kind);
  const state = cell === undefined || cell.row !== null || tone === 'none' ? '' : ' guess';
  const wrong = cell?.row?.ok === false;
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the grid has the keys
    <div
      role="gridcell"
      aria-selected={on}
      tabIndex={on ? 0 : -1}
      aria-label={`${bug} in ${protocol}: ${word}${wrong ? ', not as known' : ''}`}
      onClick={() => setQuery({ cell: cellKey(bug, protocol) })}
      onDoubleClick={() => cell?.row?.sessionId != null && go(`/sessions/${cell.row.sessionId}`)}
    >
      <i className={`cell ${tone}${state}${wrong ? ' wrong' : ''}`} aria-hidden="true">
        {sign}
      </i>
    </div>
  );
}

const NOTHING = { sign: '', tone: 'none', word: 'nothing is known' } as const;

function Chosen({
  matrix,
  bug,
  protocol,
  moving,
  start,
}: {
  readonly matrix: Matrix;
  readonly bug: string;
  readonly protocol: string;
  readonly moving: boolean;
  readonly start: (body: { readonly bug?: string; readonly protocol?: string }) => void;
}) {
  const about = matrix.bugs.find((one) => one.bug === bug);
  const cell = matrix.cells.get(cellKey(bug, protocol));
  if (about === undefined) return <p className="cell-facts t3">There is no bug {bug} in the catalogue.</p>;
  const row = cell?.row ?? null;
  const litmus = row?.litmus ?? about.litmus;
  const facts =
    row === null
      ? cell === undefined
        ? 'nothing is known'
        : `${signOf(cell, about.kind).word}${cell.why === null ? '' : `: ${cell.why}`}`
      : [
          `${row.got}${row.ok ? '' : `, expected ${row.expected}`}`,
          ...(row.invariant === null ? [] : [row.invariant]),
          ...(row.states === null ? [] : [`${count(row.states)} states`]),
          ...(row.steps === null ? [] : [`${count(row.steps)} steps`]),
          `${row.seconds.toFixed(2)} s`,
          ...(row.reason === null ? [] : [row.reason]),
        ].join(' · ');
  return (
    <div className="cell-facts" role="status">
      <b className="acc">
        {bug} × {protocol}
      </b>
      <span>{about.title}</span>
      <span className="t3 cut" title={facts}>
        {facts}
      </span>
      <span className="sp" />
      {row?.sessionId != null && (
        <Link className="btn s p" to={`/sessions/${row.sessionId}`}>
          Open as session <kbd>↵</kbd>
        </Link>
      )}
      {litmus !== null && (
        <Link className="btn s" to={`/explore?litmus=${litmus}&protocol=${protocol}&cell=${bug}:${protocol}`}>
          Explore {litmus}
        </Link>
      )}
      <fieldset className="seg" disabled={moving}>
        <legend className="hidden">Answer</legend>
        <button type="button" disabled={cell === undefined} onClick={() => start({ bug, protocol })}>
          Answer it
        </button>
        <button type="button" onClick={() => start({ bug })}>
          all of {bug}
        </button>
        <button type="button" onClick={() => start({ protocol })}>
          all of {protocol}
        </button>
      </fieldset>
    </div>
  );
}
