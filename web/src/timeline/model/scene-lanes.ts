// A scene on its lanes: every slice, wait, state, count, holder and arrow. A slice that moves a root has the colour of the state
// it moves the root to; all other kernel slices stay grey.
import type { Scene } from '../../api/schema.js';
import { drawArrows } from './arrows.js';
import { fitName } from './fit.js';
import { type Lane, ROW } from './lanes.js';
import type { Colour } from './primitives.js';
import { countY, freedMark, stateBar, unknownCount } from './root-bar.js';
import { drawRules } from './rules.js';
import type { Sheet } from './sheet.js';

const MODE_HEIGHT = 6;
/** An event is marked where it is at least so wide. */
const MARK_FROM_PX = 2.5;

const MODES: readonly (readonly [Colour, string])[] = [
  ['guest', 'guest'],
  ['smm', 'guest in SMM'],
  ['smm', 'SMM'],
];
const MOVES: { readonly [type: string]: Colour } = {
  RootAllocated: 'valid',
  RootResurrected: 'valid',
  RootInvalidated: 'inval',
  RootZapStarted: 'zap',
  RootZapFinished: 'zap',
  RootFreeQueued: 'rcu',
  RootFreed: 'freed',
  FreedPageTouched: 'bad',
};

/** By thread: colours of its slices, by index; undefined stays grey. Made once for a scene. */
const coloursOf = new WeakMap<Scene, ReadonlyMap<number, readonly (Colour | undefined)[]>>();

function sliceColours(scene: Scene): ReadonlyMap<number, readonly (Colour | undefined)[]> {
  const known = coloursOf.get(scene);
  if (known !== undefined) return known;
  const moves: [number, number, Colour][] = [];
  scene.typeOf.forEach((type, i) => {
    const colour = MOVES[scene.types[type]];
    if (colour !== undefined) moves.push([scene.threadOf[i], scene.from + i, colour]);
  });
  const made = new Map<number, (Colour | undefined)[]>();
  for (const { thread, slices } of scene.threads) {
    const colours: (Colour | undefined)[] = [];
    for (const [of, at, colour] of moves) {
      if (of !== thread) continue;
      let deepest = -1;
      for (let i = 0; i < slices.length; i += 4) {
        if (slices[i + 2] <= at && at < slices[i + 3] && (deepest < 0 || slices[i + 1] > slices[deepest + 1]))
          deepest = i;
      }
      if (deepest >= 0) colours[deepest / 4] = colour;
    }
    made.set(thread, colours);
  }
  coloursOf.set(scene, made);
  return made;
}

export function drawScene(sheet: Sheet, scene: Scene, lanes: readonly Lane[]): void {
  const colours = sliceColours(scene);
  const names = new Map(scene.threads.map(({ thread, name }) => [thread, name]));
  drawRules(sheet, scene.updates);
  for (const lane of lanes) {
    if (lane.kind === 'thread') {
      const thread = scene.threads.find((one) => one.thread === lane.number);
      if (thread !== undefined) threadLane(sheet, scene, thread, lane, colours.get(lane.number) ?? []);
    } else if (lane.kind === 'lock') {
      const lock = scene.locks.find((one) => one.lock === lane.number);
      if (lock !== undefined) lockLane(sheet, lock, lane, names);
    } else {
      const root = scene.roots.find((one) => one.root === lane.number);
      if (root !== undefined) rootLane(sheet, root, lane, inferredOf(scene));
    }
  }
  drawArrows(sheet, arrowsOf(scene), lanes);
}

/** By position, why an event must have happened that no line shows. Made once for a scene. */
const reasonsOf = new WeakMap<Scene, ReadonlyMap<number, string>>();

function inferredOf(scene: Scene): ReadonlyMap<number, string> {
  const known = reasonsOf.get(scene);
  if (known !== undefined) return known;
  const made = new Map<number, string>();
  for (let i = 0; i < scene.inferred.length; i += 2)
    made.set(scene.inferred[i], scene.reasons[scene.inferred[i + 1]]);
  reasonsOf.set(scene, made);
  return made;
}

function threadLane(
  sheet: Sheet,
  scene: Scene,
  thread: Scene['threads'][number],
  lane: Lane,
  colours: readonly (Colour | undefined)[],
): void {
  const { modes, slices, waits } = thread;
  for (let i = 0; i < modes.length; i += 3) {
    const [mode, from, to] = [modes[i], modes[i + 1], modes[i + 2]];
    if (!sheet.sees(from, to)) continue;
    const [colour, name] = MODES[mode];
    const w = sheet.wide(from, to);
    if (w < sheet.finest) continue;
    sheet.rect(sheet.x(from), lane.y + 1, w, MODE_HEIGHT, colour);
    sheet.item({
      lane: lane.id,
      name,
      detail: '',
      from,
      to,
      x: sheet.x(from),
      y: lane.y,
      w,
      h: MODE_HEIGHT + 2,
    });
  }
  const top = lane.y + MODE_HEIGHT + 3;
  // Within one row slices come in order: what would fall on the pixel before it is left out.
  const drawnTo: number[] = [];
  for (let i = 0; i < slices.length; i += 4) {
    const [fn, depth, from, to] = [slices[i], slices[i + 1], slices[i + 2], slices[i + 3]];
    if (!sheet.sees(from, to)) continue;
    if (depth < lane.skip) continue;
    const row = lane.folded ? 0 : depth - lane.skip;
    const x = sheet.x(from);
    const w = sheet.wide(from, to);
    const moved = colours[i / 4];
    if (lane.folded && moved === undefined && depth > lane.skip) continue;
    if (moved === undefined && w < sheet.finest && x < (drawnTo[row] ?? -1)) continue;
    drawnTo[row] = x + Math.max(sheet.finest, w);
    const y = top + row * ROW;
    const wide = Math.max(w - (w > 3 ? 1 : 0), sheet.finest);
    sheet.rect(x, y, wide, ROW - 1, moved ?? (depth % 2 === 0 ? 'host' : 'host2'));
    const name = scene.functions[fn];
    const left = Math.max(0, x);
    const text = fitName(name, Math.min(sheet.width, x + w) - left);
    if (text !== '') sheet.text(left + 3, y + ROW - 4, text, moved === undefined ? 'hostInk' : 'onFill');
    sheet.item({ lane: lane.id, name, detail: `depth ${depth}`, from, to, x, y, w: wide, h: ROW - 1 });
  }
  for (let i = 0; i < waits.length; i += 4) {
    const [from, to] = [waits[i + 2], waits[i + 3]];
    if (!sheet.sees(from, to)) continue;
    const w = sheet.wide(from, to);
    const h = lane.height - MODE_HEIGHT - 6;
    sheet.rect(sheet.x(from), top, w, h, 'wait', 'hatch');
    const lock = scene.locks.find((one) => one.lock === waits[i])?.name ?? `lock ${waits[i]}`;
    const name = `waits for ${lock}, ${waits[i + 1] === 2 ? 'write' : 'read'}`;
    sheet.item({ lane: lane.id, name, detail: '', from, to, x: sheet.x(from), y: top, w, h });
  }
  marks(sheet, scene, thread.thread, lane);
}

function marks(sheet: Sheet, scene: Scene, thread: number, lane: Lane): void {
  const { from, to } = scene;
  // A folded lane has no room below its slices.
  if (lane.folded || sheet.wide(from, to + 1) / (to + 1 - from) < MARK_FROM_PX) return;
  const inferred = inferredOf(scene);
  for (let at = from; at <= to; at++) {
    if (scene.threadOf[at - from] !== thread || !sheet.sees(at, at + 1)) continue;
    const type = scene.types[scene.typeOf[at - from]];
    const colour = MOVES[type] ?? 't3';
    const [x, y] = [sheet.x(at + 0.5), lane.y + lane.height - 5];
    const reason = inferred.get(at);
    if (reason === undefined) {
      sheet.rect(x - 1, y, 2, 4, colour);
      continue;
    }
    // What no line of the trace shows is an empty mark.
    sheet.rect(x - 2, y - 1, 5, 5, colour, 'outline');
    const box = { x: x - 2, y: y - 1, w: 5, h: 5 };
    sheet.item({ lane: lane.id, name: `≈ ${type}`, detail: reason, from: at, to: at + 1, ...box });
  }
}

function rootLane(
  sheet: Sheet,
  root: Scene['roots'][number],
  lane: Lane,
  inferred: ReadonlyMap<number, string>,
): void {
  const { states, counts, freed } = root;
  for (let i = 0; i < states.length; i += 3)
    stateBar(
      sheet,
      lane,
      root,
      { state: states[i], from: states[i + 1], to: states[i + 2] },
      inferred.get(states[i + 1]),
    );
  if (freed !== null) freedMark(sheet, lane, freed, inferred.has(freed));
  for (const at of root.touched) {
    if (sheet.sees(at, at + 1))
      sheet.rect(sheet.x(at), lane.y + 2, Math.max(2, sheet.wide(at, at + 1)), lane.height - 4, 'bad');
  }
  steps(sheet, root, counts, lane);
}

/** The refcount as a step line above the bar; a number where it changes and there is room. */
function steps(sheet: Sheet, root: Scene['roots'][number], counts: readonly number[], lane: Lane): void {
  const end = root.freed ?? Infinity;
  let most = 1;
  for (let i = 1; i < counts.length; i += 2) most = Math.max(most, counts[i]);
  let points: number[] = [];
  let lastText = -Infinity;
  for (let i = 0; i < counts.length; i += 2) {
    const [at, n] = [counts[i], counts[i + 1]];
    const until = Math.min(counts[i + 2] ?? end, end);
    if (!sheet.sees(at, until)) continue;
    if (n < 0) {
      if (points.length > 0) sheet.line(points, 't1', 1);
      points = [];
      unknownCount(sheet, lane, at, until);
      continue;
    }
    const x = Math.max(0, sheet.x(at));
    const right = Math.min(sheet.width, sheet.x(until));
    if (right - x < sheet.finest && points.length > 0 && i + 2 < counts.length) continue;
    points.push(x, countY(lane, n, most), right, countY(lane, n, most));
    if (x - lastText > 14 && right - x > 9) {
      sheet.text(x + 2, lane.y + 12, String(n), 't2', 'bg1');
      lastText = x;
    }
  }
  if (points.length > 0) sheet.line(points, 't1', 1);
}

function lockLane(
  sheet: Sheet,
  lock: Scene['locks'][number],
  lane: Lane,
  names: ReadonlyMap<number, string>,
): void {
  const { holds, waits } = lock;
  let drawnTo = -1;
  for (let i = 0; i < holds.length; i += 4) {
    const [thread, mode, from, to] = [holds[i], holds[i + 1], holds[i + 2], holds[i + 3]];
    if (!sheet.sees(from, to)) continue;
    const x = sheet.x(from);
    const w = Math.max(sheet.finest, sheet.wide(from, to) - 0.5);
    if (w <= sheet.finest && x < drawnTo) continue;
    drawnTo = x + w;
    const write = mode === 2;
    sheet.rect(x, lane.y + 3, w, 11, write ? 'write' : 'read');
    const who = names.get(thread) ?? `thread ${thread}`;
    const text = fitName(`${write ? 'W' : 'R'} ${who}`, w);
    if (text !== '') sheet.text(Math.max(0, x) + 3, lane.y + 12, text, write ? 'bg1' : 'onFill');
    const name = `${lane.name} held for ${write ? 'write' : 'read'} by ${who}`;
    sheet.item({ lane: lane.id, name, detail: '', from, to, x, y: lane.y + 3, w, h: 11 });
  }
  for (let i = 0; i < waits.length; i += 4) {
    const [thread, , from, to] = [waits[i], waits[i + 1], waits[i + 2], waits[i + 3]];
    if (!sheet.sees(from, to)) continue;
    const w = sheet.wide(from, to);
    sheet.rect(sheet.x(from), lane.y + 15, w, 8, 'wait', 'hatch');
    const name = `${names.get(thread) ?? `thread ${thread}`} waits`;
    sheet.item({
      lane: lane.id,
      name,
      detail: lane.name,
      from,
      to,
      x: sheet.x(from),
      y: lane.y + 15,
      w,
      h: 8,
    });
  }
}

function arrowsOf({ arrowKinds, arrows, threadOf, from: first }: Scene) {
  return Array.from({ length: arrows.length / 3 }, (_, k) => {
    const [kind, from, to] = arrows.slice(3 * k, 3 * k + 3);
    const [fromThread, toThread] = [threadOf[from - first], threadOf[to - first]];
    return { kind: arrowKinds[kind], from, to, fromThread, toThread };
  });
}
