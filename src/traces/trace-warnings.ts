// What is wrong with a trace, or missing from it, in sentences with line numbers: what could be used was used, and this says
// what could not.
import type { TraceDocument } from './trace-messages.js';

/** Lines that a sentence names. */
const LINES_SHOWN = 5;

export function warningsOf(of: Omit<TraceDocument, 'warnings'>): string[] {
  const out: string[] = [];
  const say = (when: boolean, text: () => string): void => {
    if (when) out.push(text());
  };
  if (of.broken !== null) out.push(`${of.broken}; the ${of.lines} lines before that were used`);
  say(of.broken === null && of.missing > 0, () => {
    return `the header says ${of.missing} entries more than the text has: lines were taken out, or its end is missing`;
  });
  say(of.layout === 'unverified layout', () => {
    return `unverified layout: kernel ${of.kernelGiven} was never recorded; it is read as ${of.kernel}, the nearest that was`;
  });
  say(of.layout === 'not recognised', () => {
    return 'the layout of no recorded kernel was recognised: references are not counted; --kernel VERSION says which it is';
  });
  const damaged: number[] = [];
  for (const { line, kind, lost, cpu, probe } of of.gapList) {
    const many = lost === null ? 'an unknown number of events' : `${lost} events`;
    if (kind === 'lost')
      out.push(`line ${line}: ${many} lost on CPU ${cpu}; what is counted is unknown from there on`);
    else if (kind === 'overrun')
      out.push(
        `header: the ring buffer overwrote ${many}, the oldest of each CPU; what is counted is unknown there`,
      );
    else if (kind === 'damaged') damaged.push(line);
    else out.push(`the probe ${probe} missed ${many}, at places that nothing tells`);
  }
  say(damaged.length > 0, () => {
    const shown = damaged.slice(0, LINES_SHOWN).join(', ');
    return `an event may be missing at line ${shown}${damaged.length > LINES_SHOWN ? ` and ${damaged.length - LINES_SHOWN} more` : ''}: what is counted is unknown from there on`;
  });
  const malformed = Object.entries(of.malformed);
  say(malformed.length > 0, () => {
    const reasons = malformed.map(([reason, n]) => `${n} ${reason}`).join(', ');
    const first = of.malformedShown[0];
    const where =
      first === undefined ? '' : `, first at line ${first.line}: ${JSON.stringify(first.text.slice(0, 80))}`;
    return `lines that no layout reads: ${reasons}${where}`;
  });
  const { firstUndecodable } = of;
  if (firstUndecodable !== null) {
    const { line, event, field } = firstUndecodable;
    out.push(
      `${of.undecodable} events lack a field, first at line ${line}: ${event} has no readable ${field}`,
    );
  }
  say(of.unknown > 0, () => {
    const names = Object.entries(of.unknownEvents)
      .sort(([, a], [, b]) => b - a)
      .slice(0, 5);
    const said = names.map(([name, n]) => `${name} (${n})`).join(', ');
    return `${of.unknown} lines of unknown events, first at line ${of.firstUnknownLine}: ${said}`;
  });
  say(of.otherClockLine > 0, () => {
    return `line ${of.otherClockLine}: times of another clock than before; the order of the lines was kept`;
  });
  say(of.timesBackwards > 0, () => {
    return `${of.timesBackwards} times go backwards on their task, first at line ${of.firstBackwardsLine}; the order of the lines was kept`;
  });
  say(of.openWalks > 0, () => `${of.openWalks} calls of tdp_mmu_next_root never return`);
  const { roots, leftOut } = of;
  say(roots.putsDisagree > 0, () => {
    return `${roots.putsDisagree} of ${roots.putsCompared} printed refcounts differ from the counted ones, first at line ${roots.firstDisagreeLine}; the counted ones were kept`;
  });
  say(
    roots.rootsFound > 0,
    () => `${roots.rootsFound} roots were there before the trace, or their birth was lost`,
  );
  for (const [what, n] of Object.entries(leftOut)) if (n > 0) out.push(`${n} ${what} too many: left out`);
  return out;
}
