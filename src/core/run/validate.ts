// Holds a simulated run against a recording of the same script: one row for each compared figure and for each compared
// sequence. Pure; texts of recordings come from the caller.
import { Digest } from '../base/digest.js';
import type { Lifecycle, RecordedEvent, ThreadRole } from '../traces/recorded-event.js';
import { type RecordedFigures, recordedFigures } from '../traces/recorded-figures.js';
import {
  ROOT_TOKENS_ONLY,
  rootSequences,
  type SequenceOptions,
  threadSequences,
} from '../traces/recorded-sequences.js';
import type { Recording } from '../traces/recording.js';
import { FIGURE_WORDS, UNCOMPARED_EXITS, type ValidationCase } from './validate-cases.js';

export interface ValidationRow {
  /** Directory name of the recording. */
  readonly kernel: string;
  readonly protocol: string;
  readonly scenario: string;
  readonly figure: string;
  /** A number; of a sequence its length and digest, and where it differs the first token that does. */
  readonly recorded: number | string;
  readonly simulated: number | string;
  readonly ok: boolean;
}

type Sequence = readonly string[];
const NONE: Sequence = [];

/** All rows of one case. */
export function validate(
  wanted: ValidationCase,
  recording: Pick<Recording, 'lifecycle' | 'figures' | 'missedFrees'>,
  simulated: Lifecycle,
): ValidationRow[] {
  const figures = recordedFigures(simulated);
  const rows: ValidationRow[] = [];
  const row = (figure: string, r: number | string, s: number | string, ok: boolean): void => {
    const { kernel, protocol, scenario } = wanted;
    rows.push({ kernel, protocol, scenario, figure, recorded: r, simulated: s, ok });
  };

  for (const figure of wanted.figures) {
    const [r, s] = [recording.figures[figure], figures[figure]];
    row(FIGURE_WORDS[figure], r, s, r === s);
  }
  if (wanted.freeRunning !== true || wanted.figures.includes('npfExits'))
    for (const [reason, r, s] of otherExits(recording.figures, figures))
      row(`${reason} exits`, r, s, r === s);
  const missed = recording.missedFrees;
  const frees = missed === 0 ? 'root frees' : `root frees, of which the probe may have missed ${missed}`;
  const short = figures.rootFrees - recording.figures.rootFrees;
  row(frees, recording.figures.rootFrees, figures.rootFrees, short >= 0 && short <= missed);

  if (wanted.freeRunning === true) return rows;
  for (const [name, r, s] of sequences(wanted, recording.lifecycle, simulated)) {
    const at = firstDifference(r, s);
    row(name, sequenceText(r, at), sequenceText(s, at), at === null);
  }
  return rows;
}

function otherExits(recorded: RecordedFigures, simulated: RecordedFigures): [string, number, number][] {
  const reasons = new Set([...recorded.otherExits.keys(), ...simulated.otherExits.keys()]);
  for (const reason of UNCOMPARED_EXITS) reasons.delete(reason);
  return [...reasons]
    .toSorted()
    .map((reason) => [reason, recorded.otherExits.get(reason) ?? 0, simulated.otherExits.get(reason) ?? 0]);
}

function sequences(
  wanted: ValidationCase,
  recorded: Lifecycle,
  simulated: Lifecycle,
): [string, Sequence, Sequence][] {
  const options: SequenceOptions = { ...ROOT_TOKENS_ONLY, iterators: wanted.iterators };
  const [r, s] = [threadSequences(recorded, options), threadSequences(simulated, options)];
  const out: [string, Sequence, Sequence][] = [];
  for (const thread of rolesOf(r, s)) {
    // Two kworkers can run two items at once: their common order is nobody's, that of each root is.
    if (thread === 'worker' || thread === 'rcu') continue;
    const ofVcpu = thread.startsWith('vcpu');
    if (!ofVcpu && !wanted.wholeOrder) continue;
    out.push([`order of ${thread}: roots`, r.get(thread) ?? NONE, s.get(thread) ?? NONE]);
    if (!ofVcpu) continue;
    const steps = (side: Lifecycle): Sequence => guestSteps(side, thread);
    out.push([`order of ${thread}: exits, faults, SMM, resets`, steps(recorded), steps(simulated)]);
  }
  if (wanted.wholeOrder) {
    out.push([
      'order of the workers, root by root',
      byRoot(recorded, options, true),
      byRoot(simulated, options, true),
    ]);
    out.push([
      'order of all threads, root by root',
      byRoot(recorded, options, false),
      byRoot(simulated, options, false),
    ]);
  }
  return out;
}

function rolesOf(...sides: ReadonlyMap<ThreadRole, Sequence>[]): ThreadRole[] {
  return [...new Set(sides.flatMap((side) => [...side.keys()]))].toSorted();
}

/** The histories of all roots, one after the other by birth. */
function byRoot(lifecycle: Lifecycle, options: SequenceOptions, workersOnly: boolean): Sequence {
  return [...rootSequences(lifecycle, options)]
    .toSorted(([a], [b]) => a - b)
    .flatMap(([, tokens]) => (workersOnly ? tokens.filter((token) => token.startsWith('worker:')) : tokens));
}

const PAGE_BYTES = 4_096;

/** What a vCPU's own thread shows of its guest. Faults by page: the model knows no addresses inside one. */
function guestSteps(lifecycle: Lifecycle, thread: ThreadRole): Sequence {
  return lifecycle.events.flatMap((event) => {
    const token = event.thread === thread ? guestStep(event) : null;
    return token === null ? [] : [token];
  });
}

function guestStep(event: RecordedEvent): string | null {
  switch (event.type) {
    case 'exit':
      return UNCOMPARED_EXITS.includes(event.kind) ? null : `exit ${event.reason}`;
    case 'guestFault': {
      const present = event.present ? ' present' : '';
      return `fault ${event.access}${present} gfn 0x${Math.floor(event.gpa / PAGE_BYTES).toString(16)}`;
    }
    case 'smmEntered':
      return 'smm-enter';
    case 'smmLeft':
      return 'smm-leave';
    case 'contextReset':
      return 'reset';
    default:
      return null;
  }
}

function firstDifference(r: Sequence, s: Sequence): number | null {
  const length = Math.max(r.length, s.length);
  for (let i = 0; i < length; i++) if (r[i] !== s[i]) return i;
  return null;
}

/** Equal texts mean equal sequences. */
function sequenceText(tokens: Sequence, differsAt: number | null): string {
  const digest = new Digest();
  for (const token of tokens) digest.text(token);
  const text = `${tokens.length} tokens, digest ${digest.hex()}`;
  if (differsAt === null) return text;
  return `${text}; token ${differsAt + 1}: ${tokens[differsAt] ?? 'none'}`;
}
