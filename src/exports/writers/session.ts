// The session file: see session-file/.
import { ensure } from '../../core/base/assert.js';
import type { RowBlock } from '../../core/exports/row-block.js';
import { sessionFile } from '../session-file/write.js';
import type { ExportContext, Writer } from './writer.js';

export const session: Writer = (context) => {
  const { head, names, decisions, marks, snapshots } = context.order;
  return sessionFile({
    head,
    names,
    decisions: ensure(decisions, 'the decisions of a session file'),
    marks,
    rows: blocks(context),
    snapshots: snapshots ? context.snapshots() : nothing(),
  });
};

async function* blocks({ pages }: ExportContext): AsyncGenerator<RowBlock> {
  for await (const rows of pages()) yield { from: rows.position[0]!, columns: rows };
}

async function* nothing(): AsyncGenerator<never> {
  // No snapshots were asked for.
}
