// One worker of a shared search, in whatever thread it runs: searches in slices, hands work to who has none, asks for a larger
// table. The first one (index 0) is the driver's; it makes the tables, the others park while it does.
import type { DepthFirst } from '../core/explorer/search/depth-first.js';
import { CONTROL, type CrewMemory, FIGURES, MAIL, PAUSE, STOP, startedAt } from './crew-memory.js';

/** Transitions between two looks at the others. */
const SLICE = 2_000;
/** An idle worker looks around so often, should it have missed a wake-up. */
const LOOK_MS = 2;

export type Turn = 'worked' | 'idle' | 'stopped' | 'pause' | 'violated' | 'bound';

export class Hand {
  private hungry: boolean;

  constructor(
    private readonly index: number,
    private readonly workers: number,
    readonly search: DepthFirst,
    private readonly memory: CrewMemory,
    /** States that fit into the present table, over all workers. */
    public capacity: number,
  ) {
    this.hungry = index !== 0;
  }

  /** One slice of work, or of waiting for some. */
  turn(): Turn {
    const { control } = this.memory;
    if (Atomics.load(control, CONTROL.stop) !== STOP.no) return 'stopped';
    if (Atomics.load(control, CONTROL.pause) !== PAUSE.no) return 'pause';
    if (this.hungry) return this.waitForWork();
    const state = this.search.advance(SLICE);
    this.publish();
    if (state === 'violated' || state === 'bound') return state;
    if (state === 'finished') {
      this.becomeHungry();
      return 'idle';
    }
    if (Atomics.load(control, CONTROL.idle) > 0) this.share();
    if (this.total(FIGURES.states) >= this.capacity)
      Atomics.compareExchange(control, CONTROL.pause, PAUSE.no, PAUSE.full);
    return 'worked';
  }

  most(figure: number): number {
    let most = 0;
    for (let w = 0; w < this.workers; w++)
      most = Math.max(most, this.memory.figures[w * FIGURES.count + figure]);
    return most;
  }

  total(figure: number): number {
    let sum = 0;
    for (let w = 0; w < this.workers; w++) sum += this.memory.figures[w * FIGURES.count + figure];
    return sum;
  }

  publish(): void {
    const { figures } = this.memory;
    const { states, transitions, depth, terminalStates } = this.search.figures;
    const at = this.index * FIGURES.count;
    figures[at + FIGURES.states] = states;
    figures[at + FIGURES.transitions] = transitions;
    figures[at + FIGURES.depth] = depth;
    figures[at + FIGURES.terminalStates] = terminalStates;
    figures[at + FIGURES.waiting] = this.search.waiting;
  }

  private becomeHungry(): void {
    const { control } = this.memory;
    this.hungry = true;
    Atomics.store(control, CONTROL.mail + this.index, MAIL.hungry);
    // Work moves only out of workers that are not idle, so when all are there is none left.
    if (Atomics.add(control, CONTROL.idle, 1) + 1 === this.workers) stop(this.memory, STOP.finished);
  }

  private waitForWork(): Turn {
    const { control, mail } = this.memory;
    const at = CONTROL.mail + this.index;
    Atomics.wait(control, at, MAIL.hungry, LOOK_MS);
    if (Atomics.load(control, at) !== MAIL.filled) return 'idle';
    this.search.take(mail, this.index * this.search.frameWords);
    Atomics.store(control, at, MAIL.none);
    this.hungry = false;
    return 'worked';
  }

  private share(): void {
    const { control, mail } = this.memory;
    for (let w = 0; w < this.workers; w++) {
      const at = CONTROL.mail + w;
      if (Atomics.compareExchange(control, at, MAIL.hungry, MAIL.beingFilled) !== MAIL.hungry) continue;
      const given = this.search.give(mail, w * this.search.frameWords);
      if (given) Atomics.sub(control, CONTROL.idle, 1);
      Atomics.store(control, at, given ? MAIL.filled : MAIL.hungry);
      if (given) Atomics.notify(control, at);
      return;
    }
  }
}

/** Everybody stops; who waits for work or for a table wakes up. */
export function stop({ control }: CrewMemory, why: number): void {
  Atomics.compareExchange(control, CONTROL.stop, STOP.no, why);
  for (let at = CONTROL.mail; at < startedAt(0, control); at++) Atomics.notify(control, at);
  Atomics.add(control, CONTROL.epoch, 1);
  Atomics.notify(control, CONTROL.epoch);
}
