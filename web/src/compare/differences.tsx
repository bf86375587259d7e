// The tables: only what differs, or all. What is equal is one line that opens the rest.
import type { Comparison } from '../api/schema.js';
import { plural } from '../ui/format.js';
import { Letter } from './letter.js';
import { cellText, differs, grouped, type Row, timesText } from './model/figures.js';

export function Differences({
  comparison,
  all,
  setAll,
}: {
  readonly comparison: Comparison;
  readonly all: boolean;
  readonly setAll: (all: boolean) => void;
}) {
  const { sessions, parameters, metrics } = comparison;
  const every = [...parameters.rows, ...metrics.rows];
  const shown = all ? every : every.filter(differs);
  const pair = sessions.length === 2;
  const equal = every.length - every.filter(differs).length;
  return (
    <section className="pane differences" aria-label="What differs">
      <div className="ph">
        <h2>{all ? 'Everything' : 'Only what differs'}</h2>
        <span className="t3">
          {shown.length} of {every.length}
        </span>
        <span className="sp" />
        <fieldset className="seg">
          <legend className="hidden">Rows</legend>
          <button type="button" aria-pressed={!all} onClick={() => setAll(false)}>
            What differs
          </button>
          <button type="button" aria-pressed={all} onClick={() => setAll(true)}>
            All
          </button>
        </fieldset>
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolled area must be reachable by keyboard */}
      <div className="scroll" tabIndex={0} role="region" aria-label="Figures side by side">
        <table>
          <thead>
            <tr>
              <th>Figure</th>
              {sessions.map(({ id }, i) => (
                <th key={id} className="n">
                  <Letter index={i} />
                </th>
              ))}
              {pair && <th className="n times">A / B</th>}
            </tr>
          </thead>
          {grouped(shown).map(({ group, rows }) => (
            <tbody key={group}>
              <tr className="group">
                <th scope="rowgroup" colSpan={sessions.length + (pair ? 2 : 1)}>
                  {group}
                </th>
              </tr>
              {rows.map((row) => (
                <FigureRow key={row.name} row={row} pair={pair} />
              ))}
            </tbody>
          ))}
        </table>
        {!all && equal > 0 && (
          <button type="button" className="plain-row t3" onClick={() => setAll(true)}>
            ▸ {plural(equal, 'figure')} and parameters are the same
          </button>
        )}
      </div>
    </section>
  );
}

function FigureRow({ row, pair }: { readonly row: Row; readonly pair: boolean }) {
  const { name, values, unit } = row;
  return (
    <tr className={differs(row) ? '' : 't3'}>
      <td className="cut" title={name}>
        {name}
      </td>
      {values.map((value, i) => (
        <td key={i} className="n cut" title={cellText(value, unit)}>
          {cellText(value, unit)}
        </td>
      ))}
      {pair && (
        <td className="n">
          <b>{timesText(values[0], values[1])}</b>
        </td>
      )}
    </tr>
  );
}
