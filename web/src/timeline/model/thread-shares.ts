// Where a thread's time goes, bucket by bucket: guest, SMM, waits and host kernel as parts of a strip; what is left free is idle.
import type { Timeline } from '../../api/schema.js';
import type { Colour, Pattern } from './primitives.js';
import type { Sheet } from './sheet.js';

type Shares = readonly number[];

/** Of the server's shares, from the bottom of the strip; the host kernel is what they leave. */
const PARTS: readonly (readonly [share: number | null, colour: Colour, pattern: Pattern, name: string])[] = [
  [0, 'guest', 'solid', 'guest'],
  [1, 'smm', 'solid', 'SMM'],
  [2, 'wait', 'hatch', 'waits for a lock'],
  [null, 'host', 'solid', 'host kernel'],
];
const IDLE = 3;
/** Heights are told apart in steps of this. */
const STEP_PX = 0.5;

export interface Stretch {
  readonly from: number;
  readonly to: number;
  readonly time: Shares | null;
}

function partOf(time: Shares, share: number | null): number {
  if (share !== null) return time[share];
  return Math.max(0, 1_000 - time.reduce((sum, part) => sum + part, 0));
}

export function sharesText(time: Shares | null): string {
  if (time === null) return '';
  const parts = PARTS.map(([share, , , name]) => [name, partOf(time, share)] as const);
  return [...parts, ['idle', time[IDLE]] as const]
    .filter(([, part]) => part >= 5)
    .map(([name, part]) => `${name} ${Math.round(part / 10)} %`)
    .join(', ');
}

/** Of two neighbours, by how long each lasts. */
export function joinShares(a: Shares | null, aNs: number, b: Shares | null, bNs: number): Shares | null {
  if (a === null || b === null) return a ?? b;
  const total = aNs + bNs;
  return total === 0 ? a : a.map((part, k) => Math.round((part * aNs + b[k] * bNs) / total));
}

/** How long a bucket lasts on the clock. */
export function lengthNs({ fromTimeNs, toTimeNs }: Timeline['buckets'][number]): number {
  return Math.max(1, toTimeNs - fromTimeNs);
}

interface Run {
  readonly from: number;
  readonly to: number;
  readonly heights: readonly number[];
}

function runsOf(stretches: readonly Stretch[], height: number): Run[] {
  const px = (part: number): number => Math.round((part / 1_000) * (height / STEP_PX)) * STEP_PX;
  const runs: Run[] = [];
  for (const { from, to, time } of stretches) {
    if (time === null) continue;
    const heights = PARTS.map(([share]) => px(partOf(time, share)));
    const before = runs.at(-1);
    if (before?.to === from && before.heights.every((h, k) => h === heights[k])) {
      runs[runs.length - 1] = { ...before, to };
    } else runs.push({ from, to, heights });
  }
  return runs;
}

/** The last that were made of the same stretches: a pan asks for them in every frame. */
const made = new WeakMap<readonly Stretch[], { readonly height: number; readonly runs: readonly Run[] }>();

export function drawShares(sheet: Sheet, stretches: readonly Stretch[], y: number, height: number): void {
  let known = made.get(stretches);
  if (known?.height !== height) {
    known = { height, runs: runsOf(stretches, height) };
    made.set(stretches, known);
  }
  for (const { from, to, heights } of known.runs) {
    if (!sheet.sees(from, to)) continue;
    const x = sheet.x(from);
    const w = Math.max(sheet.finest, sheet.wide(from, to));
    let bottom = y + height;
    for (let k = 0; k < PARTS.length; k++) {
      if (heights[k] === 0) continue;
      bottom -= heights[k];
      sheet.rect(x, bottom, w, heights[k], PARTS[k][1], PARTS[k][2]);
    }
  }
}
