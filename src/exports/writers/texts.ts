// The two texts for people: lines like those of tracefs, and two threads side by side.
import { BadInput } from '../../core/base/errors.js';
import { TwoColumns } from '../../core/exports/column-text.js';
import { FtraceText } from '../../core/exports/ftrace-text.js';
import type { ExportContext, Writer } from './writer.js';
import { nameTable } from './writer.js';

function threadNames({ order }: ExportContext): Map<number, string> {
  return new Map(
    order.names.flatMap(({ entry }) => (entry.kind === 'thread' ? [[entry.id, entry.name] as const] : [])),
  );
}

export const ftrace: Writer = async function* (context) {
  const { order, pages } = context;
  const { head, range, sessionId } = order;
  const { scenario, protocol, seed, scheduler, recording, engine } = head.session.manifest;
  const names = nameTable(order);
  const encoder = new TextEncoder();
  const text = new FtraceText({
    about: [
      `rootline ${engine}: session ${sessionId}, ${scenario} under ${protocol}, seed ${seed}, ${scheduler}, ${recording}`,
      `positions ${range.from} to ${range.to} of ${head.position}, digest ${head.progress?.digest ?? '-'}`,
      'virtual time; one CPU for each thread',
    ],
    threads: threadNames(context),
    functionOf: (site) => names.function(site),
    labelOf: (site) => names.label(site),
    events: Math.max(0, range.to - range.from + 1),
  });
  yield encoder.encode(text.head());
  for await (const rows of pages(1, range.from - 1)) text.skip(rows, rows.length);
  for await (const rows of pages()) yield encoder.encode(text.lines(rows, rows.length));
};

export const columns: Writer = async function* (context) {
  const { order, pages } = context;
  const threads = threadNames(context);
  const names = nameTable(order);
  const drawing = new TwoColumns({ threads, functionOf: (site) => names.function(site) ?? undefined });
  if (order.threads === null) for await (const rows of pages()) drawing.watch(rows, rows.length);
  else drawing.choose(...chosen(order.threads, threads));
  const encoder = new TextEncoder();
  yield encoder.encode(drawing.head());
  for await (const rows of pages()) yield encoder.encode(drawing.lines(rows, rows.length));
};

function chosen(wanted: readonly string[], threads: ReadonlyMap<number, string>): [number, number] {
  const ids = wanted.map((name) => [...threads].find(([, known]) => known === name)?.[0]);
  const [first, second] = ids;
  if (ids.length === 2 && first !== undefined && second !== undefined && first !== second)
    return [first, second];
  const known = [...threads.values()];
  throw new BadInput(
    'export-threads',
    `expected the names of two threads of the session, got "${wanted.join(',')}"; it has: ${known.join(', ')}`,
    known,
  );
}
