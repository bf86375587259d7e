// A counterexample for people: the two steps that had to be ordered, the drawing, the recipe. Its form is counterexample-text.ts.
import type { TracedWorkload } from '../../scenarios/traced/workload.js';
import type { Model, ModelSpec } from '../model.js';
import type { Found } from '../search/found.js';
import { minimise } from '../search/shortest.js';
import type { CounterexampleReport } from './counterexample-text.js';
import { drawFound } from './drawing.js';
import { foundSession, runFound } from './found-session.js';
import { type Ordering, orderingOf } from './ordering.js';
import { recipeOf } from './recipe.js';
import { fewestSwitches, switchesOf } from './switches.js';

/** Steps at the end that repeat for ever: nothing is moved, and no step breaks anything by itself. */
const REPEATS = 'the last steps repeat for ever, fair to every thread';
/** Whom they leave out stands in what was found. */
const STARVES = 'the last steps repeat for ever';

/**
 * Null: the model's steps are not those of the machine, so there is no session and nothing to draw.
 * @param workload of a recording, where the scenario is made of one
 */
export function reportOf(
  model: Model,
  spec: ModelSpec,
  first: Found,
  repeats = false,
  workload?: TracedWorkload,
): CounterexampleReport | null {
  if (model.prefix === undefined) return null;
  const found = repeats ? first : fewestSwitches(model, minimise(model, first));
  const session = foundSession(model, spec, found, workload);
  if (session === null) return null;
  const run = runFound(session, model.prefix?.length ?? 0);
  const ordering = repeats ? null : orderingOf(model, found);
  const { violation, schedule } = found;
  return {
    parameters: spec.parameters,
    length: schedule.length,
    switches: switchesOf(found),
    ordering,
    why: repeats
      ? found.violation.kind === 'starvation'
        ? STARVES
        : REPEATS
      : whyText(ordering, violation.rule),
    drawing: drawFound(run, violation.thread),
    recipe: recipeOf(model, found, run),
    schedule,
    session,
  };
}

function whyText(ordering: Ordering | null, rule: string): string {
  if (ordering === null) return `no order of two steps avoids it: one thread breaks ${rule} by itself`;
  const { first, second } = ordering;
  return (
    `nothing orders ${first.thread}'s ${first.function} @ ${first.label} behind ` +
    `${second.thread}'s ${second.function} @ ${second.label}: here it comes first; the other way round ${rule} is not broken`
  );
}
