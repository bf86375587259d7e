// A comparison for terminals and mails: what differs, in columns, then where the sessions part.
import { clip, timeText } from '../projections/place-text.js';
import type { Comparison, PairAlignment } from './comparison.js';
import type { StepPair } from './divergence.js';
import type { OneClock } from './one-clock.js';
import type { RecordedMatch } from './recorded.js';
import type { Cell, SideRow, SideTable } from './side-by-side.js';

const NAME_WIDTH = 30;
const VALUE_WIDTH = 16;
const LISTED_TYPES = 6;

export function comparisonText(comparison: Comparison): string[] {
  const { sessions, all, parameters, metrics, alignments } = comparison;
  const titles = sessions.map(({ id }) => `session ${id}`);
  const out: string[] = sessions.map(
    ({ id, scenario, protocol, seed, recording, events }) =>
      `session ${id}: ${scenario}, ${protocol}, seed ${seed}, ${recording}, ${grouped(events)} stored events`,
  );
  out.push('', ...section('parameters', parameters, titles, all));
  out.push('', ...section('figures', metrics, titles, all));
  if (comparison.clock !== null) out.push('', ...clockText(comparison.clock, sessions));
  for (const alignment of alignments) out.push('', ...alignmentText(alignment));
  return out;
}

function section(what: string, { rows, same }: SideTable, titles: readonly string[], all: boolean): string[] {
  if (rows.length === 0) return [`${what}: all ${same} are the same`];
  const lines: string[] = [];
  lines.push(all ? what : `${what} that differ (${same} are the same)`);
  lines.push([''.padEnd(NAME_WIDTH + 2), ...titles.map((title) => title.padStart(VALUE_WIDTH))].join(' '));
  let group = '';
  for (const row of rows) {
    if (row.group !== group) {
      group = row.group;
      lines.push(`  ${group}`);
    }
    const cells = row.values.map((value) => cellText(value, row).padStart(VALUE_WIDTH));
    lines.push([`    ${row.name}`.padEnd(NAME_WIDTH + 2), ...cells].join(' '));
  }
  return lines;
}

function cellText(value: Cell, { unit }: SideRow): string {
  if (value === null) return '-';
  if (typeof value !== 'number') return clip(String(value), VALUE_WIDTH);
  return unit === 'ns' ? timeText(value) : grouped(value);
}

function alignmentText(alignment: PairAlignment): string[] {
  const { sessions, outcome, reason, by, level, sameOrder, steps, divergence, occurrences } = alignment;
  const [a, b] = sessions;
  const title = `sessions ${a} and ${b}`;
  if (outcome === 'notAligned') return [`${title}: not aligned; ${reason!.text}`];
  const how =
    by === 'steps'
      ? 'step by step'
      : by === 'recorded'
        ? 'by operation, object and occurrence, among what the recording observed'
        : 'by thread, operation, object and occurrence (other procedures)';
  const compared = `${grouped(steps![0])} and ${grouped(steps![1])} steps`;
  const rest = level === 'lifecycle' ? ', lifecycle events only' : '';
  const lines = [`${title}: ${compared} compared ${how}${rest}`];
  if (outcome === 'equal' && by === 'recorded') lines.push('  each step of one has its own in the other');
  else if (outcome === 'equal') {
    lines.push(sameOrder ? '  equal, in the same order' : '  equal, up to the order of steps that commute');
  }
  if (outcome === 'gaveUp') {
    lines.push('  gave up: too many steps of one session waited for their counterpart in the other');
  }
  if (divergence !== null) {
    lines.push(`  first divergence (${divergence.kind}): ${divergence.text}`);
    lines.push(...pairText('last in common', divergence.lastCommon, sessions));
    lines.push(...pairText(`then ${divergence.thread}`, divergence.steps, sessions));
    if (divergence.other !== null)
      lines.push(...pairText('the other step', divergence.other.steps, sessions));
  }
  if (occurrences !== null && outcome !== 'equal') {
    lines.push(`  steps in both, wherever they stand: ${grouped(occurrences.matched)}`);
    for (const side of [0, 1] as const) {
      const only = occurrences.onlyIn[side];
      if (only.length === 0) continue;
      const listed = only.slice(0, LISTED_TYPES).map(({ type, steps: n }) => `${grouped(n)} ${type}`);
      const more = only.length > LISTED_TYPES ? ', ...' : '';
      lines.push(`  only in session ${sessions[side]}: ${listed.join(', ')}${more}`);
    }
  }
  if (alignment.recorded !== undefined) lines.push(...matchesText(alignment.recorded, sessions));
  return lines;
}

function clockText({ origin, zeroNs }: OneClock, sessions: Comparison['sessions']): string[] {
  if (origin === null)
    return ['one clock: the sessions have no first event in common; each begins at its own beginning'];
  const zeros = sessions.map(({ id }, k) => `${timeText(zeroNs[k]!)} of session ${id}`);
  return [
    `one clock: zero is the first ${origin}, ${zeros.join(' and ')}; ns, shifted and not stretched (scale 1)`,
  ];
}

const MATCHES_SHOWN = 12;

/** Matched steps with their times, the first ones. */
function matchesText(
  { matches, matchesLeftOut }: RecordedMatch,
  sessions: readonly [string, string],
): string[] {
  if (matches.length === 0) return [];
  const title = [''.padEnd(44), ...sessions.map((id) => `session ${id}`.padStart(VALUE_WIDTH))].join(' ');
  const rows = matches.slice(0, MATCHES_SHOWN).map(({ type, object, occurrence, timesNs }) => {
    const what = clip(`    ${type}, ${object}, number ${occurrence}`, 44).padEnd(44);
    return [what, ...timesNs.map((ns) => timeText(ns).padStart(VALUE_WIDTH))].join(' ');
  });
  const more = matches.length + matchesLeftOut - rows.length;
  return [
    '  matched, on the one clock',
    title,
    ...rows,
    ...(more > 0 ? [`    ... ${grouped(more)} more`] : []),
  ];
}

function pairText(title: string, pair: StepPair | null, sessions: readonly [string, string]): string[] {
  if (pair === null) return [];
  const lines = [`    ${title}`];
  for (const side of [0, 1] as const) {
    const step = pair[side];
    const where =
      step === null
        ? '-'
        : `${grouped(step.position)} ${timeText(step.timeNs)} ${step.thread} ${step.function ?? '(ended)'} @ ${step.label ?? '-'}: ${step.event}`;
    lines.push(`      ${`session ${sessions[side]}`.padEnd(11)} ${where}`);
  }
  return lines;
}

function grouped(n: number): string {
  return String(n).replace(/\B(?=(\d{3})+$)/g, ',');
}
