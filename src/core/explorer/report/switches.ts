// The same counterexample with the fewest context switches that moving whole stretches can give: what is left of them is what
// the bug needs, so it reads as a race and says where a real kernel would have to be delayed.
import type { Model } from '../model.js';
import type { Found } from '../search/found.js';
import { type Block, blocksOf, scheduleOf, stillFound } from './follow.js';

/** Schedules that are tried. */
const MAX_TRIES = 4_000;

export function switchesOf(found: Found): number {
  return Math.max(0, blocksOf(found.schedule).length - 1);
}

/** @param tries schedules that may be followed on the way */
export function fewestSwitches(model: Model, found: Found, tries = MAX_TRIES): Found {
  let best = found;
  let left = tries;
  for (let better = true; better && left > 0; ) {
    better = false;
    const blocks = blocksOf(best.schedule);
    for (const moved of rearranged(blocks)) {
      if (left-- <= 0) break;
      const next = stillFound(model, scheduleOf(moved), best.violation);
      if (next === null || next.schedule.length > best.schedule.length) continue;
      if (switchesOf(next) >= switchesOf(best) && next.schedule.length === best.schedule.length) continue;
      best = next;
      better = true;
      break;
    }
  }
  return best;
}

/** Every order with a stretch less: one is moved to the stretch of its thread before or behind it, or left out. */
function* rearranged(blocks: readonly Block[]): Generator<Block[]> {
  for (let k = blocks.length - 1; k >= 0; k--) {
    const { thread } = blocks[k];
    const rest = [...blocks.slice(0, k), ...blocks.slice(k + 1)];
    const before = lastIndex(rest, thread, k - 1);
    if (before >= 0) yield joined(rest, before, blocks[k], false);
    const behind = rest.findIndex((block, n) => n >= k && block.thread === thread);
    if (behind >= 0) yield joined(rest, behind, blocks[k], true);
    if (k < blocks.length - 1) yield rest;
  }
}

function lastIndex(blocks: readonly Block[], thread: number, from: number): number {
  for (let n = from; n >= 0; n--) if (blocks[n].thread === thread) return n;
  return -1;
}

function joined(blocks: readonly Block[], at: number, block: Block, inFront: boolean): Block[] {
  const { thread, steps } = blocks[at];
  const both = inFront ? [...block.steps, ...steps] : [...steps, ...block.steps];
  return [...blocks.slice(0, at), { thread, steps: both }, ...blocks.slice(at + 1)];
}
