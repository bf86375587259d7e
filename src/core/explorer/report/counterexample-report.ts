// A counterexample for people: the two steps that had to be ordered, the drawing, the recipe. Plain data and its text.
import type { Model, ModelSpec } from '../model.js';
import type { Found, ScheduleStep } from '../search/found.js';
import { drawFound } from './drawing.js';
import { type FoundSession, foundSession, runFound } from './found-session.js';
import { type Ordering, orderingOf } from './ordering.js';
import { type Recipe, recipeOf } from './recipe.js';
import { fewestSwitches, switchesOf } from './switches.js';

export interface CounterexampleReport {
  /** The smallest parameters with which the same thing is broken; what follows is about them. */
  readonly parameters: { readonly [name: string]: number };
  readonly length: number;
  readonly switches: number;
  readonly ordering: Ordering | null;
  /** One line. */
  readonly why: string;
  /** Two columns, 80 characters. */
  readonly drawing: readonly string[];
  readonly recipe: Recipe;
  readonly schedule: readonly ScheduleStep[];
  /** What its session is asked for with. */
  readonly session: FoundSession;
}

/** Steps at the end that repeat for ever: nothing is moved, and no step breaks anything by itself. */
const REPEATS = 'the last steps repeat for ever, fair to every thread';

/** Null: the model's steps are not those of the machine, so there is no session and nothing to draw. */
export function reportOf(
  model: Model,
  spec: ModelSpec,
  first: Found,
  repeats = false,
): CounterexampleReport | null {
  if (model.prefix === undefined) return null;
  const found = repeats ? first : fewestSwitches(model, first);
  const session = foundSession(model, spec, found);
  if (session === null) return null;
  const run = runFound(session, model.prefix?.length ?? 0);
  const ordering = repeats ? null : orderingOf(model, found);
  const { violation, schedule } = found;
  return {
    parameters: spec.parameters,
    length: schedule.length,
    switches: switchesOf(found),
    ordering,
    why: repeats ? REPEATS : whyText(ordering, violation.rule),
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

export function reportText(report: CounterexampleReport): string[] {
  const { recipe } = report;
  const until = (delay: Recipe['delays'][number]): string =>
    delay.until.map((at) => `${at.thread} has passed ${at.function} @ ${at.label}`).join(', ');
  return [
    report.why,
    '',
    ...report.drawing,
    '',
    'on a real kernel:',
    ...recipe.calls.map((call) => `  ${call}`),
    ...recipe.delays.map(
      (delay) => `  delay ${delay.thread} in ${delay.function} before ${delay.label} until ${until(delay)}`,
    ),
    `  expect ${recipe.splat}`,
    ...(recipe.bug === null ? [] : [`  this is ${recipe.bug}`]),
  ];
}
