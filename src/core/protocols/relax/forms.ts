// Takes a rule away from a protocol: the first of its forms that the protocol has. What is missing is said.
import type { Procedure } from '../../machine/procedure.js';
import { extend, type Protocol } from '../protocol.js';
import type { Form, Place, Relaxed, RelaxRule } from './rule.js';

/** Between the id of a protocol and that of a rule: `v6.4~rcu-in-invalidate-walk` is v6.4 without it. */
export const WITHOUT = '~';

export function relax(protocol: Protocol, rule: RelaxRule): Relaxed {
  let missing: string | null = null;
  for (const form of rule.forms) {
    const lacks = whatIsMissing(protocol, form);
    if (lacks === null) return withoutForm(protocol, rule, form);
    missing ??= lacks;
  }
  const why = rule.absent?.(protocol) ?? null;
  return { reason: why ?? `${protocol.id} has no ${missing ?? 'such rule'}` };
}

/** A step that the form edits but does not bring; a constant that has the value already. */
function whatIsMissing(protocol: Protocol, form: Form): string | null {
  const { steps = {}, entry = {}, constants = {}, only } = form;
  if (only !== undefined && !only(protocol)) return 'such rule';
  for (const [name, edits] of Object.entries(steps)) {
    const procedure = protocol.procedures.find((p) => p.name === name);
    if (procedure === undefined) return name;
    for (const [label, edit] of Object.entries(edits)) {
      if (Object.hasOwn(procedure.steps, label) || entry[name] === label || brings(edit)) continue;
      return `${name} @ ${label}`;
    }
  }
  for (const [name, value] of Object.entries(constants))
    if (protocol.constants[name] === value) return `${name} other than ${value}`;
  return null;
}

const NEW = new WeakSet<object>();

/** Marks an edit that adds its step where the procedure has none. */
export function added<T extends object>(edit: T): T {
  NEW.add(edit);
  return edit;
}
const brings = (edit: object): boolean => NEW.has(edit);

function withoutForm(protocol: Protocol, rule: RelaxRule, form: Form): Relaxed {
  const places: Place[] = [];
  const replace: Procedure[] = [];
  for (const [name, edits] of Object.entries(form.steps ?? {})) {
    const base = protocol.procedures.find((p) => p.name === name) as Procedure;
    const changed = Object.entries(edits).map(
      ([label, edit]) => [label, edit(base.steps[label], { procedure: base, label })] as const,
    );
    const touched = changed.filter(([label, step]) => step !== base.steps[label]);
    // Where only a constant changes: the steps that read it.
    const told = touched.length === 0 ? changed : touched;
    places.push({ function: name, labels: told.map(([label]) => label) });
    if (touched.length === 0) continue;
    const first = form.entry?.[name];
    const steps = { ...base.steps, ...Object.fromEntries(changed) };
    replace.push({
      ...base,
      head: {
        ...base.head,
        since: `${base.head.since}, without ${rule.id}`,
        locals: [...(base.head.locals ?? []), ...(form.locals?.[name] ?? [])],
      },
      steps: first === undefined ? steps : { [first]: steps[first] as (typeof steps)[string], ...steps },
    });
  }
  const relaxed = extend(protocol, {
    id: `${protocol.id}${WITHOUT}${rule.id}`,
    title: `${protocol.id} without ${rule.id}: ${rule.statement}`,
    source: protocol.source,
    replace,
    ...(form.constants === undefined ? {} : { constants: form.constants }),
  });
  return { protocol: { ...relaxed, without: rule.id }, places };
}
