// The state at the playhead: what is there, what has changed since the stop before, and for any value who changed it.
import { memo } from 'react';
import { ask } from '../../api/ask.js';
import { useResource } from '../../api/resource.js';
import type { Changes, State } from '../../api/schema.js';
import { count } from '../../ui/format.js';
import { ErrorState, Loading } from '../../ui/states.js';
import { shutOf } from '../address.js';
import { type StateRow, stateSections, valueText } from './model/rows.js';

const MARKS = { added: '+', changed: '~', removed: '−' } as const;
const BLAME_LIMIT = 20;

export interface StatePaneProps {
  readonly id: string;
  readonly at: number;
  /** False: it is not known yet where the session is opened. */
  readonly known: boolean;
  /** The stop before; null: there was none. */
  readonly since: number | null;
  /** Only what has changed since then. */
  readonly only: boolean;
  readonly setOnly: (only: boolean) => void;
  /** Sections that are closed, as the address has it. */
  readonly shut: string | null;
  readonly setShut: (shut: ReadonlySet<string>) => void;
  readonly state: State | undefined;
  readonly changes: Changes | undefined;
  readonly error: Error | null;
  readonly retry: () => void;
  readonly goTo: (position: number) => void;
  readonly path: string | null;
  readonly setPath: (path: string | null) => void;
}

export const StatePane = memo(function StatePane({
  id,
  at,
  known,
  since,
  only,
  setOnly,
  shut,
  setShut,
  state,
  changes,
  error,
  retry,
  goTo,
  path,
  setPath,
}: StatePaneProps) {
  const onlyChanged = only && since !== null;
  const folded = shutOf(shut);
  const sections = state === undefined ? [] : stateSections(state, changes?.changes ?? []);
  const toggle = (title: string) => {
    const next = new Set(folded);
    if (!next.delete(title)) next.add(title);
    setShut(next);
  };
  return (
    <section className="pane state-pane" aria-label="State">
      <div className="ph">
        <h2>State after {known ? count(state?.position ?? at) : '…'}</h2>
        <span className="sp" />
        <fieldset className="seg">
          <legend className="hidden">What is shown</legend>
          <button type="button" aria-pressed={!onlyChanged} onClick={() => setOnly(false)}>
            All
          </button>
          <button
            type="button"
            aria-pressed={onlyChanged}
            disabled={since === null}
            onClick={() => setOnly(true)}
          >
            Changed since {since === null ? '—' : count(since)}
          </button>
        </fieldset>
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolled area must be reachable by keyboard */}
      <div className="scroll" role="region" aria-label="Values" tabIndex={0}>
        {error !== null && <ErrorState error={error} retry={retry} />}
        {state === undefined && error === null && <Loading what="the state" />}
        {sections.map(({ title, note, rows }) => {
          const shown = onlyChanged ? rows.filter(({ mark }) => mark !== null) : rows;
          if (onlyChanged && shown.length === 0) return null;
          const open = onlyChanged || !folded.has(title);
          return (
            <section key={title} aria-label={title}>
              <button type="button" className="section" aria-expanded={open} onClick={() => toggle(title)}>
                <span aria-hidden="true">{open ? '▾' : '▸'}</span> <b>{title}</b>
                <span className="sp" />
                <span className="t3">{note}</span>
              </button>
              {open &&
                shown.map((row) => (
                  <Row
                    key={`${row.path}${row.mark === 'removed' ? ' gone' : ''}`}
                    row={row}
                    on={row.path === path}
                    choose={setPath}
                  />
                ))}
            </section>
          );
        })}
        {onlyChanged && sections.every(({ rows }) => rows.every(({ mark }) => mark === null)) && (
          <p className="note t3">Nothing that is shown here has changed.</p>
        )}
      </div>
      {path !== null && <Blame id={id} at={at} path={path} goTo={goTo} close={() => setPath(null)} />}
    </section>
  );
});

function Row({
  row,
  on,
  choose,
}: {
  readonly row: StateRow;
  readonly on: boolean;
  readonly choose: (path: string) => void;
}) {
  const { path, name, value, depth, mark, before, tone } = row;
  return (
    <button
      type="button"
      className={`value${mark === null ? '' : ` ${mark}`}${on ? ' on' : ''}`}
      style={{ paddingLeft: 20 + depth * 12 }}
      title={`${path}: who changed it?`}
      onClick={() => choose(path)}
    >
      <span className="gutter" aria-hidden="true">
        {mark === null ? '' : MARKS[mark]}
      </span>
      <span className={depth === 0 ? 'name top' : 'name'}>{name}</span>
      <span className="what cut">
        {mark !== null && <span className="hidden">{mark}</span>}
        {before !== null && <s className="t3">{before}</s>}{' '}
        {tone === null ? value : <span className={`chip ${tone}`}>{value}</span>}
      </span>
    </button>
  );
}

function Blame({
  id,
  at,
  path,
  goTo,
  close,
}: {
  readonly id: string;
  readonly at: number;
  readonly path: string;
  readonly goTo: (position: number) => void;
  readonly close: () => void;
}) {
  const { data, error, reload } = useResource(`${id} ${at} ${path}`, (signal) =>
    ask<'Blame_blame'>('GET', `/sessions/${id}/blame`, {
      query: { at, path, all: 'true', limit: BLAME_LIMIT },
      signal,
    }),
  );
  return (
    <section className="blame" aria-label="Who changed it">
      <div className="ph">
        <h2>Who changed it</h2>
        <span className="m t2 cut">{path}</span>
        <span className="sp" />
        <button type="button" className="btn g s" onClick={close}>
          Close
        </button>
      </div>
      <div className="scroll">
        {error !== null && <ErrorState error={error} retry={reload} />}
        {data?.outcome === 'never' && <p className="note t3">Nobody has changed it up to here.</p>}
        {data?.outcome === 'notRecorded' && <p className="note t3">This recording level did not keep it.</p>}
        <ol>
          {data?.changes.map((change) => (
            <li key={change.at.position}>
              <button type="button" className="value" onClick={() => goTo(change.at.position)}>
                <span className="m link">{count(change.at.position)}</span>
                <span className="cut">
                  <span className="m">
                    {valueText(change.before)} → {valueText(change.after)}
                  </span>{' '}
                  {change.event}
                  <small className="t3 m">
                    {change.at.thread}, {change.at.function} @ {change.at.label}
                  </small>
                </span>
              </button>
            </li>
          ))}
        </ol>
        {data?.outcome === 'more' && <p className="note t3">There are older changes.</p>}
      </div>
    </section>
  );
}
