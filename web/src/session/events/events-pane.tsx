// The events as a table, virtual: position, time, thread, what happened, where. Click goes there; Shift-click on a value (or its
// key, F) filters by it. Copied as two columns it can be pasted into a mail.
import { useVirtualizer } from '@tanstack/react-virtual';
import { type MouseEvent, memo, useEffect, useRef, useState } from 'react';
import { Refused } from '../../api/ask.js';
import { currentToken } from '../../api/token.js';
import { count, time } from '../../ui/format.js';
import { ErrorState } from '../../ui/states.js';
import { type Filter, type FilterName, filtersOf, filtersText, toggled } from './model/filter.js';
import { type EventRow, useFilteredEvents, usePlainEvents } from './use-events.js';

const ROW_HEIGHT = 22;
/** Rows in one scrolled stretch: a browser cannot scroll through ten million. */
const STRETCH = 20_000;
const MAX_COPIED = 2_000;

export interface EventsPaneProps {
  readonly id: string;
  readonly last: number;
  readonly at: number;
  readonly goTo: (position: number) => void;
  readonly filterText: string;
  readonly setFilterText: (text: string) => void;
  /** Where the filtered table begins; null: at the beginning. */
  readonly start: number | null;
  readonly setStart: (start: number | null) => void;
  /** What is copied: a chosen range, else what is seen. */
  readonly range: () => { readonly from: number; readonly to: number };
}

/** First position of the stretch that shows `at`: it moves in halves, so that a step does not move the table. */
export function stretchFor(at: number, last: number): { readonly base: number; readonly span: number } {
  const half = STRETCH / 2;
  const base = Math.max(1, Math.floor((at - half / 2) / half) * half + 1);
  return { base, span: Math.max(0, Math.min(STRETCH, last - base + 1)) };
}

export const EventsPane = memo(function EventsPane({
  id,
  last,
  at,
  goTo,
  filterText,
  setFilterText,
  start,
  setStart,
  range,
}: EventsPaneProps) {
  const filters = filtersOf(filterText);
  const filtered = filters.length > 0;
  const { base, span } = stretchFor(at, last);
  const plain = usePlainEvents(id, base, span);
  const some = useFilteredEvents(id, start ?? 1, filters, last);
  const rows = filtered ? some : plain;
  const box = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => box.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: 12,
  });
  const items = virtual.getVirtualItems();
  const first = items[0]?.index ?? 0;
  const until = items.at(-1)?.index ?? 0;
  const { look } = rows;
  useEffect(() => {
    if (rows.length > 0) look(first, until);
  });
  useEffect(() => {
    if (!filtered && at >= base && at < base + span) virtual.scrollToIndex(at - base);
  }, [at, base, span, filtered, virtual]);
  const add = (name: FilterName, value: string) => {
    setStart(null);
    setFilterText(filtersText(toggled(filters, { name, value })));
  };
  return (
    <section className="pane events" aria-label="Events">
      <div className="ph">
        <h2>Events</h2>
        {filters.map(({ name, value }) => (
          <button
            key={`${name}${value}`}
            type="button"
            className="chip a"
            onClick={() => add(name, value)}
            title="Take this filter away"
          >
            {name}: {value} ×
          </button>
        ))}
        <span className="t3">
          {filtered ? `${count(rows.length)}${some.complete ? '' : '+'} of ${count(last)}` : count(last)}
        </span>
        {filtered && (
          <button type="button" className="btn g s" onClick={() => setStart(start === null ? at : null)}>
            {start === null ? `From ${count(at)} on` : 'From the beginning'}
          </button>
        )}
        <span className="sp" />
        <CopyColumns id={id} range={range} />
      </div>
      <div className="etable" role="table" aria-label="Events" aria-rowcount={filtered ? -1 : last}>
        <div className="erow head" role="row">
          <span role="columnheader" className="n">
            Position
          </span>
          <span role="columnheader" className="n">
            Time
          </span>
          <span role="columnheader">Thread</span>
          <span role="columnheader">Event</span>
          <span role="columnheader">Function @ label</span>
        </div>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolled area must be reachable by keyboard */}
        <div className="scroll" ref={box} role="rowgroup" tabIndex={0} aria-label="Rows">
          {rows.error !== null && <ErrorState error={rows.error} retry={() => look(first, until)} />}
          {filtered && some.complete && rows.length === 0 && <p className="note t3">No event fits.</p>}
          <div role="presentation" style={{ height: virtual.getTotalSize(), position: 'relative' }}>
            {items.map(({ index, start: top }) => (
              <Row
                key={index}
                row={rows.row(index)}
                position={filtered ? null : base + index}
                top={top}
                at={at}
                goTo={goTo}
                add={add}
              />
            ))}
          </div>
        </div>
      </div>
    </section>
  );
});

function Row({
  row,
  position,
  top,
  at,
  goTo,
  add,
}: {
  readonly row: EventRow | undefined;
  readonly position: number | null;
  readonly top: number;
  readonly at: number;
  readonly goTo: (position: number) => void;
  readonly add: (name: FilterName, value: string) => void;
}) {
  const style = { transform: `translateY(${top}px)` };
  if (row === undefined) {
    return (
      <div className="erow" role="row" style={style}>
        <span role="cell" className="n m t3">
          {position === null ? '' : count(position)}
        </span>
        <span role="cell" className="wash" />
      </div>
    );
  }
  const click = (event: MouseEvent) => {
    const cell = (event.target as HTMLElement).closest<HTMLElement>('[data-name]');
    const { name, value } = cell?.dataset ?? {};
    if (event.shiftKey && name !== undefined && value !== undefined) add(name as Filter['name'], value);
    else goTo(row.position);
  };
  const on = row.position === at;
  const subject = `${row.subject.kind}:${row.subject.number}`;
  // Events without words of their own are told as their type and fields; the type stands before them already.
  const told = row.text?.startsWith(`${row.type} `) === true ? row.text.slice(row.type.length + 1) : row.text;
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: J and K move, the position is a button
    <div
      className={on ? 'erow on' : 'erow'}
      role="row"
      aria-current={on ? 'true' : undefined}
      style={style}
      onClick={click}
    >
      <span role="cell" className="n m">
        <button type="button" className="plain" onClick={() => goTo(row.position)}>
          {count(row.position)}
        </button>
      </span>
      <span role="cell" className="n m t2">
        {time(row.timeNs)}
      </span>
      <span role="cell" className="cut" data-name="thread" data-value={row.thread ?? ''}>
        {row.thread ?? ''}
      </span>
      <span role="cell" className="cut" title={`${row.type}: Shift-click filters by what is clicked`}>
        <span className="kind" data-name="type" data-value={row.type}>
          {row.type}
        </span>{' '}
        <span className="t2" data-name="subject" data-value={subject}>
          {told ?? subject}
        </span>
      </span>
      <span role="cell" className="m cut t2" data-name="function" data-value={row.function ?? ''}>
        {row.function === null ? '' : `${row.function} @ `}
        {row.label?.startsWith('inferred') ? <i>≈ {row.label}</i> : row.function === null ? '' : row.label}
      </span>
    </div>
  );
}

function CopyColumns({ id, range }: { readonly id: string; readonly range: EventsPaneProps['range'] }) {
  const [said, setSaid] = useState('');
  const copy = async (): Promise<void> => {
    const wanted = range();
    const from = Math.max(1, Math.floor(wanted.from));
    const to = Math.min(from + MAX_COPIED - 1, Math.ceil(wanted.to) - 1);
    try {
      const token = currentToken();
      const headers = token === null ? {} : { authorization: `Bearer ${token}` };
      const answer = await fetch(`/api/v1/sessions/${id}/exports/columns?from=${from}&to=${to}`, { headers });
      const text = await answer.text();
      if (!answer.ok)
        throw new Refused(answer.status, '', (JSON.parse(text) as { detail: string }).detail, []);
      await navigator.clipboard.writeText(text);
      setSaid(`copied ${count(from)} to ${count(to)}`);
    } catch (error) {
      setSaid(error instanceof Error ? error.message : String(error));
    }
  };
  return (
    <>
      <span className="t3" role="status">
        {said}
      </span>
      <button
        type="button"
        className="btn g s"
        onClick={() => void copy()}
        title={`The chosen range, else what is seen, as two columns of 80 characters; at most ${count(MAX_COPIED)} events`}
      >
        Copy as CPU0 / CPU1
      </button>
    </>
  );
}
