// A model that begins behind the first steps of a schedule: what tells of a counterexample (shortens, orders and draws it) then starts
// where somebody left the recorded order, and steps before it are preparation.
import { type Model, STEP } from '../model.js';

/** @param steps who takes each step from the initial state on */
export function begunAt(model: Model, steps: readonly number[]): Model {
  model.reset();
  for (const t of steps) if (model.step(t, 0) === STEP.violated) model.violation();
  const begin = new Int32Array(model.words);
  model.save(begin, 0);
  return {
    threads: model.threads,
    ...(model.prefix === undefined ? {} : { prefix: [...model.prefix, ...steps] }),
    words: model.words,
    keyWords: model.keyWords,
    reset: () => model.load(begin, 0),
    load: (from, at) => model.load(from, at),
    save: (to, at) => model.save(to, at),
    key: (to) => model.key(to),
    choices: (t) => model.choices(t),
    step: (t, choice) => model.step(t, choice),
    violation: () => model.violation(),
    forced: () => model.forced(),
    ended: () => model.ended(),
    endViolation: () => model.endViolation(),
    where: (t) => model.where(t),
  };
}
