// Takes in a protocol that a user brought: the api that its module is called with, and a guard around each of its steps
// that names file, procedure and label whatever goes wrong there. It is for mistakes: a compiler has not seen this code.
import type { World } from '../aggregates/world.js';
import { errorText, ProtocolFault } from '../base/errors.js';
import { FUNCTION_NUMBERS, fn } from '../kernel/functions.js';
import { OP, op, pending } from '../machine/op.js';
import { call, control, type Procedure, procedure, ret, type Step, steps } from '../machine/procedure.js';
import { extend, type Protocol } from './protocol.js';
import { findProtocol, PROTOCOLS } from './registry.js';
import { Twin } from './twin.js';
import {
  type ProtocolApi,
  type ProtocolModule,
  type ShippedProcedure,
  USER_CONSTANTS,
  USER_HELPERS,
  type UserRules,
} from './user-api.js';
import { missingObject } from './user-ops.js';

/** Procedures and steps that one module may replace. */
const REPLACED_MAX = 1_000;
/** Locals that no procedure may declare: every step has them. */
const GIVEN = new Set(['w', 't', 'env']);
/** Answers of calls take at most six arguments. */
const PARAMS_MAX = 6;

/** Told which of the module's steps is about to run (its number in `stepNames`), and 0 when it is through. */
export type Watch = (step: number) => void;

export interface TakenIn {
  readonly protocol: Protocol;
  /** The module's own steps as it gave them, by `procedure @ label`. */
  readonly own: OwnSteps;
  /** `procedure @ label` of each of the module's own steps; 0 is none. */
  readonly stepNames: readonly string[];
}

export type OwnSteps = ReadonlyMap<string, Step<string, string>>;

/**
 * The protocol of a module; its id is the file's name without the extension. Throws ProtocolFault, nothing else.
 * @param second steps of a second instance of the module: what its steps keep outside of the machine's state is a fault
 */
export function takeIn(
  file: string,
  make: unknown,
  watch: Watch = () => undefined,
  second: OwnSteps | null = null,
): TakenIn {
  const intake = new Intake(file, watch, second);
  if (typeof make !== 'function')
    throw intake.fault(
      'form',
      '',
      `the default export is ${kindOf(make)}; expected (api) => api.extend('v5.18', {...})`,
    );
  let made: unknown;
  try {
    made = (make as ProtocolModule)(intake.api);
  } catch (error) {
    throw intake.asFault(error, '');
  }
  if (made !== intake.made)
    throw intake.fault(
      'form',
      '',
      `the default export returned ${kindOf(made)}; expected what api.extend gives`,
    );
  return { protocol: intake.made!, stepNames: intake.stepNames, own: intake.own };
}

class Intake {
  made: Protocol | null = null;
  readonly stepNames: string[] = [''];
  readonly own = new Map<string, Step<string, string>>();
  readonly api: ProtocolApi;
  /** Steps of shipped procedures are as they were. */
  private readonly shippedSteps = new Set<unknown>(
    PROTOCOLS.flatMap((p) => p.procedures.flatMap((q) => Object.values(q.steps))),
  );

  constructor(
    private readonly file: string,
    private readonly watch: Watch,
    private readonly second: OwnSteps | null,
  ) {
    const known = <T extends object>(what: string, table: T): T => this.known(what, table);
    this.api = Object.freeze({
      extend: (base: string, own: UserRules) => this.extend(base, own),
      shipped: (protocol: string, name: string) =>
        this.shipped(protocol, name) as unknown as ShippedProcedure,
      procedure,
      steps,
      op: known('op', op),
      call,
      ret,
      fn: known('fn', fn),
      constants: known(
        'constants',
        Object.fromEntries(
          Object.entries(USER_CONSTANTS).map(([name, group]) => [name, known(`constants.${name}`, group)]),
        ),
      ) as typeof USER_CONSTANTS,
      helpers: known('helpers', USER_HELPERS),
    });
  }

  fault(kind: 'form' | 'threw' | 'step' | 'forbidden', at: string, what: string): ProtocolFault {
    return new ProtocolFault(kind, this.file, at, what);
  }

  asFault(error: unknown, at: string): ProtocolFault {
    if (error instanceof ProtocolFault)
      return error.at === '' && at !== '' ? new ProtocolFault(error.kind, error.file, at, error.what) : error;
    return this.fault('threw', at, errorText(error));
  }

  /** A misspelt name is an error where it is read, not a NaN later. */
  private known<T extends object>(what: string, table: T): T {
    return new Proxy(table, {
      get: (target, name) => {
        const found: unknown = Reflect.get(target, name);
        if (found === undefined && typeof name === 'string')
          throw this.fault('form', '', `api.${what} has no ${name}${namesLike(target, name)}`);
        return found;
      },
      set: (_target, name) => {
        throw this.fault('form', '', `api.${what}.${String(name)} cannot be set`);
      },
    });
  }

  private base(id: unknown): Protocol {
    try {
      return findProtocol(String(id));
    } catch (error) {
      throw this.fault('form', '', (error as Error).message);
    }
  }

  private shipped(protocol: string, name: string): Procedure {
    const found = this.base(protocol).procedures.find((p) => p.name === name);
    if (found === undefined) throw this.fault('form', '', `${protocol} has no function ${name}`);
    return found;
  }

  private extend(baseId: string, own: UserRules): Protocol {
    const base = this.base(baseId);
    const by = new Map<string, Procedure>();
    const put = (p: Procedure): void => {
      if (by.has(p.name)) throw this.fault('form', p.name, 'it is replaced twice');
      if (!base.procedures.some((q) => q.name === p.name))
        throw this.fault('form', p.name, `${base.id} has no such function to replace`);
      by.set(p.name, p);
    };
    const replace = own.replace ?? [];
    if (!Array.isArray(replace))
      throw this.fault('form', '', `replace is ${kindOf(replace)}; expected a list`);
    for (const p of replace as readonly Procedure[]) put(this.procedure(p));
    for (const [name, labels] of Object.entries(own.steps ?? {})) {
      const form = base.procedures.find((q) => q.name === name);
      if (form === undefined) throw this.fault('form', name, `${base.id} has no such function`);
      for (const label of Object.keys(labels)) {
        if (!Object.hasOwn(form.steps, label))
          throw this.fault(
            'form',
            `${name} @ ${label}`,
            `no such step; it has ${Object.keys(form.steps).join(', ')}`,
          );
      }
      put(
        this.procedure({
          ...form,
          head: { ...form.head, since: this.file },
          steps: { ...form.steps, ...labels },
        }),
      );
    }
    if (by.size > REPLACED_MAX) throw this.fault('form', '', `more than ${REPLACED_MAX} replacements`);
    for (const [name, value] of Object.entries(own.constants ?? {})) {
      if (!Object.hasOwn(base.constants, name) || !Number.isInteger(value))
        throw this.fault(
          'form',
          '',
          `constant ${name} = ${String(value)}; expected whole numbers for ${Object.keys(base.constants).join(', ')}`,
        );
    }
    this.made = {
      ...extend(base, {
        id: this.file.replace(/\.mjs$/, ''),
        title: String(own.title ?? `${base.id} as ${this.file} changes it`),
        source: String(own.source ?? this.file),
        replace: [...by.values()],
        ...(own.constants === undefined ? {} : { constants: own.constants }),
        ...(own.rules === undefined ? {} : { rules: own.rules }),
      }),
      file: this.file,
    };
    return this.made;
  }

  /** Checked and guarded; a shipped form is taken as it is. */
  private procedure(p: Procedure): Procedure {
    const name = String(p?.name);
    if (typeof p?.steps !== 'object' || typeof p.head !== 'object' || !Object.hasOwn(FUNCTION_NUMBERS, name))
      throw this.fault('form', '', `replace has ${kindOf(p)}; expected what api.procedure('kvm_...') gives`);
    const table = Object.entries(p.steps);
    if (table.every(([, step]) => this.shippedSteps.has(step))) return p;
    const { params, locals = [] } = p.head;
    const names = [...params, ...locals];
    if (params.length > PARAMS_MAX || new Set(names).size !== names.length || names.some((n) => GIVEN.has(n)))
      throw this.fault(
        'form',
        name,
        `locals ${names.join(', ')}: expected each once, none called w, t or env, at most ${PARAMS_MAX} params`,
      );
    const labels = new Set(Object.keys(p.steps));
    const guarded = table.map(([label, step]) => [
      label,
      this.shippedSteps.has(step) ? step : this.guard(name, labels, label, step, names),
    ]);
    const since = p.head.since === undefined ? this.file : `${this.file}: ${p.head.since}`;
    return {
      name,
      head: {
        ...p.head,
        leftOut: p.head.leftOut ?? '',
        since: p.head.since === this.file ? this.file : since,
      },
      steps: Object.fromEntries(guarded) as Procedure['steps'],
      strict: true,
    };
  }

  private guard(
    name: string,
    labels: ReadonlySet<string>,
    label: string,
    step: Step<string, string>,
    locals: readonly string[],
  ): Step<string, string> {
    const at = `${name} @ ${label}`;
    if (!Array.isArray(step) || step.length !== 2)
      throw this.fault('form', at, `a step is [ask, then], got ${kindOf(step)}`);
    const [ask, then] = step as readonly [Step<string, string>[0], Step<string, string>[1]];
    if (ask !== null && typeof ask !== 'function')
      throw this.fault('form', at, `ask is ${kindOf(ask)}; expected a function or null`);
    if (typeof then !== 'function')
      throw this.fault('form', at, `then is ${kindOf(then)}; expected a function`);
    const number = this.stepNames.push(at) - 1;
    const { watch } = this;
    this.own.set(at, step);
    const other = this.second?.get(at);
    const twin = other === undefined ? null : new Twin(other, locals, number);
    // The machine asks once whether a step is visible: it must stay so.
    let visible: boolean | null = null;
    const guardedAsk: Step<string, string>[0] =
      ask === null
        ? null
        : (l) => {
            watch(number);
            pending.kind = -1;
            try {
              const differs = twin?.due() === true ? twin.ask(l, ask) : ask(l);
              if (typeof differs === 'string') throw this.keeps(at, differs);
            } catch (error) {
              throw this.asFault(error, at);
            }
            watch(0);
            this.checkOp(at, l.w);
            const now = pending.kind < OP.LOCAL;
            visible ??= now;
            if (visible !== now)
              throw this.fault('step', at, 'it asks now for what others can see, now for what they cannot');
          };
    const guardedThen: Step<string, string>[1] = (l, answer) => {
      watch(number);
      let next: string;
      try {
        if (twin?.due() === true) {
          const both = twin.answer(l, answer, then);
          if (both.differs !== null) throw this.keeps(at, both.differs);
          ({ next } = both);
        } else next = then(l, answer);
      } catch (error) {
        throw this.asFault(error, at);
      }
      watch(0);
      if (next === '#call') this.checkCall(at, labels);
      else if (next === '#return' && !Number.isSafeInteger(control.value))
        throw this.fault('step', at, `it returns ${kindOf(control.value)} where a whole number is expected`);
      else if (next !== '#return' && !labels.has(next))
        throw this.fault(
          'step',
          at,
          `it goes to ${kindOf(next)}; expected a label of ${name}, ret() or call()`,
        );
      return next;
    };
    // The digest of a protocol is that of its steps' text: the user's, not the guard's.
    if (guardedAsk !== null) guardedAsk.toString = () => String(ask);
    guardedThen.toString = () => String(then);
    return [guardedAsk, guardedThen];
  }

  private keeps(at: string, differs: string): ProtocolFault {
    const what = `it keeps state outside the world, in a variable of its module: from the same state ${differs}; only the locals that a procedure declares keep anything`;
    return this.fault('forbidden', at, what);
  }

  private checkOp(at: string, w: World): void {
    const { kind, a, b, c, d, e } = pending;
    if (kind < 0) throw this.fault('step', at, 'it asks for nothing: ask calls one of api.op, or is null');
    for (const value of [a, b, c, d, e])
      if (!Number.isSafeInteger(value))
        throw this.fault('step', at, `it asks with ${kindOf(value)} where a whole number is expected`);
    const missing = missingObject(w, pending);
    if (missing !== null) throw this.fault('step', at, missing);
  }

  private checkCall(at: string, labels: ReadonlySet<string>): void {
    const { next, callee, a0, a1, a2, a3, a4, a5 } = control;
    if (!labels.has(next))
      throw this.fault('step', at, `its call goes on at ${kindOf(next)}, which is no label`);
    for (const value of [callee, a0, a1, a2, a3, a4, a5])
      if (!Number.isSafeInteger(value))
        throw this.fault('step', at, `it calls with ${kindOf(value)} where a whole number is expected`);
  }
}

const NAMES_SHOWN = 12;

/** All names of a short table; of a long one those that begin alike. */
function namesLike(table: object, name: string): string {
  const all = Object.keys(table);
  const shown = all.length <= NAMES_SHOWN ? all : all.filter((n) => n.slice(0, 4) === name.slice(0, 4));
  return shown.length === 0 ? '' : `; it has ${shown.slice(0, NAMES_SHOWN).join(', ')}`;
}

function kindOf(value: unknown): string {
  if (value === null || value === undefined || typeof value === 'number') return String(value);
  return typeof value === 'string' ? `"${value.slice(0, 60)}"` : `a value of type ${typeof value}`;
}
