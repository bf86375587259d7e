// Linking: string labels become numbers, locals become offsets, calls become table look-ups. Done once per protocol;
// afterwards running a step makes no object and looks up no string (the two or three labels a step returns are cached
// in the step by reference).

import type { World } from '../aggregates/world.js';
import { AssertionError, assert } from '../base/assert.js';
import { textDigest } from '../base/digest.js';
import { BadInput } from '../base/errors.js';
import type { Env, Procedure } from './procedure.js';

/**
 * Where the running frame is. One object for all procedures of a linked protocol: the accessors that steps see as `l`
 * read through it, so that a step costs two stores into an object of one shape.
 */
export class FrameContext {
  s: Int32Array = new Int32Array(0);
  /** Offset of the first local. */
  fp = 0;
  t = 0;
  w!: World;
  env!: Env;
}

interface View {
  readonly w: World;
  readonly t: number;
  readonly env: Env;
}

export class LinkedStep {
  /** The procedure's accessor, and the label's number within it: what every step needs, one load away. */
  readonly view: View;
  readonly offset: number;
  /** 0 unknown yet, 1 visible, 2 thread-local. */
  visibility = 0;
  private l0 = '#';
  private l1 = '#';
  private l2 = '#';
  private n0 = 0;
  private n1 = 0;
  private n2 = 0;

  constructor(
    readonly number: number,
    readonly label: string,
    readonly proc: LinkedProcedure,
    readonly ask: ((l: View) => void) | null,
    readonly then: (l: View, answer: number) => string,
  ) {
    this.view = proc.view;
    this.offset = number - proc.firstStep;
  }

  /** Step number of a label of the same procedure. */
  target(label: string): number {
    if (label === this.l0) return this.n0;
    if (label === this.l1) return this.n1;
    if (label === this.l2) return this.n2;
    const n = this.proc.labels.get(label);
    if (n === undefined) throw new AssertionError(`${this.proc.name} has no label ${label}`);
    if (this.l0 === '#') {
      this.l0 = label;
      this.n0 = n;
    } else if (this.l1 === '#') {
      this.l1 = label;
      this.n1 = n;
    } else {
      this.l2 = label;
      this.n2 = n;
    }
    return n;
  }
}

export class LinkedProcedure {
  readonly labels = new Map<string, number>();
  readonly view: View;
  readonly params: number;
  readonly frameLocals: number;

  constructor(
    readonly number: number,
    readonly name: string,
    readonly source: Procedure,
    readonly firstStep: number,
    frame: FrameContext,
  ) {
    const names = [...source.head.params, ...(source.head.locals ?? [])];
    assert(new Set(names).size === names.length, `${name}: locals are named once`);
    assert(source.head.params.length <= 6, `${name}: at most six parameters`);
    this.params = source.head.params.length;
    this.frameLocals = names.length;
    // On a prototype of its own: accessors of the same name on plain objects would share hidden classes, and V8 would
    // fall back to dictionaries (5 times slower runs).
    const accessors = {};
    const plain = (k: number) => (value: number) => {
      frame.s[frame.fp + k] = value;
    };
    const checked = (local: string, k: number) => (value: number) => {
      // A flag may be true or false; undefined, NaN and texts would silently become 0.
      if (typeof value !== 'boolean' && !Number.isFinite(value))
        throw new TypeError(`${name}: local ${local} takes numbers, got ${String(value)}`);
      frame.s[frame.fp + k] = value;
    };
    names.forEach((local, k) => {
      Object.defineProperty(accessors, local, {
        get: () => frame.s[frame.fp + k],
        set: source.strict === true ? checked(local, k) : plain(k),
      });
    });
    Object.defineProperty(accessors, 'w', { get: () => frame.w });
    Object.defineProperty(accessors, 't', { get: () => frame.t });
    Object.defineProperty(accessors, 'env', { get: () => frame.env });
    this.view = Object.create(accessors) as View;
    if (source.strict === true) {
      // Behind all accessors: reached by a name that nobody declared.
      const undeclared = (_: object, local: string | symbol): never => {
        throw new TypeError(`${name} has no local ${String(local)}; it has ${names.join(', ')}`);
      };
      Object.setPrototypeOf(accessors, new Proxy({}, { get: undeclared, set: undeclared }));
      Object.preventExtensions(this.view);
    }
  }
}

/** One protocol, ready to run. Shared by all machines that run it one after the other. */
export class LinkedProtocol {
  readonly steps: LinkedStep[] = [];
  readonly frame = new FrameContext();
  private readonly byNumber: (LinkedProcedure | undefined)[] = [];
  readonly procedures: LinkedProcedure[] = [];
  /** Changes whenever the text of any procedure changes. */
  readonly digest: string;

  constructor(
    readonly name: string,
    /** Function numbers by C name (kernel/functions.ts). */
    numbers: Readonly<Record<string, number>>,
    table: readonly Procedure[],
    readonly constants: Readonly<Record<string, number>>,
  ) {
    let text = JSON.stringify(constants);
    for (const source of table) {
      const number = numbers[source.name];
      if (number === undefined)
        throw new BadInput('unknown-function', `${name}: ${source.name} is not a known function`);
      if (this.byNumber[number] !== undefined)
        throw new BadInput('duplicate-function', `${name}: ${source.name} is there twice`);
      const proc = new LinkedProcedure(number, source.name, source, this.steps.length, this.frame);
      text += source.name + source.head.since;
      for (const [label, [ask, then]] of Object.entries(source.steps)) {
        const n = this.steps.length;
        proc.labels.set(label, n);
        this.steps.push(new LinkedStep(n, label, proc, ask as never, then as never));
        text += `${label}:${String(ask)}:${String(then)}`;
      }
      this.byNumber[number] = proc;
      this.procedures.push(proc);
    }
    this.digest = textDigest(text);
  }

  procedure(number: number): LinkedProcedure {
    // Called at every call: the text of the error is built only when there is one.
    const found = this.byNumber[number];
    if (found === undefined)
      throw new AssertionError(`protocol ${this.name} has no function number ${number}`);
    return found;
  }

  has(number: number): boolean {
    return this.byNumber[number] !== undefined;
  }
}
