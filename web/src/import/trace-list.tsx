// The traces that were imported, newest first.
import { useEffect, useRef } from 'react';
import { ask } from '../api/ask.js';
import { useResource } from '../api/resource.js';
import { Link } from '../app/link.js';
import { onChanges } from '../live/watch.js';
import { count, time } from '../ui/format.js';
import { EmptyState, ErrorState, Loading } from '../ui/states.js';

const LISTED = 100;

export function TraceList() {
  const { data, error, reload } = useResource('imported', (signal) =>
    ask<'Sessions_list'>('GET', '/sessions', { query: { kind: 'imported', limit: LISTED }, signal }),
  );
  // A new session may be a trace; those that merely run on are none.
  const known = useRef(new Set<string>());
  useEffect(
    () =>
      onChanges(({ changes, removed, overflow }) => {
        const fresh = changes.filter(({ session }) => !known.current.has(session));
        for (const { session } of fresh) known.current.add(session);
        if (overflow || removed.length > 0 || fresh.length > 0) reload();
      }),
    [reload],
  );
  return (
    <section className="pane trace-list" aria-label="Imported traces">
      <div className="ph">
        <h2>Imported traces</h2>
        <span className="t3">{data === undefined ? '' : count(data.sessions.length)}</span>
      </div>
      {data === undefined && error !== null && <ErrorState error={error} retry={reload} />}
      {data === undefined && error === null && <Loading what="the imported traces" />}
      {data?.sessions.length === 0 && (
        <EmptyState title="No trace was imported yet">
          <p className="t2">Drop one above, or from a terminal:</p>
          <p className="m">npx rootline import trace.txt</p>
        </EmptyState>
      )}
      {data !== undefined && data.sessions.length > 0 && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolled area must be reachable by keyboard
        <div className="scroll" tabIndex={0} role="region" aria-label="List of traces">
          <table>
            <thead>
              <tr>
                <th>Session</th>
                <th>Trace</th>
                <th>Kernel</th>
                <th className="n">Root allocations</th>
                <th className="n">Length</th>
                <th className="n">Events</th>
                <th>Imported</th>
              </tr>
            </thead>
            <tbody>
              {data.sessions.map(({ id, name, protocol, rootAllocations, timeNs, stored, createdAt }) => (
                <tr key={id}>
                  <td className="m t3">{id}</td>
                  <td>
                    <Link className="link" to={`/import?session=${id}`}>
                      {name ?? `trace ${id}`}
                    </Link>
                  </td>
                  <td className="m">{protocol}</td>
                  <td className="n">{count(rootAllocations)}</td>
                  <td className="n">{time(timeNs)}</td>
                  <td className="n">{count(stored)}</td>
                  <td className="t2">{createdAt.slice(0, 16).replace('T', ' ')}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}
