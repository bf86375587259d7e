// The litmus that come with Rootline, by id. They are data of core/scenarios/litmus: a litmus is a scenario, too.
export { findLitmus, LITMUS } from '../../scenarios/litmus/index.js';
export type { BuiltLitmus, Litmus } from '../../scenarios/litmus/litmus.js';
