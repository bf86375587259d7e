// A counterexample for people: the two steps that had to be ordered, the drawing, the recipe. Its form is counterexample-text.ts.
import type { TracedWorkload } from '../../scenarios/traced/workload.js';
import type { Model, ModelSpec } from '../model.js';
import type { Found } from '../search/found.js';
import { minimise } from '../search/shortest.js';
import type { CounterexampleReport } from './counterexample-text.js';
import { drawFound } from './drawing.js';
import { type FoundRun, foundSession, runFound } from './found-session.js';
import { type Ordering, orderingOf } from './ordering.js';
import { recipeOf } from './recipe.js';
import { fewestSwitches, switchesOf } from './switches.js';

/** Steps at the end that repeat for ever: nothing is moved, and no step breaks anything by itself. Whom they leave out stands in what was found. */
function repeatsText({ schedule, violation }: Found, cycle: number): string {
  const steps = `steps ${schedule.length - cycle + 1} to ${schedule.length} repeat for ever`;
  return violation.kind === 'starvation' ? steps : `${steps}, fair to every thread`;
}

/**
 * Null: the model's steps are not those of the machine, so there is no session and nothing to draw.
 * @param cycle steps at the end of the schedule that repeat for ever
 * @param workload of a recording, where the scenario is made of one
 */
export function reportOf(
  model: Model,
  spec: ModelSpec,
  first: Found,
  cycle = 0,
  workload?: TracedWorkload,
): CounterexampleReport | null {
  if (model.prefix === undefined) return null;
  const repeats = cycle > 0;
  const found = repeats ? first : fewestSwitches(model, minimise(model, first));
  const session = foundSession(model, spec, found, workload);
  if (session === null) return null;
  const run = runFound(session, model.prefix.length, cycle);
  const ordering = repeats ? null : orderingOf(model, found);
  const { violation, schedule } = found;
  return {
    parameters: spec.parameters,
    length: schedule.length,
    cycleStart: repeats ? schedule.length - cycle + 1 : null,
    cyclePosition: positionBehind(run),
    switches: switchesOf(found),
    ordering,
    why: repeats ? repeatsText(found, cycle) : whyText(ordering, violation.rule),
    drawing: drawFound(run, violation.thread),
    recipe: recipeOf(model, spec, found, run, cycle, ordering),
    schedule,
    session,
  };
}

/** Null: it ends, or what repeats leaves no event. */
function positionBehind({ repeatsFrom, columns }: FoundRun): number | null {
  const rows = columns.reduce((sum, { length }) => sum + length, 0);
  return repeatsFrom === null || repeatsFrom >= rows ? null : repeatsFrom + 1;
}

function whyText(ordering: Ordering | null, rule: string): string {
  if (ordering === null) return `no order of two steps avoids it: one thread breaks ${rule} by itself`;
  const { first, second } = ordering;
  return (
    `nothing orders ${first.thread}'s ${first.function} @ ${first.label} behind ` +
    `${second.thread}'s ${second.function} @ ${second.label}: here it comes first; the other way round ${rule} is not broken`
  );
}
