// Waits and critical paths for a terminal or a mail: at most 100 columns.
import type { Place } from '../projections/history.js';
import { callersText, clip, placeText, timeText } from '../projections/place-text.js';
import { NOT_RECORDED } from '../projections/words.js';
import { type CriticalPathAnswer, type PathLink } from './critical-path.js';
import type { Wait, WaitHolder } from './waits.js';

const WIDTH = 100;

export function waitText(wait: Wait): string[] {
  const { thread, what, began, ended, waitedNs, holders, endedBy, alsoWaiting } = wait;
  const long =
    waitedNs === NOT_RECORDED
      ? 'how long is not recorded'
      : waitedNs === null
        ? 'still waiting'
        : timeText(waitedNs);
  const lines = [
    clip(`${thread} waited for ${what}: ${long}`, WIDTH),
    `  from  ${place(began, 8)}`,
    ...callers(began),
  ];
  lines.push(
    ended === NOT_RECORDED
      ? '  to    not recorded at this level'
      : ended === null
        ? '  to    -'
        : `  to    ${place(ended, 8)}`,
  );
  if (holders.length > 0) lines.push('', 'held by:');
  for (const holder of holders) lines.push(...holderText(holder));
  if (endedBy === NOT_RECORDED) lines.push('', 'who let it go on is not recorded at this level');
  else if (endedBy.length > 0) {
    lines.push('', 'it could go on because of:');
    for (const { kind, at } of endedBy) lines.push(`  ${kind.padEnd(12)}${place(at, 14)}`);
  }
  if (alsoWaiting.length > 0) lines.push('', 'others that waited for it:');
  for (const other of alsoWaiting) {
    const since = other.since === null ? '' : `, since position ${other.since.position}`;
    lines.push(`  ${other.thread}, ${other.mode}${since}`);
  }
  return lines;
}

function holderText({ thread, mode, taken, released, heldNs, overtook }: WaitHolder): string[] {
  const long =
    heldNs === NOT_RECORDED
      ? ', how long is not recorded'
      : heldNs === null
        ? ''
        : `, for ${timeText(heldNs)}`;
  const lines = [`  ${thread}, ${mode}${long}${overtook ? ' (took it in between)' : ''}`];
  if (taken === NOT_RECORDED) return lines;
  if (taken !== null) lines.push(`    + ${place(taken, 6)}`, ...callers(taken));
  if (released !== null && released !== NOT_RECORDED) lines.push(`    - ${place(released, 6)}`);
  return lines;
}

export function criticalPathText(answer: CriticalPathAnswer): string[] {
  if (answer.links === NOT_RECORDED)
    return ['not recorded at this level (lifecycle): steps and locks are not kept'];
  const path = answer as Exclude<CriticalPathAnswer, { links: typeof NOT_RECORDED }>;
  const lines = [
    `critical path from position ${path.from} to ${path.to}: ${timeText(path.durationNs)}, ${path.linksSeen} links`,
    `  begins ${place(path.begins, 9)}`,
    `  ends   ${place(path.ends, 9)}`,
    '',
    'by cause:',
    ...path.byCause.map(({ cause, ns, text }) =>
      clip(sum(ns, path.durationNs, `${cause.padEnd(13)} ${text}`), WIDTH),
    ),
    '',
    'by thread:',
    ...path.byThread.map(({ thread, ns }) => sum(ns, path.durationNs, thread)),
    '',
    'by function:',
    ...path.byFunction.map((one) => clip(sum(one.ns, path.durationNs, one.function), WIDTH)),
    '',
    path.links.length < path.linksSeen ? `the last ${path.links.length} links:` : 'links:',
  ];
  for (const link of path.links) lines.push(...linkText(link));
  return lines;
}

function linkText(link: PathLink): string[] {
  const { wake } = link;
  const lines: string[] = [];
  if (wake !== null) {
    const waited = wake.waitedNs > 0 ? `, waited ${timeText(wake.waitedNs)}` : '';
    lines.push(
      clip(
        `    ${wake.kind}: ${link.thread} goes on after ${wake.by.thread} (position ${wake.by.position})${waited}`,
        WIDTH,
      ),
    );
  }
  const where = `${String(link.from).padStart(8)} ${timeText(link.durationNs).padStart(12)}`;
  const cause = link.cause === 'runs' ? '' : `  [${link.cause}]`;
  lines.push(clip(`${where}  ${link.thread.padEnd(9)} ${link.function ?? '(thread ended)'}${cause}`, WIDTH));
  return lines;
}

function sum(ns: number, of: number, what: string): string {
  const share = of === 0 ? 0 : Math.round((1_000 * ns) / of) / 10;
  return `${timeText(ns).padStart(14)} ${share.toFixed(1).padStart(6)} %  ${what}`;
}

function place(of: Place, indent: number): string {
  return clip(placeText(of).trimStart(), WIDTH - indent);
}

function callers(of: Place): string[] {
  const text = callersText(of, WIDTH - 12);
  return text === '' ? [] : [`${' '.repeat(12)}${text}`];
}
