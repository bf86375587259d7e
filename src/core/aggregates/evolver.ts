// The form of the only code that may write the world: one handler per event type.
import type { World } from './world.js';

/**
 * @param t thread that did it
 * @param n number of the subject
 * @param a,b,c the event's values
 */
export type Evolver = (w: World, t: number, n: number, a: number, b: number, c: number) => void;

/** For events that tell something without changing the world. */
export const tellsOnly: Evolver = () => {};
