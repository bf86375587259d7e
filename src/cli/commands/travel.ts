// `state`, `seek`, `timeline`, `note`: moving through a stored session from a terminal.
import { BadInput } from '../../core/base/errors.js';
import { stateTree } from '../../core/projections/changes.js';
import type { StateView } from '../../core/projections/state.js';
import type { Value } from '../../core/projections/state-paths.js';
import type { SeekReply, SeekRequest } from '../../sessions/inspection/orders/seek.order.js';
import type { When } from '../../sessions/inspection/when.js';
import { NOTE_KINDS, type NoteKind } from '../../store/notes.port.js';
import type { Backend } from '../backend/backend.js';
import type { PastBackend } from '../backend/past-backend.js';
import { EXIT_CODE, type ExitCode } from '../exit-codes.js';
import { grouped, type Terminal, table } from '../terminal.js';

type Open = () => Promise<Backend>;

async function past<T>(open: Open, use: (past: PastBackend) => Promise<T>): Promise<T> {
  const backend = await open();
  try {
    return await use(backend.past);
  } finally {
    await backend.close();
  }
}

/** The whole state, or the part that a path names. */
export async function state(
  id: string,
  path: string | undefined,
  when: When,
  open: Open,
  terminal: Terminal,
): Promise<ExitCode> {
  const whole = await past(open, (backend) => backend.state(id, when));
  if (path === undefined) {
    terminal.document(whole);
    printState(whole, terminal);
    return EXIT_CODE.FINE;
  }
  const value = partOf(whole, path);
  const { position, ordinal, timeNs } = whole;
  terminal.document({ position, ordinal, timeNs, path, value });
  for (const line of linesOf(path, value)) terminal.line(line);
  return EXIT_CODE.FINE;
}

/** What differs between two positions. */
export async function stateDiff(
  id: string,
  [from, to]: readonly [number, number],
  under: string | undefined,
  open: Open,
  terminal: Terminal,
): Promise<ExitCode> {
  const reply = await past(open, (backend) => backend.changes({ sessionId: id, from, to, under }));
  terminal.document(reply);
  for (const { path, before, after } of reply.changes)
    terminal.line(`${path}: ${JSON.stringify(before)} -> ${JSON.stringify(after)}`);
  terminal.line(`${grouped(reply.changes.length)} changes from position ${grouped(from)} to ${grouped(to)}`);
  return EXIT_CODE.FINE;
}

/** A step or a continue; goes on over the bounded calls until it has stopped or there is nothing left. */
export async function seek(
  request: SeekRequest,
  path: string | undefined,
  open: Open,
  terminal: Terminal,
): Promise<ExitCode> {
  return await past(open, async (backend) => {
    let reply = await backend.seek(request);
    let { looked } = reply;
    while (reply.next !== null) {
      terminal.progress(`${grouped(looked)} events looked at`);
      reply = await backend.seek({ ...request, from: reply.next });
      looked += reply.looked;
    }
    const { position } = reply;
    const value =
      position === null || path === undefined
        ? undefined
        : partOf(await backend.state(request.sessionId, { at: position }), path);
    terminal.document({ ...reply, looked, ...(value === undefined ? {} : { path, value }) });
    terminal.line(stopText(reply, request, looked));
    if (value !== undefined) for (const line of linesOf(path!, value)) terminal.line(line);
    return EXIT_CODE.FINE;
  });
}

function stopText({ position, event }: SeekReply, { from, direction }: SeekRequest, looked: number): string {
  if (position === null) {
    const where = direction === 'forward' ? 'after' : 'before';
    return `nothing ${where} position ${grouped(from)}: ${grouped(looked)} events looked at`;
  }
  if (event === null) return `position ${grouped(position)}: before the first event`;
  const { thread, function: name, label, type, subject, timeNs } = event;
  const values = Object.entries(event.values).map(([key, value]) => ` ${key}=${value}`);
  return (
    `position ${grouped(position)}, ${grouped(timeNs)} ns: ${thread} in ${name} @ ${label}: ` +
    `${type} ${subject.kind} ${subject.number}${values.join('')}`
  );
}

export async function timeline(
  request: Parameters<PastBackend['timeline']>[0],
  open: Open,
  terminal: Terminal,
): Promise<ExitCode> {
  const view = await past(open, (backend) => backend.timeline(request));
  terminal.document(view);
  const { from, to, rowsPerBucket, buckets, lanes, omittedLanes } = view;
  terminal.line(`positions ${grouped(from)} to ${grouped(to)}, ${grouped(rowsPerBucket)} events a bucket`);
  const marks = ' .:-=+*#%@';
  const most = Math.max(1, ...lanes.flatMap((lane) => lane.cells.map((cell) => cell.events)));
  for (const lane of lanes) {
    const drawn = buckets.map(() => ' ');
    for (const { bucket, events } of lane.cells)
      drawn[bucket] = marks[Math.max(1, Math.ceil((events / most) * (marks.length - 1)))];
    terminal.line(`${lane.name.padEnd(24)} ${grouped(lane.events).padStart(12)} |${drawn.join('')}|`);
  }
  if (omittedLanes > 0) terminal.line(`${grouped(omittedLanes)} less busy lanes are not shown`);
  return EXIT_CODE.FINE;
}

export interface NoteCommand {
  readonly text: string | undefined;
  readonly at: number | undefined;
  readonly bookmark: boolean;
  /** Id of the note to change or to remove. */
  readonly edit: string | undefined;
  readonly remove: string | undefined;
}

/** Lists, adds, changes or removes. */
export async function note(
  id: string,
  { text, at, bookmark, edit, remove }: NoteCommand,
  open: Open,
  terminal: Terminal,
): Promise<ExitCode> {
  const kind: NoteKind = bookmark ? 'bookmark' : 'note';
  if (edit !== undefined && remove !== undefined)
    throw new BadInput(
      'edit-or-remove',
      'a note is changed or removed, not both: expected one of --edit, --remove',
    );
  return await past(open, async (backend) => {
    if (remove !== undefined) {
      await backend.removeNote(id, remove);
      terminal.document({ removed: remove });
      terminal.line(`note ${remove} removed`);
    } else if (edit !== undefined) {
      const change = {
        ...(text === undefined ? {} : { text }),
        ...(at === undefined ? {} : { position: at }),
        ...(bookmark ? { kind } : {}),
      };
      terminal.document(await backend.changeNote(id, edit, change));
      terminal.line(`note ${edit} changed`);
    } else if (text === undefined) {
      const notes = await backend.notes(id);
      terminal.document({ notes });
      const rows = notes.map((n) => [n.id, n.position, n.kind, n.text.replaceAll('\n', ' ')]);
      terminal.line(table(['id', 'position', 'kind', 'text'], rows));
    } else {
      if (at === undefined)
        throw new BadInput('note-where', `a ${kind} needs a position: --at N`, [...NOTE_KINDS]);
      const made = await backend.addNote(id, { position: at, kind, text });
      terminal.document(made);
      terminal.line(`${made.kind} ${made.id} at position ${grouped(made.position)}`);
    }
    return EXIT_CODE.FINE;
  });
}

function printState(view: StateView, terminal: Terminal): void {
  const { position, ordinal, timeNs, recording, clocks } = view;
  terminal.line(
    `position ${grouped(position)}, ordinal ${grouped(ordinal)}, ${grouped(timeNs)} ns, ${recording}`,
  );
  if (typeof clocks !== 'string') {
    terminal.line(
      `booked: guest ${grouped(clocks.guestNs)} ns, host ${grouped(clocks.hostNs)} ns, outer ${grouped(clocks.outerNs)} ns`,
    );
  }
  terminal.line();
  const roots = view.roots.map((root) => [
    `vm${root.vm} r${root.root}`,
    root.role.text,
    root.refcount < 0 ? 'unknown' : root.refcount,
    Object.entries(root.holders)
      .flatMap(([who, n]) => (n === 0 ? [] : [`${who} ${n}`]))
      .join(', '),
    root.namedBy.join(', '),
    root.listed ? 'listed' : '',
    root.work,
    String(root.presentSptes),
  ]);
  terminal.line(table(['root', 'role', 'refcount', 'held by', 'named by', 'list', 'work', 'SPTEs'], roots));
  terminal.line();
  const threads = view.threads.map((thread) => [
    thread.name,
    typeof thread.stack === 'string'
      ? thread.stack
      : thread.stack.length === 0
        ? '-'
        : `${thread.stack[0]!.function} @ ${thread.stack[0]!.label}`,
    thread.waitsFor ?? '',
    typeof thread.holds === 'string'
      ? thread.holds
      : thread.holds.map(({ lock, mode }) => `${lock} ${mode}`).join(', '),
  ]);
  terminal.line(table(['thread', 'last seen in', 'waits for', 'holds'], threads));
}

/** The part of a state that a path names. */
function partOf(view: StateView, path: string): Value {
  const { position, ordinal, timeNs } = view;
  let here: Value = { position, ordinal, timeNs, ...stateTree(view) };
  for (const field of path.split('.')) {
    if (Array.isArray(here) && field === 'length') here = here.length;
    else if (typeof here === 'object' && here !== null && Object.hasOwn(here, field))
      here = (here as { readonly [name: string]: Value })[field];
    else {
      const known = typeof here === 'object' && here !== null ? Object.keys(here).slice(0, 50) : [];
      throw new BadInput(
        'unknown-path',
        `path "${path}": there is no "${field}" at position ${position}; expected ${known.join(', ') || 'nothing behind it'}`,
        known,
      );
    }
  }
  return here;
}

/** One line a field. */
function linesOf(path: string, value: Value): string[] {
  if (typeof value !== 'object' || value === null) return [`${path} = ${String(value)}`];
  const entries = Object.entries(value as { readonly [field: string]: Value });
  if (entries.length === 0) return [`${path} = ${Array.isArray(value) ? '[]' : '{}'}`];
  return entries.flatMap(([field, inner]) => linesOf(`${path}.${field}`, inner));
}
