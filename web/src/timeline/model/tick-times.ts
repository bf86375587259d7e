// Virtual times at the ticks of the ruler: where ticks lie close together in time, the first says when it is and the others how
// much later, so that a difference of nanoseconds shows in a session of seconds. Pure.
import { time } from '../../ui/format.js';

/** As many whole digits as a difference is easily read with. */
const UNITS = [
  [1e9, 's'],
  [1e6, 'ms'],
  [1e3, 'µs'],
  [1, 'ns'],
] as const;
/** From how many times the stretch on the time itself says little about where in it a tick is. */
const CLOSE = 50;

/** @param times null: the time there is not known; threads have clocks of their own, so it may go back */
export function tickTimes(times: readonly (number | null)[]): readonly string[] {
  const known = times.filter((ns) => ns !== null);
  const base = known[0];
  if (base === undefined) return times.map(() => ' ');
  const span = Math.max(...known) - Math.min(...known);
  if (span === 0 || base < span * CLOSE) return times.map((ns) => (ns === null ? ' ' : time(ns)));
  const step = span / Math.max(1, known.length - 1);
  let first = true;
  return times.map((ns) => {
    if (ns === null) return ' ';
    if (!first) return difference(ns - base, step);
    first = false;
    return time(ns, step);
  });
}

function difference(ns: number, step: number): string {
  const size = Math.max(Math.abs(ns), 1);
  const [unit, name] = UNITS.find(([of]) => size >= of) ?? UNITS[3];
  const digits = unit === 1 ? 0 : Math.max(0, Math.min(2, Math.ceil(Math.log10(unit / Math.max(1, step)))));
  return `${ns < 0 ? '−' : '+'}${(Math.abs(ns) / unit).toFixed(digits)} ${name}`;
}
