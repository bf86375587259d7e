// A root's life as a bar, and its reference count as a line above it: the same signs where every event is drawn and where only
// what lies between two buckets is known.
import { fitName } from './fit.js';
import type { Lane } from './lanes.js';
import type { Colour, Item, Pattern } from './primitives.js';
import type { Sheet } from './sheet.js';

export interface StateSign {
  readonly colour: Colour;
  readonly pattern: Pattern;
  readonly name: string;
  readonly ink: Colour;
}

/** By number of the state (SCENE_ROOT_STATES of the server). */
export const STATES: readonly StateSign[] = [
  { colour: 'valid', pattern: 'solid', name: 'valid', ink: 'validT' },
  { colour: 'inval', pattern: 'stripes', name: 'invalid', ink: 'invalT' },
  { colour: 'zap', pattern: 'bars', name: 'being zapped', ink: 'zapT' },
  { colour: 'rcu', pattern: 'dots', name: 'waits for RCU', ink: 'rcuT' },
];

/** What is known of the root whose lane it is. */
export interface RootOf {
  readonly root: number;
  readonly vm: number | null;
  readonly role: string;
}

export const barTop = (lane: Lane): number => lane.y + 17;
export const barHeight = (lane: Lane): number => lane.height - 21;

/** Where on the lane a count stands; the highest of the lane reaches its top. */
export function countY(lane: Lane, n: number, most: number): number {
  return lane.y + 14 - (n / Math.max(1, most)) * 9;
}

export function rootItem(lane: Lane, of: RootOf, rest: Omit<Item, 'lane' | 'root'>): Item {
  return { lane: lane.id, root: { number: of.root, vm: of.vm ?? 0 }, ...rest };
}

/** One state from a position to another. @param inferred why it must have begun there, where no line of a trace shows it */
export function stateBar(
  sheet: Sheet,
  lane: Lane,
  of: RootOf,
  { state, from, to }: { readonly state: number; readonly from: number; readonly to: number },
  inferred?: string,
): void {
  if (!sheet.sees(from, to)) return;
  const { colour, pattern, ink } = STATES[state];
  const name = `${inferred === undefined ? '' : '≈ '}${STATES[state].name}`;
  const top = barTop(lane);
  const height = barHeight(lane);
  const x = sheet.x(from);
  const w = Math.max(sheet.finest, sheet.wide(from, to));
  sheet.rect(x, top, w, height, colour, pattern);
  const left = Math.max(0, x);
  const text = fitName(name, Math.min(sheet.width, x + w) - left - 8);
  if (text !== '') sheet.text(left + 6, top + height - 4, text, ink, 'bg1');
  const box = { x, y: top, w, h: height };
  const detail = inferred === undefined ? of.role : `${of.role}; ${inferred}`;
  sheet.item(rootItem(lane, of, { name: `${lane.name} ${name}`, detail, from, to, ...box }));
}

export function freedMark(sheet: Sheet, lane: Lane, freed: number, inferred = false): void {
  if (!sheet.sees(freed, freed + 1)) return;
  sheet.text(
    sheet.x(freed) + 4,
    barTop(lane) + barHeight(lane) - 4,
    `${inferred ? '≈ ' : ''}✕ freed`,
    'freedT',
  );
}

/** An imported trace may not tell a count: then there is a question mark, and no line that would look like one. */
export function unknownCount(sheet: Sheet, lane: Lane, from: number, to: number): void {
  if (!sheet.sees(from, to)) return;
  const x = Math.max(0, sheet.x(from));
  if (Math.min(sheet.width, sheet.x(to)) - x > 9) sheet.text(x + 2, lane.y + 12, '?', 't3', 'bg1');
}
