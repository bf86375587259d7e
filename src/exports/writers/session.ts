// The session file: see session-file/.
import { ensure } from '../../core/base/assert.js';
import type { RowBlock } from '../../core/exports/row-block.js';
import type { TraceLines } from '../../store/imports.port.js';
import { sessionFile } from '../session-file/write.js';
import type { ExportContext, Writer } from './writer.js';

export const session: Writer = (context) => {
  const { head, names, decisions, marks, snapshots, trace } = context.order;
  return sessionFile({
    head,
    names,
    decisions: ensure(decisions, 'the decisions of a session file'),
    marks,
    rows: blocks(context),
    trace: trace === null ? null : { summary: trace, lines: lines(context) },
    snapshots: snapshots ? context.snapshots() : nothing(),
  });
};

async function* blocks({ pages }: ExportContext): AsyncGenerator<RowBlock> {
  for await (const rows of pages()) yield { from: rows.position[0]!, columns: rows };
}

/** Chunks of lines are large: one at a time. */
async function* lines(context: ExportContext): AsyncGenerator<TraceLines> {
  for (let number = 1; ; number++) {
    const [chunk] = await context.traceLines(number, 1);
    if (chunk === undefined) return;
    yield chunk;
  }
}

async function* nothing(): AsyncGenerator<never> {
  // No snapshots were asked for.
}
