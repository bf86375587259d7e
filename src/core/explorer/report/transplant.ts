// A found schedule under another protocol: does it still violate, or where does it stop being possible? Steps are not counted,
// for another protocol has others: each thread is run to where it stood when it was left, place by place.
import { findScenario } from '../../scenarios/library.js';
import type { Litmus } from '../litmus/litmus.js';
import { type Model, type ModelSpec, STEP } from '../model.js';
import type { Found, ScheduleStep } from '../search/found.js';
import { blocksOf, runOut } from './follow.js';
import { hasPlace, type Place } from './found-session.js';

/** Steps of one thread on the way to one place; more means that it does not come there. */
const MAX_STEPS_TO_PLACE = 5_000;

export interface Transplanted {
  readonly protocol: string;
  /**
   * `violates`: a rule is broken on the way or at the end. `impossible`: a thread does not come where it stood. `harmless`: all
   * of it is possible, and nothing is broken, nor when everybody then goes on to the end one after the other.
   */
  readonly outcome: 'violates' | 'impossible' | 'harmless';
  /** One line. */
  readonly text: string;
  /** Context switches that were made the same way. */
  readonly switches: number;
  readonly thread: string | null;
  readonly function: string | null;
  readonly label: string | null;
  readonly rule: string | null;
}

/** Where a stretch ends: the thread stands there for the n-th time since the stretch began; no place: it has ended. */
interface Goal {
  readonly thread: number;
  readonly place: Place | null;
  readonly arrivals: number;
  /** The step there is taken, too: it violates, or what the thread stood before behind it is not known here. */
  readonly past: boolean;
}

export function transplant(litmus: Litmus, spec: ModelSpec, found: Found, protocol: string): Transplanted {
  const other = litmus.build({ ...spec, protocol });
  const { constants } = findScenario(spec.litmus).build(spec.parameters);
  const goals = goalsOf(litmus.build(spec), found.schedule, hasPlace(protocol, constants));
  other.reset();
  for (const [n, goal] of goals.entries()) {
    const stopped = goal === null ? null : reach(other, goal);
    if (stopped === null) continue;
    if (stopped === 'violated') {
      const { rule, function: name, label } = other.violation();
      const same = rule === found.violation.rule ? 'the same rule' : 'another rule';
      const at = { thread: other.threads[goal!.thread].name, function: name, label };
      return {
        protocol,
        outcome: 'violates',
        text: `under ${protocol} it breaks ${rule}, ${same}: ${at.thread} in ${name} @ ${label}`,
        switches: n,
        ...at,
        rule,
      };
    }
    return impossible(other, protocol, goal!, stopped, n);
  }
  const left = runOut(other);
  const switches = Math.max(0, goals.length - 1);
  const nowhere = { thread: null, function: null, label: null };
  if (left === null) {
    const text = `under ${protocol} it is possible to the end, and nothing is broken`;
    return { protocol, outcome: 'harmless', text, switches, ...nowhere, rule: null };
  }
  return {
    protocol,
    outcome: 'violates',
    text: `under ${protocol} it is possible to the end, and what comes of it breaks ${left.rule}: ${left.what}`,
    switches,
    thread: other.threads[left.thread].name,
    function: left.function,
    label: left.label,
    rule: left.rule,
  };
}

/** For each stretch its goal; null: nothing of it is known to the other protocol. */
function goalsOf(
  model: Model,
  schedule: readonly ScheduleStep[],
  has: (place: Place) => boolean,
): (Goal | null)[] {
  const blocks = blocksOf(schedule);
  model.reset();
  return blocks.map(({ thread, steps }, n) => {
    const last = n === blocks.length - 1;
    const stood: (Place | null)[] = [model.where(thread)[0] ?? null];
    for (const { choice } of steps) {
      if (model.step(thread, choice) === STEP.violated) break;
      stood.push(model.where(thread)[0] ?? null);
    }
    // The last one that both know; where the violating step is, the thread stands before it.
    for (let k = stood.length - 1; k >= 0; k--) {
      const place = stood[k];
      if (place !== null && !has(place)) continue;
      const arrivals = stood.slice(1, k + 1).filter((one) => isAt(one, place)).length;
      // Whoever took the step there takes it here, whatever the other protocol has behind it.
      return { thread, place, arrivals, past: last || k < stood.length - 1 };
    }
    return null;
  });
}

function isAt(one: Place | null, place: Place | null): boolean {
  return one === null || place === null
    ? one === place
    : one.function === place.function && one.label === place.label;
}

/** Null: it came there. */
function reach(model: Model, { thread, place, arrivals, past }: Goal): 'violated' | 'waits' | 'ended' | null {
  let left = arrivals;
  for (let n = 0; n < MAX_STEPS_TO_PLACE; n++) {
    const here = model.where(thread)[0] ?? null;
    if (left <= 0 && (arrivals > 0 || isAt(here, place) || !past)) {
      if (!past) return null;
      if (model.choices(thread) === 0) return 'waits';
      return model.step(thread, 0) === STEP.violated ? 'violated' : null;
    }
    if (model.choices(thread) === 0) return here === null ? 'ended' : 'waits';
    if (model.step(thread, 0) === STEP.violated) return 'violated';
    if (isAt(model.where(thread)[0] ?? null, place)) left--;
  }
  return 'ended';
}

function impossible(
  model: Model,
  protocol: string,
  { thread, place, past }: Goal,
  why: 'waits' | 'ended',
  switches: number,
): Transplanted {
  const { name } = model.threads[thread];
  const [here] = model.where(thread);
  const wanted = place === null ? 'its end' : `${place.function} @ ${place.label}`;
  const then =
    why === 'ended' || here === undefined
      ? 'it ends without'
      : `it waits in ${here.function} before ${here.label}`;
  return {
    protocol,
    outcome: 'impossible',
    text: `under ${protocol} it stops being possible behind ${switches} switches: ${name} does not ${past ? 'get past' : 'come to'} ${wanted}: ${then}`,
    switches,
    thread: name,
    function: here?.function ?? null,
    label: here?.label ?? null,
    rule: null,
  };
}
