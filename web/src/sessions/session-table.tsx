// The list of sessions, virtual: forks below the session that they left, each with its state, milestones, roots and churn.
import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useRef } from 'react';
import { go } from '../app/router.js';
import { count } from '../ui/format.js';
import { Churn } from './churn.js';
import { Milestones } from './milestones.js';
import type { asTree } from './search.js';
import { type Sort, sortOf, titleOf } from './search.js';
import type { Summary } from './session-list.js';
import { StateMark } from './state-mark.js';
import { BrokenCell, useInvariantKinds } from './verdicts.js';

type TreeRow = ReturnType<typeof asTree>[number];
const ROW_HEIGHT = 36;
const COLUMNS: readonly (readonly [title: string, sort: Sort | null])[] = [
  ['', null],
  ['Session', 'name'],
  ['Protocol', 'protocol'],
  ['State', 'state'],
  ['Milestones', null],
  ['Roots', 'roots'],
  ['Churn', null],
  ['Findings', 'findings'],
  ['Events', 'events'],
];
const NUMERIC = new Set(['Roots', 'Events']);

export function SessionTable({
  rows,
  chosen,
  choose,
  filterBy,
  ticked,
  tick,
  sort,
  sortBy,
}: {
  /** As the address has it. */
  readonly sort: string | null;
  readonly sortBy: (by: Sort) => void;
  /** Sessions to be compared. */
  readonly ticked: readonly string[];
  readonly tick: (id: string) => void;
  readonly rows: readonly TreeRow[];
  readonly chosen: string | null;
  readonly choose: (id: string) => void;
  readonly filterBy: (term: string) => void;
}) {
  const box = useRef<HTMLDivElement>(null);
  const kinds = useInvariantKinds();
  const order = sortOf(sort);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => box.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: 8,
  });
  const at = rows.findIndex(({ session }) => session.id === chosen);
  useEffect(() => {
    if (at >= 0) virtual.scrollToIndex(at);
  }, [at, virtual]);
  return (
    <div className="sessions" role="table" aria-label="Sessions" aria-rowcount={rows.length + 1}>
      <div role="row" className="srow head" aria-rowindex={1}>
        {COLUMNS.map(([name, by]) => (
          <div
            key={name}
            role="columnheader"
            className={NUMERIC.has(name) ? 'n' : ''}
            aria-sort={
              by !== null && by === order?.by ? (order.down ? 'descending' : 'ascending') : undefined
            }
          >
            {name === '' && <span className="hidden">Fork</span>}
            {name !== '' && by === null && name}
            {by !== null && (
              <button type="button" className="plain" title={`Sort by ${by}`} onClick={() => sortBy(by)}>
                {name}
                {by === order?.by && (order.down ? ' ↓' : ' ↑')}
              </button>
            )}
          </div>
        ))}
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolled area must be reachable by keyboard */}
      <div className="scroll" ref={box} role="rowgroup" tabIndex={0} aria-label="Stored sessions">
        <div role="presentation" style={{ height: virtual.getTotalSize(), position: 'relative' }}>
          {virtual.getVirtualItems().map(({ index, start }) => {
            const { session, depth } = rows[index];
            return (
              <Row
                key={session.id}
                session={session}
                depth={depth}
                top={start}
                index={index}
                on={session.id === chosen}
                choose={choose}
                filterBy={filterBy}
                ticked={ticked.includes(session.id)}
                tick={tick}
                kinds={kinds}
              />
            );
          })}
        </div>
      </div>
    </div>
  );
}

function Row({
  session,
  depth,
  top,
  index,
  on,
  choose,
  filterBy,
  ticked,
  tick,
  kinds,
}: {
  readonly session: Summary;
  readonly ticked: boolean;
  readonly tick: (id: string) => void;
  readonly kinds: ReadonlyMap<string, string>;
  readonly depth: number;
  readonly top: number;
  readonly index: number;
  readonly on: boolean;
  readonly choose: (id: string) => void;
  readonly filterBy: (term: string) => void;
}) {
  const { id, protocol, milestones, timeNs, rootAllocations, findings, events, stored } = session;
  const x = 26 + Math.min(depth, 1) * 14;
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: J, K and Enter move and open; the name is a button
    <div
      role="row"
      aria-rowindex={index + 2}
      className={on ? 'srow on' : 'srow'}
      aria-current={on ? 'true' : undefined}
      style={{ transform: `translateY(${top}px)` }}
      onClick={(event) => {
        if (event.shiftKey && event.target instanceof HTMLElement) {
          const term = event.target.closest<HTMLElement>('[data-term]')?.dataset['term'];
          if (term !== undefined) return filterBy(term);
        }
        choose(id);
      }}
      onDoubleClick={() => go(`/sessions/${id}`)}
    >
      <div role="cell">
        <input
          type="checkbox"
          className="tick"
          checked={ticked}
          aria-label={`Compare session ${id}`}
          title="Compare (V)"
          onChange={() => tick(id)}
          onClick={(event) => event.stopPropagation()}
        />
        <svg width={48} height={ROW_HEIGHT} aria-hidden="true">
          {depth > 0 && (
            <path d={`M${x - 14} 0V12Q${x - 14} 18 ${x - 8} 18H${x}`} stroke="var(--acc)" fill="none" />
          )}
          <circle
            cx={x}
            cy={18}
            r={4}
            fill={depth > 0 ? 'var(--acc)' : 'var(--bg1)'}
            stroke={depth > 0 ? 'var(--acc)' : 'var(--t3)'}
          />
        </svg>
      </div>
      <div role="cell" className="name">
        <button type="button" className="cut" title={titleOf(session)} onClick={() => choose(id)}>
          {titleOf(session)}
        </button>
        <small className="m">
          {id} · {session.scenario} · seed {session.seed}
        </small>
      </div>
      <div role="cell" className="m cut" data-term={`protocol:${protocol}`}>
        {protocol}
      </div>
      <div role="cell" data-term={`state:${session.state}`}>
        <StateMark session={session} />
      </div>
      <div role="cell">
        <Milestones
          milestones={milestones}
          timeNs={timeNs}
          stuck={session.outcome === 'no_forward_progress'}
        />
      </div>
      <div role="cell" className="n">
        <b>{count(rootAllocations)}</b>
      </div>
      <div role="cell">
        <Churn id={id} stored={stored} />
      </div>
      <div role="cell" data-term={findings > 0 ? 'findings:>0' : 'findings:0'}>
        <BrokenCell session={session} kinds={kinds} />
      </div>
      <div role="cell" className="n">
        {count(events)}
      </div>
    </div>
  );
}
