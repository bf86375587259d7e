// Updates of memslots as rules across all lanes: which slot, what became of it, and in which function. Rules that lie on each
// other are one, and it says how many it stands for.
import type { Scene } from '../../api/schema.js';
import { count } from '../../ui/format.js';
import { LETTER_PX } from './fit.js';
import type { Sheet } from './sheet.js';

export type MemslotUpdate = Scene['updates'][number];

/** Closer ones are one rule. */
const APART_PX = 3;
const HOLD_PX = 3;
const LABEL_Y = 10;
/** Of those under one rule, so many are named. */
const NAMED = 4;

export function updateText({ what, vm, asId, slot }: MemslotUpdate): string {
  return `memslot ${slot}${asId === 1 ? ' (SMM)' : ''}${vm === 0 ? '' : ` of VM ${vm}`} ${what}`;
}

function whereText({ function: name, thread }: MemslotUpdate): string {
  return name === null ? thread : `${name} on ${thread}`;
}

export function drawRules(sheet: Sheet, updates: readonly MemslotUpdate[]): void {
  let group: MemslotUpdate[] = [];
  let at = -Infinity;
  let labelledTo = -Infinity;
  const close = (): void => {
    if (group.length === 0) return;
    labelledTo = rule(sheet, group, at, labelledTo);
    group = [];
  };
  for (const update of updates) {
    if (!sheet.sees(update.position, update.position + 1)) continue;
    const x = sheet.x(update.position + 0.5);
    if (x - at >= Math.max(APART_PX, sheet.finest)) {
      close();
      at = x;
    }
    group.push(update);
  }
  close();
}

function rule(sheet: Sheet, group: readonly MemslotUpdate[], x: number, labelledTo: number): number {
  const [first] = group;
  const last = group[group.length - 1];
  sheet.line([x, 0, x, sheet.height], 't3', 1, true);
  const name = group.length === 1 ? updateText(first) : `${count(group.length)} memslot updates`;
  const named = group.slice(0, NAMED).map((one) => `${updateText(one)}, ${whereText(one)}`);
  const more = group.length > NAMED ? [`and ${count(group.length - NAMED)} more`] : [];
  sheet.item({
    lane: 'all',
    name,
    detail: group.length === 1 ? whereText(first) : [...named, ...more].join('; '),
    from: first.position,
    to: last.position + 1,
    x: x - HOLD_PX,
    y: 0,
    w: 2 * HOLD_PX,
    h: sheet.height,
  });
  if (x <= labelledTo) return labelledTo;
  sheet.text(x + 4, LABEL_Y, name, 't2', 'bg1');
  return x + name.length * LETTER_PX + 12;
}

/** Where there are too many to list: how many lie in each stretch. */
export function drawManyRules(
  sheet: Sheet,
  stretches: readonly { readonly from: number; readonly to: number; readonly updates: number }[],
): void {
  let drawnTo = -Infinity;
  for (const { from, to, updates } of stretches) {
    if (updates === 0 || !sheet.sees(from, to + 1)) continue;
    const x = sheet.x((from + to + 1) / 2);
    if (x - drawnTo < Math.max(APART_PX, sheet.finest)) continue;
    drawnTo = x;
    sheet.line([x, 0, x, sheet.height], 't3', 1, true);
    const name = `${count(updates)} memslot update${updates === 1 ? '' : 's'}`;
    const box = { x: x - HOLD_PX, y: 0, w: 2 * HOLD_PX, h: sheet.height };
    sheet.item({ lane: 'all', name, detail: '', from, to: to + 1, ...box });
  }
}
