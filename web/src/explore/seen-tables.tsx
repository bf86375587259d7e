// What was seen on the way: locks held at each operation against what is declared, and the orders of conflicting operations.
import type { Exploration } from '../api/schema.js';
import { setQuery } from '../app/router.js';
import { count } from '../ui/format.js';
import { EmptyState } from '../ui/states.js';

type Result = NonNullable<Exploration['result']>;
/** Rows that a table shows before all of them are asked for. */
const FIRST_ROWS = 300;

export function LocksTable({
  locks,
  ended,
  only,
}: {
  readonly locks: Result['locks'];
  readonly ended: boolean;
  /** Only where what is held is not what is declared. */
  readonly only: boolean;
}) {
  if (locks === null) return <Nothing ended={ended} what="locks" />;
  const rows = only ? locks.rows.filter(({ agrees }) => agrees === false) : locks.rows;
  return (
    <>
      <div className="ph">
        <span className="t2">
          Locks held at each operation, over {count(locks.steps)} steps:{' '}
          {locks.differing === 0 ? (
            <span className="good">held is what is declared, wherever something is</span>
          ) : (
            <span className="warn">{count(locks.differing)} not as declared</span>
          )}
        </span>
        <span className="sp" />
        <label className="check">
          <input
            type="checkbox"
            checked={only}
            onChange={(e) => setQuery({ only: e.target.checked ? 'differing' : null })}
          />{' '}
          only those
        </label>
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolled area must be reachable by keyboard */}
      <div className="scroll" tabIndex={0} role="region" aria-label="Lock matrix">
        <table className="past locks wraps">
          <thead>
            <tr>
              <th>
                <span className="hidden">As declared</span>
              </th>
              <th>Function</th>
              <th>Operation</th>
              <th>By</th>
              <th>Held</th>
              <th className="n">Times</th>
              <th>Declared</th>
              <th>Source</th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row, k) => (
              <tr key={k} className={row.agrees === false ? 'differs' : ''}>
                <td className={row.agrees === false ? 'warn' : 'good'}>
                  {row.agrees === null ? '' : row.agrees ? '✓' : '≠'}
                </td>
                <td className="m">{row.function}</td>
                <td>{row.operation}</td>
                <td className="t2">{row.roles.join(', ')}</td>
                <td className="m">{row.held.join(' ') || 'no lock'}</td>
                <td className="n">{count(row.times)}</td>
                <td className="says" title={row.declared ?? ''}>
                  {row.declared ?? ''}
                </td>
                <td className="t3">{row.source ?? ''}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

export function OrdersTable({
  coverage,
  ended,
  all,
}: {
  readonly coverage: Result['coverage'];
  readonly ended: boolean;
  /** Every row, however many. */
  readonly all: boolean;
}) {
  if (coverage === null) return <Nothing ended={ended} what="objects" />;
  const { pairs, bothOrders, oneOrder, apart } = coverage;
  const kept = apart.filter(({ keptApartBy }) => keptApartBy !== null).length;
  const rows = all ? pairs : pairs.slice(0, FIRST_ROWS);
  const never = all ? apart : apart.slice(0, FIRST_ROWS);
  return (
    <>
      <div className="ph">
        <span className="t2">
          {count(pairs.length)} pairs of conflicting operations stood side by side: {count(bothOrders)} seen
          in both orders, {count(oneOrder)} in one; {count(apart.length)} never did, {count(kept)} of them
          kept apart by a lock
        </span>
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolled area must be reachable by keyboard */}
      <div className="scroll" tabIndex={0} role="region" aria-label="Orders">
        <table className="past wraps">
          <thead>
            <tr>
              <th>One</th>
              <th>Other</th>
              <th>On</th>
              <th className="n">One first</th>
              <th className="n">Other first</th>
              <th>Orders</th>
            </tr>
          </thead>
          <tbody>
            {rows.map(({ object, a, b, aFirst, bFirst, orders }, k) => (
              <tr key={k}>
                <td>
                  <b>{a.role}</b> {a.operation}
                </td>
                <td>
                  <b>{b.role}</b> {b.operation}
                </td>
                <td>{object}</td>
                <td className="n">{count(aFirst)}</td>
                <td className="n">{count(bFirst)}</td>
                <td className={orders === 'both' ? 'good' : 'warn'}>
                  {orders === 'both' ? '✓ both' : '▲ one only'}
                </td>
              </tr>
            ))}
            {never.map(({ object, a, b, keptApartBy }, k) => (
              <tr key={`apart ${k}`} className="t2">
                <td>
                  <b>{a.role}</b> {a.operation}
                </td>
                <td>
                  <b>{b.role}</b> {b.operation}
                </td>
                <td>{object}</td>
                <td className="n">—</td>
                <td className="n">—</td>
                <td className="t3">
                  {keptApartBy === null ? 'never side by side' : `kept apart by ${keptApartBy}`}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
        {!all && pairs.length + apart.length > rows.length + never.length && (
          <button type="button" className="btn g" onClick={() => setQuery({ rows: 'all' })}>
            All {count(pairs.length + apart.length)}
          </button>
        )}
      </div>
    </>
  );
}

function Nothing({ ended, what }: { readonly ended: boolean; readonly what: string }) {
  return (
    <EmptyState title={ended ? `The steps of this litmus name no ${what} of the machine` : 'Not ended yet'}>
      <p className="t2">
        {ended
          ? 'Nothing is recorded, which is not the same as nothing happened.'
          : 'They are counted on the way and shown when there is a verdict.'}
      </p>
    </EmptyState>
  );
}
