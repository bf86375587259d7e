// One frame of the timeline: lanes and data in, primitives out. Where a scene covers the window every event is drawn; else the
// figures of buckets. Never more than MAX_PRIMITIVES: what is narrower than the finest line that still fits is left out.
import type { Scene, Timeline } from '../../api/schema.js';
import { count } from '../../ui/format.js';
import { drawBuckets } from './bucket-lanes.js';
import type { Lane, LaneList } from './lanes.js';
import type { Frame } from './primitives.js';
import { drawScene } from './scene-lanes.js';
import { type Place, Sheet } from './sheet.js';
import type { Window } from './window.js';

export const MAX_PRIMITIVES = 20_000;
const FINEST_PX = 0.75;

/** A gap of an imported trace stands at a position of its own: nobody knows what happened there, or how long it took. */
export interface Gap {
  readonly position: number;
  /** Null: nobody knows how many events. */
  readonly lost: number | null;
}

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
  /** Where events of an imported trace are missing. */
  readonly gaps?: readonly Gap[];
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
  gaps(sheet, input.gaps ?? [], height);
  for (const position of input.findings) {
    if (!sheet.sees(position, position + 1)) continue;
    const x = sheet.x(position + 0.5);
    sheet.line([x, 0, x, height], 'bad', 1, true);
  }
  if (input.at === null) return;
  const x = sheet.x(input.at + 0.5);
  if (x >= 0 && x <= sheet.width) sheet.line([x, 0, x, height], 'ph', 1.5);
}

const LEAST_GAP_PX = 7;
const TOOTH_PX = 4;
const GAP_LABEL_PX = 70;

/** Torn out of all lanes, with the word: nothing is drawn across it as if it were known. */
function gaps(sheet: Sheet, list: readonly Gap[], height: number): void {
  let drawnTo = -Infinity;
  let labelledTo = -Infinity;
  for (const { position, lost } of list) {
    if (!sheet.sees(position, position + 1)) continue;
    const x = sheet.x(position);
    const w = Math.max(LEAST_GAP_PX, sheet.wide(position, position + 1));
    // Gaps that lie on each other are one tear.
    if (x < drawnTo - LEAST_GAP_PX / 2) continue;
    drawnTo = x + w;
    sheet.rect(x, 0, w, height, 'bg0');
    sheet.rect(x, 0, w, height, 'line2', 'hatch');
    for (const side of [x, x + w]) {
      const edge: number[] = [];
      for (let y = 0, k = 0; y <= height; y += TOOTH_PX, k++) edge.push(side + (k % 2 === 0 ? 0 : 2), y);
      sheet.line(edge, 't3');
    }
    const words = lost === null ? 'lost' : `${count(lost)} lost`;
    if (x > labelledTo) {
      sheet.text(x + w + 4, 10, words, 't1', 'bg1', false);
      labelledTo = x + GAP_LABEL_PX;
    }
    const name = `gap: ${lost === null ? 'events' : `${count(lost)} events`} lost`;
    const detail = 'what is counted is unknown from here on';
    sheet.item({ lane: 'all', name, detail, from: position, to: position + 1, x, y: 0, w, h: height });
  }
}
