// One frame of the timeline: lanes and data in, primitives out. Where a scene covers the window every event is drawn; else the
// figures of buckets. Never more than MAX_PRIMITIVES: what is narrower than the finest line that still fits is left out.
import type { Scene, Timeline } from '../../api/schema.js';
import { drawBuckets } from './bucket-lanes.js';
import type { Lane, LaneList } from './lanes.js';
import type { Frame } from './primitives.js';
import { drawScene } from './scene-lanes.js';
import { type Place, Sheet } from './sheet.js';
import type { Window } from './window.js';

export const MAX_PRIMITIVES = 20_000;
const FINEST_PX = 0.75;

export interface LayoutInput {
  readonly window: Window;
  readonly width: number;
  readonly height: number;
  /** Of the lanes, from their top. */
  readonly scroll: number;
  readonly lanes: LaneList;
  readonly scene: Scene | null;
  readonly timeline: Timeline | null;
  /** Position whose state is shown. */
  readonly at: number | null;
  readonly findings: readonly number[];
  readonly notes: readonly number[];
  readonly range: Window | null;
  /** Unless positions themselves are the axis. */
  readonly place?: Place;
  /** Where another timeline shares the screen: its part of MAX_PRIMITIVES. */
  readonly most?: number;
}

export function layout(input: LayoutInput): Frame {
  let finest = FINEST_PX;
  const most = input.most ?? MAX_PRIMITIVES;
  for (;;) {
    const sheet = new Sheet(input.window, input.width, input.height, finest, input.place);
    draw(sheet, input);
    if (sheet.primitives.length <= most || finest > input.width) return sheet;
    finest *= 2;
  }
}

function draw(sheet: Sheet, input: LayoutInput): void {
  const { scroll, height, scene, timeline, range } = input;
  const seen = input.lanes.lanes
    .map((lane): Lane => ({ ...lane, y: lane.y - scroll }))
    .filter(({ y, height: h }) => y + h > 0 && y < height);
  if (range !== null) sheet.rect(sheet.x(range.from), 0, sheet.wide(range.from, range.to), height, 'accBg');
  for (const lane of seen) sheet.line([0, lane.y + lane.height, sheet.width, lane.y + lane.height], 'line');
  if (scene !== null) drawScene(sheet, scene, seen);
  else if (timeline !== null) drawBuckets(sheet, timeline, seen);
  for (const position of input.findings) {
    if (!sheet.sees(position, position + 1)) continue;
    const x = sheet.x(position + 0.5);
    sheet.line([x, 0, x, height], 'bad', 1, true);
  }
  if (input.at === null) return;
  const x = sheet.x(input.at + 0.5);
  if (x >= 0 && x <= sheet.width) sheet.line([x, 0, x, height], 'ph', 1.5);
}
