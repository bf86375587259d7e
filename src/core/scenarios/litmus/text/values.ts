// The lines of a litmus above its threads: sizes, constants, what is not asked about, programs of guests.
import type { Topology } from '../../../aggregates/layout.js';
import { NO_HANDLER } from '../../recorded/layout.js';
import type { ScenarioGuest } from '../../scenario.js';
import { LITMUS_CONSTANTS } from './constants.js';
import { readGuest } from './guests.js';
import { LITMUS_LIMITS } from './limits.js';
import type { Header, Places } from './parse.js';
import { STATED } from './sizes.js';

/** Comma-separated parts of a line, none of them empty. */
function partsOf(
  { values }: Header,
  key: string,
): { readonly parts: readonly string[]; readonly line: number } {
  const { text = '', line = 0 } = values.get(key) ?? {};
  const parts = text.split(',').map((part) => part.trim());
  return { parts: parts.filter((part) => part !== ''), line };
}

export const headText = ({ values }: Header, key: string): string => values.get(key)?.text.trim() ?? '';

export function readSizes(header: Header, places: Places): Partial<Topology> {
  const out: Partial<Record<keyof Topology, number>> = {};
  const { parts, line } = partsOf(header, 'sizes');
  for (const part of parts) {
    const [, word, digits] = /^([a-z ]+?)\s+(\d{1,6})$/.exec(part) ?? [];
    const size = STATED.find((one) => one.word === word);
    if (size === undefined)
      throw places.wrong(
        `sizes: expected one of ${STATED.map((one) => one.word).join(', ')} with a number, got "${part}"`,
        line,
      );
    const value = Number(digits);
    if (value > size.max)
      throw places.wrong(`sizes: ${size.word} is at most ${size.max}, got ${value}`, line);
    out[size.of] = value;
  }
  return out;
}

export function readConstants(header: Header, places: Places): Readonly<Record<string, number>> {
  const out: Record<string, number> = {};
  const { parts, line } = partsOf(header, 'constants');
  if (parts.length > LITMUS_LIMITS.constants)
    throw places.wrong(
      `expected at most LITMUS_LIMITS.constants = ${LITMUS_LIMITS.constants}, got ${parts.length}`,
      line,
    );
  for (const part of parts) {
    const [, name = '', digits = ''] = /^(\w+)\s+(\d{1,10})$/.exec(part) ?? [];
    if (!LITMUS_CONSTANTS.includes(name))
      throw places.wrong(
        `constants: expected one of ${LITMUS_CONSTANTS.join(', ')} with a whole number, got "${part}"`,
        line,
      );
    out[name] = Number(digits);
  }
  return out;
}

/** An invariant, one detail of it, or a report of the kernel. */
const IGNORED = /^(?:I(?:[1-9]|[1-3]\d)(?:\.\d{1,2})?|[A-Za-z_][A-Za-z_0-9]{2,40})$/;

export function readIgnores(header: Header, places: Places): readonly string[] {
  const { parts, line } = partsOf(header, 'ignores');
  if (parts.length > LITMUS_LIMITS.ignores)
    throw places.wrong(
      `expected at most LITMUS_LIMITS.ignores = ${LITMUS_LIMITS.ignores}, got ${parts.length}`,
      line,
    );
  const odd = parts.find((part) => !IGNORED.test(part));
  if (odd !== undefined)
    throw places.wrong(
      `ignores: expected invariants such as I26 or I1.2, or names of kernel assertions, got "${odd}"`,
      line,
    );
  return parts;
}

export function readGuests(header: Header, vcpus: number, places: Places): readonly ScenarioGuest[] {
  const guests = Array.from({ length: vcpus }, () => ({ program: NO_HANDLER, smm: NO_HANDLER }));
  for (const [key, { text, line }] of header.values) {
    const [, kind, digit] = /^(guest|smm handler) vcpu(\d)$/.exec(key) ?? [];
    if (kind === undefined) continue;
    const guest = guests[Number(digit)];
    if (guest === undefined)
      throw places.wrong(`${key}: there is no such vCPU; this litmus has ${vcpus}`, line);
    const program = readGuest(text);
    if (typeof program === 'string') throw places.wrong(`${key}: ${program}`, line);
    guest[kind === 'guest' ? 'program' : 'smm'] = program;
  }
  return guests;
}
