// `--set name=value`: a parameter of the scenario, `cost.NAME=ns`, or `limit.NAME=n`. What the names and ranges are is
// the core's to say; here only the form is read.
import { BadInput } from '../core/base/errors.js';

export interface Settings {
  readonly parameters: Readonly<Record<string, string>>;
  readonly costs: Readonly<Record<string, number>>;
  readonly limits: Readonly<Record<string, number>>;
}

const FORM = /^([A-Za-z][\w.]*)=(.+)$/;

export function readSettings(texts: readonly string[]): Settings {
  const parameters: Record<string, string> = {};
  const costs: Record<string, number> = {};
  const limits: Record<string, number> = {};
  const seen = new Set<string>();
  for (const text of texts) {
    const [, name, value] = FORM.exec(text) ?? [];
    if (name === undefined || value === undefined) {
      throw new BadInput('setting', `--set takes name=value, cost.NAME=ns or limit.NAME=n, got "${text}"`);
    }
    if (seen.has(name)) throw new BadInput('setting-twice', `--set ${name} is given twice; expected once`);
    seen.add(name);
    const [group, rest] = split(name);
    if (group === 'cost') costs[rest] = wholeNumber(`cost ${rest}`, value);
    else if (group === 'limit') limits[rest] = wholeNumber(`limit ${rest}`, value);
    else parameters[name] = value;
  }
  return { parameters, costs, limits };
}

function split(name: string): [group: string | null, rest: string] {
  const dot = name.indexOf('.');
  return dot < 0 ? [null, name] : [name.slice(0, dot), name.slice(dot + 1)];
}

/** A whole number from 0, in decimal digits only. */
export function wholeNumber(what: string, text: string, max: number = Number.MAX_SAFE_INTEGER): number {
  const n = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(n) || n > max) {
    throw new BadInput('not-a-number', `${what} must be a whole number from 0 to ${max}, got "${text}"`);
  }
  return n;
}
