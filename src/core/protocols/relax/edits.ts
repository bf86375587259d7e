// The ways in which a step loses what a rule makes it do. What an edit captures goes into its text, because the digest of a
// protocol, and what a search knows of a step, come from the steps' text; one that calls a shipped step's function with `l`
// is taken to read and to lead to anything, which is what a search does with what it does not understand.
import { ensure } from '../../base/assert.js';
import { fn } from '../../kernel/functions.js';
import { type Control, control } from '../../machine/procedure.js';
import type { AnyStep, Edit } from './rule.js';

type Locals = Parameters<AnyStep[1]>[0];
type Then = (l: Locals, answer: number) => string;

function told<T extends object>(what: T, text: string): T {
  what.toString = () => text;
  return what;
}

/** The shipped step: the form has it, or it would not have been chosen. */
const shipped = (step: AnyStep | undefined): AnyStep => ensure(step, 'a step of the base');

/** Stays as it is, and has to be there. */
export const kept: Edit = (step) => shipped(step);

/** Asks for nothing; what it stored on the way is still stored, and it goes where it went. */
export const skipped: Edit = (step) => {
  const [ask, then] = shipped(step);
  if (ask === null || !/\bl\.\w+\s*=[^=]/.test(String(ask))) return [null, then];
  const both: Then = (l, answer) => {
    ask(l);
    return then(l, answer);
  };
  return [
    null,
    told(both, `(l, answer) => { (${String(ask)})(l); return (${String(then)})(l, answer); }`) as AnyStep[1],
  ];
};

/** Several steps that are skipped. */
export function skips(...labels: readonly string[]): { readonly [label: string]: Edit } {
  return Object.fromEntries(labels.map((label) => [label, skipped]));
}

/** Asks for nothing and takes this for the answer. */
export function answered(answer: number): Edit {
  return (step) => {
    const [, then] = shipped(step);
    return [null, told((l: Locals) => then(l, answer), `(l) => (${String(then)})(l, ${answer})`)];
  };
}

/** Asks for nothing and goes there. */
export function goesTo(label: string): Edit {
  return () => [null, told(() => label, `() => '${label}'`)];
}

/** Goes to where the procedure began. */
export const beginsAsBefore: Edit = (step, at) =>
  goesTo(ensure(Object.keys(at.procedure.steps)[0], 'a first step'))(step, at);

/** Another step in its place, or a new one. */
export function becomes(step: AnyStep): Edit {
  return () => step;
}

/** Asks for another thing, and goes on as it did. */
export function asking(ask: NonNullable<AnyStep[0]>): Edit {
  return (step) => [ask, shipped(step)[1]];
}

/** What it asks for stays; what follows is another thing. */
export function followedBy(then: AnyStep[1]): Edit {
  return (step) => [shipped(step)[0], then];
}

/** Before it looks at the answer, this is done. */
export function preparedBy(prepare: (l: Locals) => void): Edit {
  return (step) => {
    const [ask, then] = shipped(step);
    const both: Then = (l, answer) => {
      prepare(l);
      return then(l, answer);
    };
    return [
      ask,
      told(
        both,
        `(l, answer) => { (${String(prepare)})(l); return (${String(then)})(l, answer); }`,
      ) as AnyStep[1],
    ];
  };
}

/** Where it went, this is changed: `next` is a label or a mark; `control` holds what is called or returned. */
export function redirected(change: (next: string, l: Locals, answer: number) => string): Edit {
  return (step) => {
    const [ask, then] = shipped(step);
    const both: Then = (l, answer) => change(then(l, answer), l, answer);
    return [
      ask,
      told(both, `(l, answer) => (${String(change)})((${String(then)})(l, answer), l, answer)`) as AnyStep[1],
    ];
  };
}

/** A flush that it begins is left out. */
export const unflushed: Edit = redirected((next) =>
  next === '#call' &&
  (control.callee === fn.kvm_flush_remote_tlbs || control.callee === fn.kvm_flush_remote_tlbs_with_address)
    ? control.next
    : next,
);

/** The call that it makes is made with another fourth argument: of a walk over roots, which of them. */
export function calledWithRoots(change: (types: number) => number): Edit {
  const changed = (next: string): string => {
    if (next === '#call') control.a3 = change(control.a3);
    return next;
  };
  return redirected(told(changed, `(next) => with_roots(next, ${String(change)})`));
}

/** What another step of the procedure does behind its op, done here: its call comes back to `next`. */
export function asAfter(label: string, next: string): Edit {
  return (step, { procedure }) => {
    const [ask] = step ?? [null];
    const [, then] = ensure(procedure.steps[label], 'a step of the base');
    const both: Then = (l, answer) => {
      const went = then(l, answer);
      if (went !== '#call') return went;
      control.next = next;
      return went satisfies Control;
    };
    return [ask, told(both, `(l, answer) => to_${next}((${String(then)})(l, answer))`) as AnyStep[1]];
  };
}

/** As another step of the procedure is in the base. */
export function as(label: string): Edit {
  return (_step, { procedure }) => shipped(procedure.steps[label]);
}

/** As another step goes on, asking for nothing. */
export function onwardFrom(label: string): Edit {
  return (_step, { procedure }) => [null, shipped(procedure.steps[label])[1]];
}
