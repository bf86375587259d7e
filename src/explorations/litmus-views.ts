// What there is to explore, as data: for GET /litmus and for `rootline litmus`.
import { REFERENCE_COARSE } from '../core/explorer/coarse/reference-coarse.js';
import { PROTOCOLS } from '../core/protocols/registry.js';
import { MACHINE_LITMUS } from '../core/scenarios/litmus/index.js';
import type { Litmus } from '../core/scenarios/litmus/litmus.js';
import { drawLitmus, litmusText } from '../core/scenarios/litmus/text/print.js';
import { type ParameterValues, resolveParameters } from '../core/scenarios/scenario.js';

export interface LitmusView {
  readonly id: string;
  readonly title: string;
  readonly doc: string;
  readonly leftOut: string;
  readonly machine: boolean;
  readonly parameters: readonly {
    readonly name: string;
    readonly default: number;
    readonly min: number;
    readonly max: number;
    readonly doc: string;
  }[];
  readonly notFor: readonly { readonly protocol: string; readonly why: string }[];
  /** One column a thread; null: its steps are not those of the machine. */
  readonly drawing: readonly string[] | null;
}

function coarse(): LitmusView {
  const { name, summary, protocols, parameters } = REFERENCE_COARSE;
  return {
    id: name,
    title: summary,
    doc: 'The steps of the Promela model in bench/anchors, not those of the machine.',
    leftOut: '',
    machine: false,
    parameters: Object.entries(parameters).map(([of, { what, ...range }]) => ({
      name: of,
      ...range,
      doc: what,
    })),
    notFor: PROTOCOLS.filter(({ id }) => protocols?.includes(id) === false).map(({ id }) => ({
      protocol: id,
      why: `it takes ${protocols?.join(', ')}`,
    })),
    drawing: null,
  };
}

/** @param given parameters that differ from their defaults */
export function litmusView(litmus: Litmus, given: ParameterValues = {}): LitmusView {
  return {
    id: litmus.id,
    title: litmus.title,
    doc: litmus.doc,
    leftOut: litmus.leftOut,
    machine: true,
    parameters: Object.entries(litmus.parameters).map(([of, { default: usual, min, max, doc }]) => ({
      name: of,
      default: usual,
      min,
      max,
      doc,
    })),
    notFor: PROTOCOLS.flatMap(({ id, rules }) => {
      const why = litmus.notFor?.({ id, era: rules.era }) ?? null;
      return why === null ? [] : [{ protocol: id, why }];
    }),
    drawing: drawLitmus(litmus.build(resolveParameters(litmus, given))),
  };
}

let shipped: readonly LitmusView[] | null = null;

/** Those of this build; they never change. */
export function litmusViews(): readonly LitmusView[] {
  shipped ??= [...MACHINE_LITMUS.map((one) => litmusView(one)), coarse()];
  return shipped;
}

/** With the text that can be edited and explored; null for reference-coarse, undefined: there is none of that name. */
export function litmusWithText(id: string): (LitmusView & { readonly text: string | null }) | undefined {
  const view = litmusViews().find((one) => one.id === id);
  const litmus = MACHINE_LITMUS.find((one) => one.id === id);
  return view === undefined ? undefined : { ...view, text: litmus === undefined ? null : litmusText(litmus) };
}
