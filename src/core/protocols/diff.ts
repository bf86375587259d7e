// What differs between two protocols: functions and rules, as a reviewer would list them. Pure reading of the tables.
import type { Protocol, RuleWords } from './protocol.js';

export interface FunctionChange {
  /** C name. */
  readonly function: string;
  readonly file: string;
  /** Version or commit of each form; null where the protocol lacks the function. */
  readonly before: string | null;
  readonly after: string | null;
  readonly labelsBefore: readonly string[];
  readonly labelsAfter: readonly string[];
}

export interface RuleChange {
  readonly rule: keyof RuleWords;
  readonly before: string;
  readonly after: string;
}

export interface ProtocolDiff {
  readonly from: { readonly id: string; readonly source: string };
  readonly to: { readonly id: string; readonly source: string };
  readonly functions: readonly FunctionChange[];
  readonly rules: readonly RuleChange[];
  readonly constants: readonly {
    readonly name: string;
    readonly before: number | null;
    readonly after: number | null;
  }[];
}

export function diffProtocols(from: Protocol, to: Protocol): ProtocolDiff {
  const before = new Map(from.procedures.map((p) => [p.name, p]));
  const after = new Map(to.procedures.map((p) => [p.name, p]));
  const names = [...new Set([...before.keys(), ...after.keys()])];
  const functions = names.flatMap((name): FunctionChange[] => {
    const a = before.get(name);
    const b = after.get(name);
    if (a === b) return [];
    return [
      {
        function: name,
        file: (b ?? a)!.head.file,
        before: a?.head.since ?? null,
        after: b?.head.since ?? null,
        labelsBefore: a === undefined ? [] : Object.keys(a.steps),
        labelsAfter: b === undefined ? [] : Object.keys(b.steps),
      },
    ];
  });
  const rules = (Object.keys(from.rules.words) as (keyof RuleWords)[])
    .filter((rule) => from.rules.words[rule] !== to.rules.words[rule])
    .map((rule) => ({ rule, before: from.rules.words[rule], after: to.rules.words[rule] }));
  const constants = [...new Set([...Object.keys(from.constants), ...Object.keys(to.constants)])]
    .map((name) => ({ name, before: from.constants[name] ?? null, after: to.constants[name] ?? null }))
    .filter((c) => c.before !== c.after);
  return {
    from: { id: from.id, source: from.source },
    to: { id: to.id, source: to.source },
    functions,
    rules,
    constants,
  };
}
