// Reads `event hits missed` lines, the text of tracefs kprobe_profile: the only place that knows how many events a
// kprobe lost (it is skipped when its softirq interrupts another kprobe's handler, and the trace shows nothing).

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

/** Upper bound of the root frees that a recording can be short of: the probe fires for children's tables as well. */
export function missedFrees(profile: KprobeProfile): number {
  return profile.missed.get('tdp_mmu_free_sp_rcu_callback') ?? 0;
}
