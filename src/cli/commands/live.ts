// `command`, `step`, `commands`, `pause`, `resume`, `cancel`: live sessions from a terminal.
import { BadInput } from '../../core/base/errors.js';
import {
  type Field,
  LIVE_COMMAND_NAMES,
  LIVE_COMMANDS,
  type LiveCommand,
} from '../../core/scenarios/live/catalogue.js';
import { resolveCommand } from '../../core/scenarios/live/resolve.js';
import type { Backend, Control } from '../backend/backend.js';
import type { SessionDocument } from '../documents.js';
import { EXIT_CODE, type ExitCode } from '../exit-codes.js';
import { grouped, type Terminal, table } from '../terminal.js';
import { checkId, using } from './sessions.js';

type Open = () => Promise<Backend>;

export interface HowFar {
  /** Events to go on for; null: to where the session waits. */
  readonly events: number | null;
  /** Position that the session must be at; null: wherever it is. */
  readonly at: number | null;
}

/** `smi vcpu=0 asynchronous=true`: values are JSON where they can be read as JSON, else text. */
export function readCommand(name: string, fields: readonly string[]): LiveCommand {
  const given: Record<string, unknown> = { command: name };
  for (const text of fields) {
    const at = text.indexOf('=');
    if (at < 1) throw new BadInput('command-field', `a field is NAME=VALUE, got "${text}"`);
    const key = text.slice(0, at);
    if (Object.hasOwn(given, key)) throw new BadInput('command-field', `field ${key} is given twice`);
    given[key] = readValue(text.slice(at + 1));
  }
  return resolveCommand(given);
}

function readValue(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

export async function command(
  id: string,
  what: LiveCommand,
  { events, at }: HowFar,
  open: Open,
  terminal: Terminal,
): Promise<ExitCode> {
  checkId(id);
  const given = await using(open, (backend) => backend.command(id, what, events, at));
  terminal.document(given);
  const { number, afterPosition } = given.command;
  terminal.line(
    `command ${number}: ${what.command}, events ${grouped(afterPosition + 1)} to ${grouped(given.session.stored)}`,
  );
  return rested(given.session, terminal);
}

export async function step(
  id: string,
  { events, at }: HowFar,
  open: Open,
  terminal: Terminal,
): Promise<ExitCode> {
  checkId(id);
  const session = await using(open, (backend) => backend.step(id, events, at));
  terminal.document(session);
  return rested(session, terminal);
}

export async function control(id: string, what: Control, open: Open, terminal: Terminal): Promise<ExitCode> {
  checkId(id);
  const session = await using(open, (backend) => backend.control(id, what));
  terminal.document(session);
  return rested(session, terminal);
}

function rested(session: SessionDocument, terminal: Terminal): ExitCode {
  const { state, stored, findings, digest, allowed } = session;
  terminal.line(
    `session ${session.id} is ${state} at position ${grouped(stored)}, findings ${findings}, digest ${digest}`,
  );
  terminal.line(`allowed: ${allowed.join(', ')}`);
  return findings > 0 ? EXIT_CODE.VIOLATED : EXIT_CODE.FINE;
}

/** With a session: what it was given. Without: what can be given, with every field. */
export async function commands(id: string | undefined, open: Open, terminal: Terminal): Promise<ExitCode> {
  if (id === undefined) {
    listAll(terminal);
    return EXIT_CODE.FINE;
  }
  checkId(id);
  const given = await using(open, (backend) => backend.commands(id));
  terminal.document({ commands: given });
  terminal.line(
    table(
      ['number', 'after', 'step', 'command'],
      given.map((c) => [c.number, c.afterPosition, c.atStep, JSON.stringify(c.command)]),
    ),
  );
  return EXIT_CODE.FINE;
}

function listAll(terminal: Terminal): void {
  terminal.document({ commands: LIVE_COMMANDS });
  for (const name of LIVE_COMMAND_NAMES) {
    const { doc, fields } = LIVE_COMMANDS[name];
    terminal.line(`${name}: ${doc}`);
    for (const [field, declared] of Object.entries(fields) as [string, Field][]) {
      terminal.line(`  ${field.padEnd(14)} ${expected(declared)}: ${declared.doc}`);
    }
  }
}

function expected(field: Field): string {
  switch (field.kind) {
    case 'int':
      return `${field.min}..${field.max}${field.default === undefined ? '' : ` (${field.default})`}`;
    case 'flag':
      return `true or false (${field.default})`;
    case 'word':
      return `${field.words.join(' | ')} (${field.default})`;
    case 'words':
      return `[${field.words.join(', ')}]`;
    case 'guest':
      return 'JSON list of {"do": ...}';
  }
}
