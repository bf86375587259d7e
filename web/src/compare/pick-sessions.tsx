// Which sessions are compared: the stored ones as a list with boxes to tick. Those of the scenario of the first one come first,
// since only they can be aligned.
import { ask } from '../api/ask.js';
import { useResource } from '../api/resource.js';
import { Link } from '../app/link.js';
import { setQuery } from '../app/router.js';
import { count, time } from '../ui/format.js';
import { EmptyState, ErrorState, Loading } from '../ui/states.js';
import { Letter } from './letter.js';
import { MAX_SESSIONS } from './model/address.js';

const LISTED = 200;

export function PickSessions({
  chosen,
  choose,
  text,
}: {
  readonly chosen: readonly string[];
  readonly choose: (ids: readonly string[]) => void;
  /** What is searched. */
  readonly text: string;
}) {
  const { data, error, reload } = useResource('sessions to compare', (signal) =>
    ask<'Sessions_list'>('GET', '/sessions', { query: { limit: LISTED }, signal }),
  );
  if (data === undefined && error !== null) return <ErrorState error={error} retry={reload} />;
  if (data === undefined) return <Loading what="the sessions" />;
  const words = text.toLowerCase().split(' ').filter(Boolean);
  const scenario = data.sessions.find(({ id }) => id === chosen[0])?.scenario;
  const rows = data.sessions
    .filter((one) => {
      const all =
        `${one.id} ${one.name ?? ''} ${one.scenario} ${one.protocol} ${one.kind} seed ${one.seed}`.toLowerCase();
      return chosen.includes(one.id) || words.every((word) => all.includes(word));
    })
    .sort((a, b) => Number(b.scenario === scenario) - Number(a.scenario === scenario));
  if (data.sessions.length < 2) {
    return (
      <EmptyState title="It takes two stored sessions to compare">
        <p className="t2">The founding experiment has eight; or run one scenario under two protocols:</p>
        <p className="m">npx rootline run smi --protocol v5.18</p>
        <p className="m">npx rootline run smi --protocol seed-draft</p>
        <Link to="/sessions" className="btn p">
          Sessions
        </Link>
      </EmptyState>
    );
  }
  const toggle = (id: string) =>
    choose(chosen.includes(id) ? chosen.filter((other) => other !== id) : [...chosen, id]);
  return (
    <section className="pane pick" aria-label="Sessions to compare">
      <div className="ph">
        <h2>
          {chosen.length === 0
            ? 'Tick two or more sessions'
            : chosen.length === 1
              ? 'Tick another session to stand beside it'
              : `${chosen.length} sessions`}
        </h2>
        <span className="t3 cut">the first is A; each other one is compared with it</span>
        <span className="sp" />
        <label className="find">
          <span className="hidden">Search the sessions to compare</span>
          <input
            type="search"
            value={text}
            placeholder="smi v5.18"
            onChange={(event) => setQuery({ search: event.target.value })}
          />
        </label>
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolled area must be reachable by keyboard */}
      <div className="scroll" tabIndex={0} role="region" aria-label="Stored sessions">
        <table>
          <thead>
            <tr>
              <th>Compare</th>
              <th>Session</th>
              <th>Scenario</th>
              <th>Protocol</th>
              <th className="n">Seed</th>
              <th>State</th>
              <th className="n">Roots</th>
              <th className="n">Virtual time</th>
              <th className="n">Stored events</th>
            </tr>
          </thead>
          <tbody>
            {rows.map(
              ({ id, name, scenario: of, protocol, seed, state, rootAllocations, timeNs, stored }) => {
                const at = chosen.indexOf(id);
                return (
                  <tr key={id} className={at >= 0 ? 'on' : ''}>
                    <td>
                      <label className="tick-box">
                        <input
                          type="checkbox"
                          checked={at >= 0}
                          disabled={at < 0 && (stored === 0 || chosen.length >= MAX_SESSIONS)}
                          onChange={() => toggle(id)}
                          aria-label={`Compare session ${id}`}
                        />
                        {at >= 0 && <Letter index={at} />}
                      </label>
                    </td>
                    <td className="cut">
                      <span className="m t3">{id}</span> {name ?? ''}
                    </td>
                    <td className="m">{of}</td>
                    <td className="m">{protocol}</td>
                    <td className="n">{seed}</td>
                    <td>{state}</td>
                    <td className="n">{count(rootAllocations)}</td>
                    <td className="n">{time(timeNs)}</td>
                    <td className="n">{count(stored)}</td>
                  </tr>
                );
              },
            )}
          </tbody>
        </table>
        {rows.length === 0 && <p className="note t2">No session has these words.</p>}
        {data.nextCursor !== null && (
          <p className="note t3">
            The latest {count(LISTED)} sessions; older ones by their id in the address.
          </p>
        )}
      </div>
    </section>
  );
}
