// Two timelines on one clock: virtual time, or events since the start. One stretch is seen in both, zoomed and moved together;
// one moment is marked in both, and says which position each session had come to.
import { useCallback, useEffect, useRef, useState } from 'react';
import { ask } from '../api/ask.js';
import type { Comparison } from '../api/schema.js';
import { useKeys } from '../app/keys.js';
import { setQuery } from '../app/router.js';
import type { LaneChoice } from '../timeline/model/lanes.js';
import { tickStep, type Window } from '../timeline/model/window.js';
import { count, time } from '../ui/format.js';
import { ClockLanes } from './clock-lanes.js';
import { type ClockName, stretchOf } from './model/address.js';
import { moved, wholeOf, within, zoomedAt } from './model/stretch.js';

const ZOOM = 0.72;
const PAN = 0.12;
const TICK_PX = 84;
const ADDRESS_MS = 200;
/** Events around the first divergence that are seen at first. */
const BEFORE = 120;
const BEHIND = 360;
const MOST = 0.9;

const STATES: readonly (readonly [string, string])[] = [
  ['v', '■ valid'],
  ['i', '▨ invalid'],
  ['z', '◣ zapping'],
  ['u', '⋯ RCU'],
  ['f', '✕ freed'],
];
const LANE = /^(thread|lock|root)(:\d+)?$/;

export interface TimelinesProps {
  readonly comparison: Comparison;
  readonly other: number;
  readonly clock: ClockName;
  readonly query: URLSearchParams;
  readonly stretch: Window | null;
  readonly setStretch: (stretch: Window | null) => void;
  readonly at: number | null;
  readonly setAt: (at: number | null) => void;
  readonly endOf: number;
}

/** The stretch around the first divergence, in the unit of the clock; null: there is none. */
export async function aroundDivergence(
  comparison: Comparison,
  other: number,
  clock: ClockName,
): Promise<{ readonly stretch: Window; readonly at: number } | null> {
  const { divergence } = comparison.alignments[other - 1];
  const side = divergence?.steps[0] !== null ? 0 : 1;
  const step = divergence?.steps[side] ?? null;
  if (step === null) return null;
  const session = comparison.sessions[side === 0 ? 0 : other];
  const from = Math.max(1, step.position - BEFORE);
  const to = Math.min(session.events, step.position + BEHIND);
  if (clock === 'events') return { stretch: { from, to }, at: step.position };
  const query = { from, to };
  const { timeNs } = await ask<'Travel_scene'>('GET', `/sessions/${session.id}/scene`, { query });
  const times = [...timeNs].sort((a, b) => a - b);
  // A few are stamped far ahead of the others: the end of a grace period.
  const most = times[Math.floor((times.length - 1) * MOST)];
  return { stretch: { from: times[0], to: Math.max(times[0] + 1, most) }, at: step.timeNs };
}

function choiceOf(query: URLSearchParams): LaneChoice {
  const set = (name: string): ReadonlySet<string> =>
    new Set((query.get(name) ?? '').split(',').filter((lane) => LANE.test(lane)));
  return { folded: set('folded'), hidden: set('hidden'), pinned: set('pinned') };
}

export function ClockTimelines(props: TimelinesProps) {
  const { comparison, other, clock, query, at, setAt, endOf, setStretch } = props;
  const seen = within(props.stretch ?? wholeOf(endOf), endOf);
  const [width, setWidth] = useState(800);
  const choice = choiceOf(query);
  // Until somebody chooses, each session's busiest vCPU is folded above its roots.
  const untouched = query.get('folded') === null && query.get('pinned') === null;
  const toggle = (now: LaneChoice, set: keyof LaneChoice, lane: string) => {
    const lanes = new Set(now[set]);
    if (!lanes.delete(lane)) lanes.add(lane);
    const text = (name: keyof LaneChoice) => [...(name === set ? lanes : now[name])].join(',') || 'none';
    setQuery({ folded: text('folded'), pinned: text('pinned'), hidden: text('hidden') });
  };
  const { divergence } = comparison.alignments[other - 1];
  const span = seen.to - seen.from;
  const centre = at !== null && at >= seen.from && at < seen.to ? at : (seen.from + seen.to) / 2;
  const pan = (by: number) => setStretch(moved(seen, by * span, endOf));
  const zoom = (factor: number) => setStretch(zoomedAt(seen, factor, centre, endOf));
  const group = 'Timelines';
  useKeys([
    { key: 'w', label: 'zoom in, both', group, run: () => zoom(ZOOM) },
    { key: 's', label: 'zoom out, both', group, run: () => zoom(1 / ZOOM) },
    { key: 'a', label: 'pan left, both', group, run: () => pan(-PAN) },
    { key: 'd', label: 'pan right, both', group, run: () => pan(PAN) },
    { key: 'Shift+f', label: 'all of both sessions', group, run: () => setStretch(null) },
    { key: 'Escape', label: 'no moment', group, run: () => setAt(null) },
  ]);
  const onWidth = useCallback((next: number) => setWidth(next), []);
  const text = (value: number): string =>
    clock === 'time' ? time(value, span / 100) : count(Math.round(value));
  const x = (value: number): number => ((value - seen.from) / span) * width;
  const step = tickStep(span, width / TICK_PX);
  const first = Math.ceil(seen.from / step) * step;
  const ticks = Array.from(
    { length: Math.max(0, Math.floor((seen.to - first) / step) + 1) },
    (_, i) => first + i * step,
  );
  const parts = (divergence?.steps ?? []).flatMap((one) => {
    if (one === null) return [];
    const value = clock === 'time' ? one.timeNs : one.position;
    return value >= seen.from && value <= seen.to ? [value] : [];
  });
  const sides = [0, other];
  return (
    <section className="pane timelines" aria-label="Timelines on one clock">
      <div className="ph">
        <h2>Timelines, one clock</h2>
        <fieldset className="seg">
          <legend className="hidden">Clock</legend>
          {(
            [
              ['time', 'virtual time'],
              ['events', 'events'],
            ] as const
          ).map(([name, words]) => (
            <button
              key={name}
              type="button"
              aria-pressed={clock === name}
              onClick={() => setQuery({ clock: name === 'time' ? null : name, stretch: null, at: null })}
            >
              {words}
            </button>
          ))}
        </fieldset>
        <button type="button" className="btn g s" onClick={() => setStretch(null)}>
          Whole <kbd>⇧F</kbd>
        </button>
        <span className="sp" />
        {STATES.map(([kind, words]) => (
          <span key={kind} className={`chip ${kind}`}>
            {words}
          </span>
        ))}
      </div>
      <div className="clock-ruler">
        <div className="label t3">{clock === 'time' ? 'virtual time' : 'events'}</div>
        <div className="ticks">
          {ticks.map((tick) => (
            <span key={tick} className="tick" style={{ left: x(tick) }}>
              {text(tick)}
            </span>
          ))}
          {parts.slice(0, 1).map((value) => (
            <span
              key={value}
              className="parted-flag"
              style={{ left: Math.max(0, Math.min(width - 96, x(value))) }}
            >
              ≠ first divergence
            </span>
          ))}
        </div>
      </div>
      {sides.map((side, i) => (
        <ClockLanes
          key={`${comparison.sessions[side].id} ${comparison.sessions[side].events}`}
          session={comparison.sessions[side]}
          index={side}
          clock={clock}
          seen={seen}
          setSeen={setStretch}
          end={endOf}
          at={at}
          setAt={setAt}
          parted={divergence?.steps[i]?.position ?? null}
          choice={untouched ? null : choice}
          toggle={toggle}
          onWidth={onWidth}
        />
      ))}
    </section>
  );
}

/** What is seen, kept in the address when it rests. */
export function useStretch(text: string | null): [Window | null, (next: Window | null) => void] {
  const [stretch, setStretch] = useState<Window | null>(() => stretchOf(text));
  const written = useRef(text);
  useEffect(() => {
    // Somebody else wrote the address: back, or another clock.
    if (text === written.current) return;
    written.current = text;
    setStretch(stretchOf(text));
  }, [text]);
  const now = stretch === null ? null : `${Math.round(stretch.from)}-${Math.round(stretch.to)}`;
  useEffect(() => {
    const timer = setTimeout(() => {
      written.current = now;
      setQuery({ stretch: now });
    }, ADDRESS_MS);
    return () => clearTimeout(timer);
  }, [now]);
  return [stretch, setStretch];
}
