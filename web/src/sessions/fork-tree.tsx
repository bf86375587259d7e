// The tree of forks of the chosen session, along positions: a line from where each one left its parent to its end.
import { useRef } from 'react';
import { ask } from '../api/ask.js';
import { useResource } from '../api/resource.js';
import type { SessionTree } from '../api/schema.js';
import { Link } from '../app/link.js';
import { count, roughCount } from '../ui/format.js';
import { ErrorState } from '../ui/states.js';
import { useSize } from '../ui/use-size.js';

type Node = SessionTree['nodes'][number];
const ROW = 44;
const TOP = 30;
const SIDE = 14;
const FIRST_SIZE = { width: 360, height: 0 };

export function ForkTree({ id, stored }: { readonly id: string; readonly stored: number }) {
  const { data, error, reload } = useResource(`${id} ${stored > 0}`, (signal) =>
    ask<'Forks_tree'>('GET', `/sessions/${id}/tree`, { signal }),
  );
  const box = useRef<HTMLDivElement>(null);
  const width = Math.max(200, useSize(box, FIRST_SIZE).width);
  const nodes = data?.nodes ?? [];
  return (
    <section className="pane tree" aria-label="Forks">
      <div className="ph">
        <h2>Forks of session {data?.root ?? id}</h2>
        <span className="sp" />
        <span className="t3">by position</span>
      </div>
      <div className="scroll" ref={box}>
        {error !== null && data === undefined && <ErrorState error={error} retry={reload} />}
        {nodes.length === 1 && (
          <p className="t3 note">
            No forks. Open the session and press <kbd>B</kbd> where it should go on differently.
          </p>
        )}
        {nodes.length > 1 && <Drawing nodes={nodes} chosen={id} width={width} />}
        {data?.complete === false && <p className="t3 note">The tree has more sessions than are shown.</p>}
      </div>
    </section>
  );
}

function Drawing({
  nodes,
  chosen,
  width,
}: {
  readonly nodes: readonly Node[];
  readonly chosen: string;
  readonly width: number;
}) {
  const last = Math.max(1, ...nodes.map(({ events }) => events ?? 0));
  const x = (position: number): number => SIDE + (position / last) * (width - 2 * SIDE);
  const rowOf = new Map(nodes.map(({ id }, i) => [id, i]));
  return (
    <div className="branches" style={{ height: TOP + nodes.length * ROW }}>
      <svg width={width} height={TOP + nodes.length * ROW} aria-hidden="true">
        {nodes.map((node, i) => {
          const y = TOP + i * ROW + 12;
          const from = x(node.fork?.position ?? 0);
          const parent = node.parent === null ? undefined : rowOf.get(node.parent);
          const colour = node.id === chosen ? 'var(--acc)' : 'var(--t3)';
          return (
            <g key={node.id} stroke={colour} fill="none" strokeWidth="2.5">
              {parent !== undefined && (
                <path
                  d={`M${from} ${TOP + parent * ROW + 12}V${y - 8}Q${from} ${y} ${from + 8} ${y}`}
                  opacity=".8"
                />
              )}
              <path
                d={`M${parent === undefined ? from : from + 8} ${y}H${Math.max(from + 8, x(node.events ?? 0))}`}
              />
              <path d={`M${Math.max(from + 8, x(node.events ?? 0))} ${y - 5}v10`} />
            </g>
          );
        })}
      </svg>
      <ol>
        {nodes.map((node, i) => (
          <li
            key={node.id}
            style={{ top: TOP + i * ROW + 16, left: Math.min(x(node.fork?.position ?? 0), width * 0.4) }}
          >
            {node.deleted ? (
              <span className="t3">session {node.id}, deleted</span>
            ) : (
              <Link to={`/sessions/${node.id}`}>
                {node.id} {node.name ?? node.fork?.difference ?? ''}
              </Link>
            )}{' '}
            <span className="t3">
              {node.fork === null
                ? `${roughCount(node.events ?? 0)} events`
                : `at ${count(node.fork.position)}`}
            </span>{' '}
            {node.parent !== null && !node.deleted && (
              <Link
                to={`/compare?sessions=${node.parent},${node.id}`}
                aria-label={`Compare session ${node.id} with session ${node.parent}`}
              >
                compare
              </Link>
            )}
          </li>
        ))}
      </ol>
    </div>
  );
}
