// Lines that look whole and are not: a name or a field that was torn, the rest of another line behind this one. Decided by what a
// line of its kind has: the fields of a probe are the same on every line, and a probe's text names its function.
import { FUNCTION_NUMBERS } from '../../kernel/functions.js';
import { KNOWN_NAMES, usualName } from '../kvm-events.js';
import { COVERED_NAMES } from './covered-event.js';
import { formOfText } from './text-forms.js';

/** Other forms of one tracepoint's text. */
const VARIANTS_MAX = 100;
/** Callers of one function. */
const CALLERS_MAX = 1_000;

/** No line of one event is as short as two of them. */
const GLUED_FROM_CHARS = 100;
const HEAD_INSIDE = / \[\d{3,5}\] .*\d+\.\d{6,9}: \w+: /;
/** Where a probe stands, as symbols or, of trace-cmd and perf, as addresses. */
const PLACE = (() => {
  const at = String.raw`\+0x[0-9a-f]+\/0x[0-9a-f]+(?: \[\w+\])?`;
  const address = '[0-9a-f]{8,16}';
  // A caller that returns through a trampoline itself is `[unknown/kretprobe'd]`.
  const returned = String.raw`(?:(\w+)${at}|\[[^\]]*\]) <- (\w+)(?:${at})?`;
  return new RegExp(`^\\((?:${returned}|(\\w+)${at}|${address}(?: <- ${address})?)\\)`);
})();
/** Of a probe at the beginning of a function, or at its return. */
const ENTRY = /^\((\w+)\+0x[04]\/0x[0-9a-f]+(?: \[\w+\])?\)/;
const RETURN = /^\(.* <- (\w+)\)/;

const FUNCTIONS = Object.keys(FUNCTION_NUMBERS);

/** What the lines of one probe have in common: each names the probe's function, and has all of its fields. */
export class Shape {
  private place = '';
  private placeBefore = '';
  private readonly callers = new Set<string>();
  private fields: readonly string[] | null = null;
  /** Those of the last line that had others: two of a kind, and the line before them was the damaged one. */
  private others = '';
  /** Of lines that were whole, by length: the length, and where the last field is. */
  private readonly lengths = new Int32Array(LENGTHS).fill(-1);
  private readonly lastEquals = new Int32Array(LENGTHS);
  private readonly symbol: string;
  private readonly form: RegExp | null;
  /** A line of it had the form that is written down. */
  private formed = false;
  /** Those of another form. */
  private readonly variants = new Set<string>();

  /** @param name of the event */
  constructor(name: string) {
    this.symbol = name.replace(/_(?:ret|entry)$/, '');
    this.form = formOfText(name);
  }

  /** It is all of a line, and nothing else. */
  isWhole(body: string): boolean {
    // The text of a tracepoint, or raw fields.
    if (body.charCodeAt(0) !== OPEN) {
      if (this.place !== '') return false;
      if (this.form === null) return !isGlued(body);
      if (this.form.test(body)) {
        this.formed = true;
        return true;
      }
      return !isGlued(body) && (!this.formed || this.varies(body));
    }
    if (this.isLikeAnother(body)) return true;
    if (isGlued(body) || !this.fits(body)) return false;
    const slot = body.length % LENGTHS;
    this.lengths[slot] = body.length;
    this.lastEquals[slot] = body.lastIndexOf('=');
    return true;
  }

  /** As long as one that was whole, with its place and its last field where that had them: nothing was put in or taken out. */
  private isLikeAnother(body: string): boolean {
    const slot = body.length % LENGTHS;
    if (body.length !== this.lengths[slot]) return false;
    const equals = this.lastEquals[slot]!;
    return (equals < 0 || body.charCodeAt(equals) === EQUALS) && body.startsWith(this.place);
  }

  /** Two lines of one other form are no damage. */
  private varies(body: string): boolean {
    const form = body.replaceAll(/[0-9a-f]*\d[0-9a-f]*/g, '#');
    if (this.variants.has(form)) return true;
    if (this.variants.size < VARIANTS_MAX) this.variants.add(form);
    return false;
  }

  private fits(body: string): boolean {
    if (!this.placed(body)) return false;
    return this.hasFields(body) || this.again(body);
  }

  private placed(body: string): boolean {
    const { place, placeBefore } = this;
    if (place !== '' && body.startsWith(place)) return true;
    if (placeBefore === '' || !body.startsWith(placeBefore)) {
      const found = PLACE.exec(body);
      if (found === null) return false;
      const [whole, caller, returned, entered] = found;
      if ((returned ?? entered ?? this.symbol) !== this.symbol) return false;
      if (caller !== undefined && !this.calledBy(caller)) return false;
      this.placeBefore = place;
      this.place = whole;
      return true;
    }
    this.place = placeBefore;
    this.placeBefore = place;
    return true;
  }

  /** A caller that nobody knows may be what is left of one that is known. */
  private calledBy(caller: string): boolean {
    if (this.callers.has(caller)) return true;
    const known = FUNCTION_NUMBERS[caller] !== undefined;
    const others = [...this.callers, ...FUNCTIONS];
    if (!known && (isLeftOf(caller, others) || others.some((of) => isNear(caller, of, 1)))) return false;
    if (this.callers.size < CALLERS_MAX) this.callers.add(caller);
    return true;
  }

  private hasFields(body: string): boolean {
    const { fields } = this;
    if (fields === null) return false;
    let n = 0;
    for (let at = body.indexOf('='); at >= 0; at = body.indexOf('=', at + 1)) {
      const field = fields[n++];
      if (field === undefined) return false;
      const from = at - field.length;
      if (body.charCodeAt(from - 1) !== SPACE || !body.startsWith(field, from)) return false;
    }
    return n === fields.length;
  }

  private again(body: string): boolean {
    const fields = [...body.matchAll(FIELD)].map(([, name]) => name ?? '');
    const all = fields.join(' ');
    if (this.fields !== null && all !== this.others) {
      this.others = all;
      return false;
    }
    this.fields = fields;
    return true;
  }
}
const OPEN = 40;
const EQUALS = 61;
/** Lengths that are remembered of one event's lines. */
const LENGTHS = 32;
const SPACE = 32;
const FIELD = / ([^ =]*)=/g;

/** A newline was lost, or all between the middles of two lines: another line stands behind the beginning of this one. */
function isGlued(body: string): boolean {
  if (body.length > GLUED_FROM_CHARS && body.includes(' [0', 1) && HEAD_INSIDE.test(body)) return true;
  // The text of a tracepoint has no place in a function, and names its vCPU first.
  return body.charCodeAt(0) !== OPEN && (body.includes('+0x') || body.includes(': vcpu ', 1));
}

/** The function that a probe's text names, as the name of its event. */
export function probedName(body: string): string | null {
  const returned = RETURN.exec(body)?.[1];
  if (returned !== undefined) return `${returned}_ret`;
  return ENTRY.exec(body)?.[1] ?? null;
}

/** A name that nobody has heard of is what is left of others: its end, its beginning or its middle is missing, or all between two. */
export function isTorn(name: string, body: string): boolean {
  const own = probedName(body);
  if (own !== null && (own === name || own === `${name}_ret`)) return false;
  const inner = INNER_NAME.exec(body)?.[1];
  return (inner !== undefined && KNOWN.has(inner)) || isLeftOrMisspelt(name);
}

/** By the name alone; asked for each line, answered once. */
function isLeftOrMisspelt(name: string): boolean {
  let answer = ANSWERS.get(name);
  if (answer === undefined) {
    answer = isMisspelt(name) || isLeftOf(name, COVERED_NAMES) || isMadeOfTwo(name);
    if (ANSWERS.size < NAMES_MAX) ANSWERS.set(name, answer);
  }
  return answer;
}
/** Answers depend on the names of this program alone: one table for all traces. */
const ANSWERS = new Map<string, boolean>();
/** Another event's name. */
const INNER_NAME = /(?:^|[: ])([a-z_]\w+): /;
const KNOWN: ReadonlySet<string> = new Set(KNOWN_NAMES);

/** One letter, or two of a long name, are not those of a name that somebody has heard of. */
function isMisspelt(name: string): boolean {
  if (name.length < NEAR_FROM_CHARS) return false;
  const most = name.length < LONG_FROM_CHARS ? 1 : 2;
  return (
    KNOWN_NAMES.some((of) => isNear(name, of, most)) || COVERED_NAMES.some((of) => isNear(name, of, most))
  );
}
/** Shorter names are near each other as they are (`kvm_pio`, `kvm_pit`). */
const NEAR_FROM_CHARS = 8;
const LONG_FROM_CHARS = 12;

/** The one becomes the other by so many letters that are put in, taken out or changed. */
function isNear(a: string, b: string, most: number): boolean {
  if (Math.abs(a.length - b.length) > most) return false;
  const begin = sameBegin(a, b);
  const x = a.slice(begin);
  const y = b.slice(begin);
  if (x === '' && y === '') return true;
  if (most === 0) return false;
  return (
    isNear(x.slice(1), y.slice(1), most - 1) ||
    isNear(x.slice(1), y, most - 1) ||
    isNear(x, y.slice(1), most - 1)
  );
}

const isLeftOf = (name: string, whole: readonly string[]): boolean =>
  whole.some((of) => {
    if (of.length <= name.length) return false;
    const same = sameBegin(of, name);
    return same + Math.min(sameEnd(of, name), name.length - same) === name.length;
  });

function isMadeOfTwo(name: string): boolean {
  let begin = 0;
  let end = 0;
  for (const of of KNOWN_NAMES) {
    begin = Math.max(begin, sameBegin(of, name));
    end = Math.max(end, sameEnd(of, name));
  }
  return begin >= PART_MIN && end >= PART_MIN && begin + end >= name.length;
}
/** Shorter parts (`kvm_`, `_root`) say nothing. */
const PART_MIN = 6;

function sameBegin(a: string, b: string): number {
  let n = 0;
  while (n < b.length && a[n] === b[n]) n++;
  return n;
}

function sameEnd(a: string, b: string): number {
  let n = 0;
  while (n < Math.min(a.length, b.length) && a[a.length - 1 - n] === b[b.length - 1 - n]) n++;
  return n;
}

/** Different names of events that are kept. */
const NAMES_MAX = 10_000;

/** Tells lines that are not whole from others, by what the lines of their name before them had. */
export class DamagedLines {
  private readonly shapes = new Map<string, Shape>();

  /** @param heardOf somebody has heard of its name */
  isDamaged(name: string, body: string, heardOf: boolean): boolean {
    if (!heardOf) return isTorn(name, body);
    let shape = this.shapes.get(name);
    if (shape === undefined) {
      shape = new Shape(usualName(name));
      if (this.shapes.size < NAMES_MAX) this.shapes.set(name, shape);
    }
    return !shape.isWhole(body);
  }
}
