// The keys of a session's view.
import { useKeys } from '../app/keys.js';
import { around, panned, type Window, whole, zoomed } from '../timeline/model/window.js';
import type { Finding } from './session-data.js';

const ZOOM = 0.72;
const PAN = 0.12;

export interface SessionActions {
  readonly at: number;
  readonly last: number;
  readonly seen: Window;
  readonly range: Window | null;
  readonly findings: readonly Finding[];
  readonly setWindow: (window: Window) => void;
  readonly goTo: (position: number) => void;
  readonly step: (direction: 'forward' | 'backward', sameThread?: boolean) => void;
  readonly find: (direction: 'forward' | 'backward') => void;
  readonly play: () => void;
  readonly search: () => void;
  readonly jump: () => void;
  readonly fork: () => void;
  readonly note: () => void;
  readonly mark: () => void;
  readonly compare: () => void;
  readonly clear: () => void;
}

export function useSessionKeys(a: SessionActions): void {
  const { seen, last, at } = a;
  // The playhead stays where it is while it is seen, as the pointer does with a wheel.
  const centre = at >= seen.from && at < seen.to ? at + 0.5 : (seen.from + seen.to) / 2;
  const pan = (by: number) => a.setWindow(panned(seen, by * (seen.to - seen.from), last));
  const finding = (by: 1 | -1) => {
    const positions = a.findings.map(({ position }) => position);
    const next = by > 0 ? positions.find((p) => p > at) : positions.findLast((p) => p < at);
    if (next === undefined) return;
    a.setWindow(around(next, last, Math.min(seen.to - seen.from, 400)));
    a.goTo(next);
  };
  const look = 'Timeline';
  const move = 'Time travel';
  useKeys([
    { key: 'w', label: 'zoom in', group: look, run: () => a.setWindow(zoomed(seen, ZOOM, centre, last)) },
    {
      key: 's',
      label: 'zoom out',
      group: look,
      run: () => a.setWindow(zoomed(seen, 1 / ZOOM, centre, last)),
    },
    { key: 'a', label: 'pan left', group: look, run: () => pan(-PAN) },
    { key: 'd', label: 'pan right', group: look, run: () => pan(PAN) },
    {
      key: 'f',
      label: 'fit the range, or what is around the playhead',
      group: look,
      run: () => a.setWindow(a.range ?? around(at, last)),
    },
    { key: 'Shift+f', label: 'the whole session', group: look, run: () => a.setWindow(whole(last)) },
    { key: '.', label: 'step', group: move, run: () => a.step('forward') },
    { key: ',', label: 'step back', group: move, run: () => a.step('backward') },
    {
      key: 'Shift+>',
      label: 'step of this thread (Shift+.)',
      group: move,
      run: () => a.step('forward', true),
    },
    {
      key: 'Shift+<',
      label: 'step back of this thread (Shift+,)',
      group: move,
      run: () => a.step('backward', true),
    },
    { key: 'j', label: 'next event', group: move, run: () => a.step('forward') },
    { key: 'k', label: 'event before', group: move, run: () => a.step('backward') },
    { key: ' ', label: 'play, or stop', group: move, run: a.play },
    { key: ']', label: 'continue to what is searched', group: move, run: () => a.find('forward') },
    { key: '[', label: 'reverse-continue to it', group: move, run: () => a.find('backward') },
    { key: 'n', label: 'next finding', group: move, run: () => finding(1) },
    { key: 'p', label: 'finding before', group: move, run: () => finding(-1) },
    { key: 'Home', label: 'first event', group: move, run: () => a.goTo(1) },
    { key: 'End', label: 'last event', group: move, run: () => a.goTo(last) },
    { key: 'g', label: 'go to a position or time', group: move, run: a.jump },
    { key: '/', label: 'search, or break at', group: move, run: a.search },
    { key: 'b', label: 'fork here', group: 'Here', run: a.fork },
    { key: 'i', label: 'note here', group: 'Here', run: a.note },
    { key: 'm', label: 'begin a range here, or end it', group: 'Here', run: a.mark },
    { key: 'c', label: 'compare with another session', group: 'Here', run: a.compare },
    { key: 'Escape', label: 'clear the range, stop looking', group: 'Here', run: a.clear },
  ]);
}
