// What an import and a check came to, in the words and rows of the view.
import type { CheckReport, ImportedTrace } from '../../api/schema.js';
import { count, plural } from '../../ui/format.js';

export type Verdict = CheckReport['verdicts'][number];
export type Gap = ImportedTrace['gapList'][number];

export interface VerdictClass {
  readonly protocols: readonly string[];
  readonly verdicts: readonly Verdict[];
}

/** By class of protocols that the trace cannot tell apart; the best class first, as the server ranks its verdicts. */
export function classesOf({ verdicts, classes }: CheckReport): VerdictClass[] {
  const rank = new Map(verdicts.map(({ protocol }, i) => [protocol, i]));
  const first = (protocols: readonly string[]): number =>
    Math.min(...protocols.map((protocol) => rank.get(protocol) ?? Infinity));
  return classes
    .toSorted((a, b) => first(a) - first(b))
    .map((protocols) => ({
      protocols,
      verdicts: verdicts.filter(({ protocol }) => protocols.includes(protocol)),
    }));
}

export function gapText({ line, kind, lost, cpu, probe }: Gap): string {
  const many = lost === null ? 'events, nobody knows how many,' : plural(lost, 'event');
  if (kind === 'overrun') return `${many} overwritten before the first line: the oldest of each CPU`;
  if (kind === 'kprobe misses') return `${many} missed by the probe ${probe ?? '?'}, nobody knows where`;
  if (kind === 'damaged') return `line ${count(line)} cannot be read: an event may be missing there`;
  return `${many} lost at line ${count(line)}${cpu >= 0 ? ` on CPU ${cpu}` : ''}`;
}

export function kernelText({ kernel, kernelGiven, uname, layout }: ImportedTrace): string {
  const known = uname ?? kernelGiven ?? kernel;
  if (layout === 'not recognised')
    return known === null ? 'not recognised' : `${known}, layout not recognised`;
  if (layout === 'unverified layout') return `${known}, read as ${kernel}`;
  return known ?? 'not recognised';
}

/** Time of a line: seconds and microseconds as a trace prints it; bare numbers where the clock has no seconds. */
export function lineTime(time: number | null, clock: ImportedTrace['clock']): string {
  if (time === null) return '';
  if (clock !== 'ns' && clock !== 'relative') return count(time);
  return (time / 1e9).toFixed(6);
}
