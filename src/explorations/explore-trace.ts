// The neighbourhood of a recorded order, searched on the clock. One thread: what is tried depends on what was tried before.
import { BadInput } from '../core/base/errors.js';
import {
  type ExploredTrace,
  type ExploreTraceResult,
  TraceExploration,
  type TraceWindow,
} from '../core/explorer/traced/explore-trace.js';
import { MAX_NEIGHBOUR_PREEMPTIONS } from '../core/explorer/traced/neighbourhood.js';
import type { TracedLine } from '../core/imports/event-codec.js';
import { findProtocol } from '../core/protocols/registry.js';
import { DEFAULT_BOUNDS } from './exploration.js';

/** Steps that all runs take together, where nothing is said and at most. */
export const DEFAULT_TRACE_TRANSITIONS = 50_000_000;
export const MAX_TRACE_TRANSITIONS = 5_000_000_000;
export const DEFAULT_TRACE_PREEMPTIONS = 1;

/** What is asked, but for the lines. */
export interface TraceAsked {
  readonly protocol: string;
  readonly window: TraceWindow;
  readonly preemptions: number;
  readonly transitions: number;
  readonly seconds: number;
}

export interface TraceAskedFor {
  readonly protocol: string;
  /** `A..B`, `A..`, `..B`; left out: the whole recording. */
  readonly window?: string | undefined;
  readonly preemptions?: number | undefined;
  readonly transitions?: number | undefined;
  readonly seconds?: number | undefined;
}

const WINDOW = /^(\d{1,15})?\.\.(\d{1,15})?$/;

/** Throws BadInput for what cannot be asked. */
export function planTrace({
  protocol,
  window,
  preemptions,
  transitions,
  seconds,
}: TraceAskedFor): TraceAsked {
  findProtocol(protocol);
  const lines = WINDOW.exec(window ?? '..');
  if (lines === null)
    throw new BadInput(
      'traced-window',
      `a window is FROM..TO in lines of the trace, as 200..350, got "${window}"`,
    );
  const from = lines[1] === undefined ? 1 : Number(lines[1]);
  const to = lines[2] === undefined ? Number.MAX_SAFE_INTEGER : Number(lines[2]);
  if (from > to)
    throw new BadInput('traced-window', `a window is FROM..TO with FROM up to TO, got "${window}"`);
  return {
    protocol,
    window: { from, to },
    preemptions: within(
      'preemptions',
      preemptions ?? DEFAULT_TRACE_PREEMPTIONS,
      0,
      MAX_NEIGHBOUR_PREEMPTIONS,
    ),
    transitions: within('states', transitions ?? DEFAULT_TRACE_TRANSITIONS, 1, MAX_TRACE_TRANSITIONS),
    seconds: within('seconds', seconds ?? DEFAULT_BOUNDS.seconds, 1, DEFAULT_BOUNDS.seconds),
  };
}

function within(name: string, value: number, least: number, most: number): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new BadInput('explore-option', `${name} is a whole number from ${least} to ${most}, got ${value}`);
}

export interface TraceHooks {
  readonly cancelled?: () => boolean;
  readonly progress?: (transitions: number, seconds: number) => void;
}

export interface TimedTraceResult extends ExploreTraceResult {
  readonly seconds: number;
  readonly transitionsPerSecond: number;
}

/** Between two looks at the event loop. */
const SLICE_MS = 50;

export async function exploreTrace(
  asked: TraceAsked,
  lines: readonly TracedLine[],
  { cancelled, progress }: TraceHooks = {},
): Promise<Omit<ExploredTrace, 'result'> & { readonly result: TimedTraceResult }> {
  const { protocol, window, preemptions, transitions } = asked;
  const began = performance.now();
  const exploration = new TraceExploration({
    lines,
    window,
    protocol: findProtocol(protocol),
    preemptions,
    transitions,
  });
  let rested = began;
  for (const _ of exploration.run()) {
    const now = performance.now();
    const late = now - began > asked.seconds * 1_000;
    if (late || cancelled?.() === true) {
      exploration.stop(late ? 'seconds' : 'cancelled');
      break;
    }
    if (now - rested < SLICE_MS) continue;
    progress?.(exploration.transitions, (now - began) / 1_000);
    await new Promise<void>((resolve) => setImmediate(resolve));
    rested = performance.now();
  }
  const { result, session } = exploration.end();
  const seconds = (performance.now() - began) / 1_000;
  return {
    result: {
      ...result,
      seconds,
      transitionsPerSecond: Math.round(result.transitions / Math.max(seconds, 0.001)),
    },
    session,
  };
}
