// One session: timeline, state, events and code, all at one position. The address says everything that is seen.
import './session.css';
import { useCallback, useEffect, useRef, useState } from 'react';
import { ask } from '../api/ask.js';
import { useResource } from '../api/resource.js';
import { Link } from '../app/link.js';
import { go, setQuery } from '../app/router.js';
import { useStatus } from '../app/status.js';
import type { ViewProps } from '../app/view-props.js';
import { useRemoved } from '../live/watch.js';
import { around, showing, type Window } from '../timeline/model/window.js';
import { useTimelineData } from '../timeline/timeline-data.js';
import { TimelinePane, timeAt } from '../timeline/timeline-pane.js';
import { count } from '../ui/format.js';
import { type SplitSpec, Splitter, useSplits } from '../ui/splitter.js';
import { useStable } from '../ui/stable.js';
import { EmptyState, ErrorState, Loading } from '../ui/states.js';
import { useTitle } from '../ui/title.js';
import {
  type DialogName,
  dialogOf,
  firstWindow,
  frameOf,
  laneChoiceOf,
  positionOf,
  shutText,
  toggleLane,
  windowOf,
  windowText,
} from './address.js';
import { CodePane } from './code/code-pane.js';
import { EventsPane } from './events/events-pane.js';
import { ForkDialog, NotesDialog } from './here-actions.js';
import { SessionBar } from './session-bar.js';
import { SessionBegins } from './session-begins.js';
import { type SessionData, useSessionData } from './session-data.js';
import { useSessionKeys } from './session-keys.js';
import { RangePane } from './state/range-pane.js';
import { StatePane } from './state/state-pane.js';
import { breakpointOf } from './transport/breakpoint.js';
import { jumpTarget } from './transport/jump.js';
import { LiveBar } from './transport/live-bar.js';
import { TransportBar } from './transport/transport-bar.js';
import { useTravel } from './transport/use-travel.js';

const ADDRESS_MS = 200;
const PLAY_MS = 250;
const SPLITS = {
  state: { variable: '--state', label: 'Width of the state', axis: 'x', min: 240, max: 900 },
  below: { variable: '--below', label: 'Height of events and code', axis: 'y', min: 120, max: 900 },
  code: { variable: '--code', label: 'Width of the code', axis: 'x', min: 200, max: 900 },
} as const satisfies { readonly [name: string]: SplitSpec };

export function SessionView({ rest, query }: ViewProps) {
  const id = rest.split('/')[0];
  const data = useSessionData(id);
  const { session, error, reload, last } = data;
  const [removed, setRemoved] = useState(false);
  const [said, setSaid] = useState('');
  const told = { said, setSaid };
  useRemoved(
    id,
    useCallback(() => setRemoved(true), []),
  );
  useTitle(session === null ? `Session ${id}` : (session.name ?? `${session.scenario} ${id}`));
  if (removed || error !== null) {
    return (
      <div className="session-gone">
        {removed ? (
          <EmptyState title={`Session ${id} was deleted`} />
        ) : (
          <ErrorState error={error as Error} retry={reload} />
        )}
        <Link to="/sessions" className="btn p">
          All sessions
        </Link>
      </div>
    );
  }
  if (session === null) return <Loading what={`session ${id}`} />;
  if (last === 0) {
    return <SessionBegins session={session} state={data.state} sealed={data.sealed} told={told} />;
  }
  return <Opened key={id} id={id} data={data} session={session} query={query} told={told} />;
}

/** Position that a session is opened at: its first finding, else the first root; null: it is not known yet. */
function useFirstPosition(
  id: string,
  wanted: boolean,
  { findings, findingsKnown }: SessionData,
): number | null {
  const first = useResource(wanted && findings.length === 0 ? id : null, (signal) =>
    ask<'Travel_seek'>('GET', `/sessions/${id}/seek`, { query: { from: 0, type: 'RootAllocated' }, signal }),
  );
  if (findings.length > 0) return findings[0].position;
  if (!findingsKnown || (first.data === undefined && first.error === null)) return null;
  return first.data?.position ?? 1;
}

interface OpenedProps {
  readonly id: string;
  readonly data: SessionData;
  readonly session: NonNullable<SessionData['session']>;
  readonly query: URLSearchParams;
  /** What became of the last command to a live session. */
  readonly told: { readonly said: string; readonly setSaid: (said: string) => void };
}

function Opened({ id, data, session, query, told }: OpenedProps) {
  const { last, sealed, findings, milestones, notes } = data;
  const given = positionOf(query.get('at'), last);
  const first = useFirstPosition(id, given === null, data);
  /** A live session that is opened at no position is followed, also past its end: the address says so by naming none. */
  const [live] = useState(!sealed);
  const follow = live && given === null;
  const at = follow ? last : (given ?? Math.min(last, first ?? 1));
  const [seen, setSeen] = useState<Window>(() => firstWindow(query.get('window'), last));
  const [width, setWidth] = useState(900);
  const [playing, setPlaying] = useState(false);
  /** Until it is known where the session is opened, nothing is asked for that would be thrown away. */
  const stop = follow || given !== null || first !== null ? `${id} ${at}` : null;
  const since = positionOf(query.get('since'), last);
  const dialog = dialogOf(query);
  const frame = frameOf(query);
  const thread = query.get('thread');
  /** Where a range was begun by key. */
  const marked = positionOf(query.get('mark'), last);
  const setDialog = (next: DialogName | null) => setQuery({ dialog: next });
  const search = useRef<HTMLInputElement>(null);
  const jumpField = useRef<HTMLInputElement>(null);
  const range = windowOf(query.get('range'), last);

  const setWindow = useCallback((next: Window) => setSeen(next), []);
  // The address follows when the window rests: not a hundred times in a pan.
  const windowNow = windowText(seen);
  const whole = windowNow === `1-${last}`;
  const written = useRef(query.get('window'));
  useEffect(() => {
    const timer = setTimeout(() => {
      written.current = whole ? null : windowNow;
      setQuery({ window: written.current });
    }, ADDRESS_MS);
    return () => clearTimeout(timer);
  }, [windowNow, whole]);
  // An address that somebody else has put there, such as a link, is where to look.
  const asked = query.get('window');
  useEffect(() => {
    if (asked === written.current) return;
    written.current = asked;
    setSeen(firstWindow(asked, last));
  }, [asked, last]);
  // Who looks at all of a session that grows goes on looking at all of it.
  const grown = useRef(last);
  useEffect(() => {
    const before = grown.current;
    grown.current = last;
    if (before === last) return;
    setSeen((now) =>
      now.to >= before
        ? { from: follow && now.from > 1 ? now.from + last - before : now.from, to: last + 1 }
        : now,
    );
  }, [last, follow]);

  const goTo = useCallback(
    (position: number) => {
      setQuery({ at: position, thread: null, frame: null, ...(position === at ? {} : { since: at }) });
      setSeen((now) => showing(now, position, last));
    },
    [at, last],
  );
  const setFollow = (on: boolean) => setQuery(on ? { at: null, since: null } : { at: last });
  const travel = useTravel(id, goTo);
  const timeline = useTimelineData(id, last, seen, width);
  const state = useResource(stop, (signal) =>
    ask<'Travel_state'>('GET', `/sessions/${id}/state`, { query: { at }, signal }),
  );
  const changes = useResource(since === null || stop === null ? null : `${id} ${since} ${at}`, (signal) =>
    ask<'Travel_changes'>('GET', `/sessions/${id}/changes`, { query: { from: since ?? 0, to: at }, signal }),
  );
  const acting = useResource(stop, (signal) =>
    ask<'Events_events'>('GET', `/sessions/${id}/events`, { query: { from: at, to: at, limit: 1 }, signal }),
  );
  const actor = acting.data?.events[0]?.thread ?? null;

  const breakpoint = query.get('break') ?? '';
  const step = (direction: 'forward' | 'backward', sameThread = false) => {
    if (!sameThread || actor === null) {
      const next = direction === 'forward' ? at + 1 : at - 1;
      if (next >= 1 && next <= last) goTo(next);
      return;
    }
    void travel.seek(at, direction, { thread: actor });
  };
  const find = (direction: 'forward' | 'backward') => {
    const wanted = breakpointOf(breakpoint);
    if (wanted === null) search.current?.focus();
    else void travel.seek(at, direction, wanted);
  };
  const jump = (text: string) => {
    const target = jumpTarget(text);
    if (target === null) return;
    if (target.kind === 'position') {
      const position = Math.max(1, Math.min(last, target.value));
      setSeen(around(position, last));
      goTo(position);
      return;
    }
    ask<'Travel_state'>('GET', `/sessions/${id}/state`, { query: { timeNs: target.value } }).then(
      ({ position }) => goTo(Math.max(1, position)),
      () => undefined,
    );
  };
  const latestStep = useRef(step);
  latestStep.current = step;
  useEffect(() => {
    if (!playing) return;
    const timer = setInterval(() => latestStep.current('forward'), PLAY_MS);
    return () => clearInterval(timer);
  }, [playing]);
  useEffect(() => {
    if (at >= last) setPlaying(false);
  }, [at, last]);

  useSessionKeys({
    at,
    last,
    seen,
    range,
    findings,
    setWindow,
    goTo,
    step,
    find,
    play: () => setPlaying(!playing),
    search: () => search.current?.focus(),
    jump: () => jumpField.current?.focus(),
    fork: () => setDialog('fork'),
    note: () => setDialog('note'),
    mark: () => {
      if (marked === null) setQuery({ mark: at });
      else {
        const range = { from: Math.min(marked, at), to: Math.max(marked, at) + 1 };
        setQuery({ mark: null, range: windowText(range) });
      }
    },
    compare: () => go(`/compare?a=${id}`),
    clear: () => {
      travel.stop();
      setPlaying(false);
      setQuery({ mark: null, range: null, path: null });
    },
  });
  const broken = session.verdicts?.filter(({ verdict }) => verdict === 'violated') ?? [];
  useStatus({
    facts: [
      ...(marked === null ? [] : [`range from ${count(marked)}: M again ends it`]),
      sealed ? `digest ${session.digest ?? '—'}` : `${data.state}`,
      session.verdicts === null
        ? `invariants: ${session.kind === 'imported' ? 'see the verdicts of Import' : 'not ended'}`
        : `${session.verdicts.filter(({ checks }) => checks > 0).length} invariants checked, ${broken.length} broken`,
    ],
    command: `state ${id} --at ${at}`,
    keys: [
      ['w', ''],
      ['a', ''],
      ['s', ''],
      ['d', 'zoom, pan'],
      [',', ''],
      ['.', 'step'],
    ],
  });
  // What the panes beside the timeline are given does not change while it is panned.
  const columns = useStable(() => range ?? seen);
  const setPath = useStable((path: string | null) => setQuery({ path }));
  const setFilterText = useStable((filter: string) => setQuery({ filter }));
  const chooseThread = useStable((name: string) => setQuery({ thread: name, frame: null }));
  const setFrame = useStable((next: number) => setQuery({ frame: next === 0 ? null : next }));
  const setStart = useStable((next: number | null) => setQuery({ from: next }));
  const setOnly = useStable((only: boolean) => setQuery({ only: only ? 'changed' : null }));
  const setShut = useStable((names: ReadonlySet<string>) => setQuery({ shut: shutText(names) }));
  const { style, sizes, resize } = useSplits('session');
  const split = (name: keyof typeof SPLITS) => (
    <Splitter spec={SPLITS[name]} size={sizes[SPLITS[name].variable]} resize={resize} />
  );
  return (
    <div className={sealed ? 'session-view' : 'session-view moving'} style={style}>
      <SessionBar
        session={session}
        broken={broken}
        findings={findings}
        notes={notes.data?.notes.length ?? 0}
        goTo={goTo}
        open={setDialog}
      />
      <TransportBar
        at={at}
        last={last}
        timeNs={state.data?.position === at ? state.data.timeNs : timeAt(timeline, at)}
        playing={playing}
        busy={travel.busy}
        said={travel.said || (sealed ? told.said : '')}
        breakpoint={breakpoint}
        setBreakpoint={(text) => setQuery({ break: text })}
        searchField={search}
        jumpField={jumpField}
        goTo={goTo}
        step={step}
        find={find}
        play={() => setPlaying(!playing)}
        jump={jump}
      />
      {!sealed && <LiveBar session={session} last={last} follow={follow} setFollow={setFollow} {...told} />}
      <TimelinePane
        id={id}
        data={timeline}
        window={seen}
        setWindow={setWindow}
        last={last}
        at={at}
        goTo={goTo}
        range={range}
        setRange={(next) => setQuery({ range: next === null ? null : windowText(next) })}
        findings={findings.map(({ position }) => position)}
        milestones={milestones}
        gaps={data.gaps}
        notes={notes.data?.notes.map(({ position }) => position) ?? []}
        choice={laneChoiceOf(query)}
        top={query.get('top')}
        toggle={(set, lane) => toggleLane(query, set, lane)}
        showHidden={() => setQuery({ hidden: null })}
        onWidth={setWidth}
      />
      {range === null ? (
        <StatePane
          id={id}
          at={at}
          known={stop !== null}
          since={since}
          only={query.get('only') === 'changed'}
          setOnly={setOnly}
          shut={query.get('shut')}
          setShut={setShut}
          state={state.data}
          changes={since === null ? undefined : changes.data}
          error={state.error}
          retry={state.reload}
          goTo={goTo}
          path={query.get('path')}
          setPath={setPath}
        />
      ) : (
        <RangePane id={id} range={range} clear={() => setQuery({ range: null })} />
      )}
      {split('state')}
      <EventsPane
        id={id}
        last={last}
        at={at}
        goTo={goTo}
        filterText={query.get('filter') ?? ''}
        setFilterText={setFilterText}
        start={positionOf(query.get('from'), last)}
        setStart={setStart}
        range={columns}
      />
      {split('below')}
      <CodePane
        protocol={session.protocol}
        state={state.data}
        thread={thread ?? actor}
        setThread={chooseThread}
        frame={frame}
        setFrame={setFrame}
      />
      {split('code')}
      {dialog === 'fork' && (
        <ForkDialog id={id} at={at} protocol={session.protocol} close={() => setDialog(null)} />
      )}
      {dialog === 'note' && (
        <NotesDialog
          id={id}
          at={at}
          notes={notes.data?.notes ?? []}
          reload={notes.reload}
          goTo={goTo}
          close={() => setDialog(null)}
        />
      )}
      <div className="hidden" role="status">
        position {count(at)}
      </div>
    </div>
  );
}
