// Which locals of a frame can still be read: the others decide nothing, whatever they hold. Found in the text of the steps, as a
// compiler finds live variables: a local is alive before a step that may read it, and before one that may lead to such a step
// without having stored it first. A step whose text leaves more open than this file understands (its locals given to a helper,
// which may also choose the label) is taken to read everything and to lead anywhere: what is not understood is kept.
import type { LinkedProcedure } from '../../machine/link.js';
import type { Step } from '../../machine/procedure.js';

/** Helpers that are given `l` and read only these locals; no label comes from them. */
const KNOWN_HELPERS: ReadonlyMap<string, readonly string[]> = new Map([
  ['iter_table', ['level', 'root', 'pt1', 'pt2', 'pt3', 'pt4']],
  ['made_progress', ['nextGfn', 'yieldedGfn']],
  ['progress_of', ['nextGfn', 'yieldedGfn']],
]);

interface StepText {
  readonly reads: ReadonlySet<string>;
  /** Stored whatever happens. */
  readonly stores: ReadonlySet<string>;
  /** Labels that can come next; null: any. */
  readonly leadsTo: readonly string[] | null;
}

/** By label of the procedure: for each local of the frame, whether it can still be read. */
export function liveLocals(proc: LinkedProcedure): ReadonlyMap<string, readonly boolean[]> {
  const { head, steps } = proc.source;
  const names = [...head.params, ...(head.locals ?? [])];
  const labels = Object.keys(steps);
  const texts = labels.map((label) => stepText(steps[label], names, labels));
  const alive = labels.map(() => new Set<string>());
  for (let changed = true; changed; ) {
    changed = false;
    for (let k = labels.length - 1; k >= 0; k--) {
      const own = alive[k] as Set<string>;
      const { reads, stores, leadsTo } = texts[k] as StepText;
      const size = own.size;
      for (const name of reads) own.add(name);
      for (const label of leadsTo ?? labels)
        for (const name of alive[labels.indexOf(label)] as Set<string>) if (!stores.has(name)) own.add(name);
      changed ||= own.size !== size;
    }
  }
  return new Map(labels.map((label, k) => [label, names.map((name) => (alive[k] as Set<string>).has(name))]));
}

function stepText(
  [ask, then]: Step<string, string>,
  names: readonly string[],
  labels: readonly string[],
): StepText {
  const parts = [ask, then].filter((x) => x !== null).map((x) => partText(String(x), names));
  const text = String(then);
  return {
    reads: new Set(parts.flatMap((x) => (x === null ? names : [...x.reads]))),
    stores: new Set(parts.flatMap((x) => (x === null ? [] : [...x.stores]))),
    leadsTo: parts.includes(null) ? null : labels.filter((label) => quotes(text, label)),
  };
}

/** What a function's text does with its locals; null where that is not understood. */
function partText(
  text: string,
  names: readonly string[],
): { readonly reads: ReadonlySet<string>; readonly stores: ReadonlySet<string> } | null {
  const parameter = /^(?:\(\s*([A-Za-z_$][\w$]*)?|([A-Za-z_$][\w$]*)\s*=>)/.exec(text);
  const arrow = text.indexOf('=>');
  if (parameter === null || arrow < 0) return null;
  const reads = new Set<string>();
  const stores = new Set<string>();
  const l = parameter[1] ?? parameter[2];
  if (l === undefined) return { reads, stores };
  const uses = new RegExp(`(?<![\\w$.])${l.replaceAll('$', '\\$')}(?![\\w$])`, 'g');
  const body = text.slice(arrow + 2);
  for (const use of body.matchAll(uses)) {
    const before = body.slice(0, use.index);
    const after = body.slice(use.index + l.length);
    const field = /^\s*\.\s*([A-Za-z_$][\w$]*)(\s*=(?![=>]))?/.exec(after);
    if (field !== null) {
      const name = field[1] as string;
      if (!names.includes(name)) continue;
      // `--l.x` has no plain `=`, `l.x += 1` neither: both read.
      if (field[2] === undefined) reads.add(name);
      else if (!/\b(?:if|for|while|switch|return)\b|[?]|&&|\|\|/.test(before)) stores.add(name);
      continue;
    }
    // const { gfn, pfn } = l;
    const taken = /\{([^{}]*)\}\s*=\s*$/.exec(before)?.[1];
    if (taken !== undefined) {
      for (const name of taken.split(',')) reads.add((name.split(':')[0] as string).trim());
      continue;
    }
    const helper = /([A-Za-z_$][\w$]*)\)?\(\s*$/.exec(before)?.[1];
    const touches = helper === undefined ? undefined : KNOWN_HELPERS.get(helper);
    if (touches === undefined) return null;
    for (const name of touches) reads.add(name);
  }
  return { reads, stores };
}

function quotes(text: string, label: string): boolean {
  return text.includes(`'${label}'`) || text.includes(`"${label}"`) || text.includes(`\`${label}\``);
}
