// Reads `event hits missed` lines, the text of tracefs kprobe_profile: the only place that knows how many events a
// kprobe lost (it is skipped when its softirq interrupts another kprobe's handler, and the trace shows nothing).
import { BadInput } from '../base/errors.js';

export interface KprobeProfile {
  readonly missed: ReadonlyMap<string, number>;
  /** Lines of another form, as they stand. */
  readonly malformed: readonly string[];
}

const LINE = /^\s*(\w+)\s+(\d{1,15})\s+(\d{1,15})\s*$/;

export function readKprobeProfile(text: string): KprobeProfile {
  const missed = new Map<string, number>();
  const malformed: string[] = [];
  for (const line of text.split('\n')) {
    if (line.trim() === '') continue;
    const found = LINE.exec(line);
    if (found === null) malformed.push(line);
    else missed.set(found[1] ?? '', Number(found[3]));
  }
  return { missed, malformed };
}

/** What each probe missed; throws BadInput for a text of another form. */
export function kprobeMisses(text: string): ReadonlyMap<string, number> {
  const { missed, malformed } = readKprobeProfile(text);
  const [first] = malformed;
  if (first !== undefined)
    throw new BadInput(
      'kprobe-profile',
      `the kprobe profile has ${malformed.length} lines of another form, the first ${JSON.stringify(first.slice(0, LINE_SHOWN))}; expected the text of tracefs kprobe_profile: lines of event, hits, missed`,
      ['tdp_mmu_free_sp_rcu_callback 182 23'],
    );
  return missed;
}
const LINE_SHOWN = 80;

/** Upper bound of the root frees that a recording can be short of: the probe fires for children's tables as well. */
export function missedFrees(profile: KprobeProfile): number {
  return profile.missed.get('tdp_mmu_free_sp_rcu_callback') ?? 0;
}
