// From what somebody sent to a command with every field filled in; errors name the field and what was expected.
import { BadInput } from '../../base/errors.js';
import {
  type Field,
  type Fields,
  GUEST_ACTIONS,
  type GuestAction,
  LIVE_COMMAND_NAMES,
  LIVE_COMMANDS,
  type LiveCommand,
  type LiveCommandName,
  MAX_GUEST_ACTIONS,
} from './catalogue.js';

type Given = Readonly<Record<string, unknown>>;

export function resolveCommand(given: unknown): LiveCommand {
  if (!isRecord(given)) throw wrong('command', 'an object with the field "command"', given);
  const name = given['command'];
  const known = LIVE_COMMAND_NAMES.find((n) => n === name);
  if (known === undefined) {
    throw new BadInput(
      'unknown-command',
      `unknown command ${shown(name)}; expected one of: ${LIVE_COMMAND_NAMES.join(', ')}`,
      LIVE_COMMAND_NAMES,
    );
  }
  const { command: _name, ...rest } = given;
  return { command: known, ...resolveFields(known, LIVE_COMMANDS[known].fields, rest) } as LiveCommand;
}

function resolveFields(where: string, fields: Fields, given: Given): Record<string, unknown> {
  const names = Object.keys(fields);
  for (const name of Object.keys(given)) {
    if (!Object.hasOwn(fields, name)) {
      const list = names.length === 0 ? 'it has none' : `expected one of: ${names.join(', ')}`;
      throw new BadInput('unknown-field', `${where} has no field "${name}"; ${list}`, names);
    }
  }
  return Object.fromEntries(
    names.map((name) => [name, resolveField(`${where}.${name}`, fields[name]!, given[name])]),
  );
}

function resolveField(where: string, field: Field, value: unknown): unknown {
  switch (field.kind) {
    case 'int': {
      const n = value ?? field.default;
      if (typeof n === 'number' && Number.isInteger(n) && n >= field.min && n <= field.max) return n;
      throw wrong(where, `a whole number from ${field.min} to ${field.max}`, value);
    }
    case 'flag': {
      const on = value ?? field.default;
      if (typeof on === 'boolean') return on;
      throw wrong(where, 'true or false', value);
    }
    case 'word': {
      const found = field.words.find((w) => w === (value ?? field.default));
      if (found !== undefined) return found;
      throw wrong(where, `one of ${field.words.join(', ')}`, value);
    }
    case 'words': {
      const list: unknown = value ?? field.default;
      const expected = `a list of different words out of ${field.words.join(', ')}`;
      if (!Array.isArray(list) || list.length === 0 || new Set(list).size !== list.length) {
        throw wrong(where, expected, value);
      }
      if (!list.every((w) => field.words.includes(w as string))) throw wrong(where, expected, value);
      return list;
    }
    case 'guest':
      return resolveActions(where, value);
  }
}

function resolveActions(where: string, value: unknown): GuestAction[] {
  if (!Array.isArray(value) || value.length === 0 || value.length > MAX_GUEST_ACTIONS) {
    throw wrong(where, `a list of 1 to ${MAX_GUEST_ACTIONS} actions (MAX_GUEST_ACTIONS)`, value);
  }
  const known = Object.keys(GUEST_ACTIONS) as readonly GuestAction['do'][];
  return value.map((action: unknown, i) => {
    const at = `${where}[${i}]`;
    if (!isRecord(action)) throw wrong(at, `an object with the field "do": ${known.join(', ')}`, action);
    const { do: name, ...rest } = action;
    const kind = known.find((k) => k === name);
    if (kind === undefined) throw wrong(`${at}.do`, `one of ${known.join(', ')}`, name);
    return { do: kind, ...resolveFields(at, GUEST_ACTIONS[kind], rest) } as GuestAction;
  });
}

function isRecord(value: unknown): value is Given {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const SHOWN_CHARS = 80;
function shown(value: unknown): string {
  return (JSON.stringify(value) ?? 'nothing').slice(0, SHOWN_CHARS);
}

function wrong(where: string, expected: string, got: unknown): BadInput {
  return new BadInput('command-field', `${where} must be ${expected}; got ${shown(got)}`);
}

/** Name of a stored command code. */
export function commandOfCode(code: number): LiveCommandName | undefined {
  return LIVE_COMMAND_NAMES.find((name) => LIVE_COMMANDS[name].code === code);
}
