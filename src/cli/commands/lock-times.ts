// `lock-times`: which function held a lock, and waited for it, how long, in one stored session.
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { LOCK_NAMES } from '../../core/aggregates/layout.js';
import { BadInput } from '../../core/base/errors.js';
import { type LockTime, LockTimes } from '../../core/projections/lock-times.js';
import { EXIT_CODE, type ExitCode } from '../exit-codes.js';
import { type Terminal, table } from '../terminal.js';
import { checkId, type Open, using } from './sessions.js';

export interface LockTimesOptions {
  readonly lock: string;
}

interface Line {
  readonly type: string;
  readonly timeNs: number;
  readonly thread: string;
  readonly function: string;
  readonly subject: { readonly number: number };
  readonly values: { readonly mode?: number };
}

export async function lockTimes(
  id: string,
  { lock }: LockTimesOptions,
  open: Open,
  terminal: Terminal,
): Promise<ExitCode> {
  checkId(id);
  if (lock !== 'all' && !(LOCK_NAMES as readonly string[]).includes(lock))
    throw new BadInput('unknown-lock', `--lock takes all, ${LOCK_NAMES.join(', ')}; got "${lock}"`);
  const { rows, session } = await using(open, async (backend) => {
    const found = await backend.session(id);
    if (found.recording !== 'full')
      throw new BadInput(
        'not-recorded',
        `session ${id} was recorded at ${found.recording}, which keeps no lock that nobody waits for; expected --recording full`,
      );
    const times = new LockTimes();
    const bytes = Readable.from(backend.export(id, { format: 'ndjson' }));
    for await (const text of createInterface({ input: bytes, crlfDelay: Number.POSITIVE_INFINITY })) {
      // Most rows are no lock's: they are not parsed.
      if (!text.includes('"type":"Lock')) continue;
      const { subject, values, ...line } = JSON.parse(text) as Line;
      times.take({ ...line, lock: subject.number, mode: values.mode ?? 0 });
    }
    return { rows: times.rows(), session: found };
  });
  const shown = rows.filter((row) => lock === 'all' || row.lock === lock);
  const { scenario, protocol } = session;
  terminal.document({ session: id, scenario, protocol, locks: shown });
  terminal.line(`session ${id}: ${scenario} under ${protocol}`);
  terminal.line(
    table(
      ['lock', 'taken by', 'mode', 'times', 'held ms', 'longest', 'waited ms', 'longest'],
      shown.map(cells),
    ),
  );
  return EXIT_CODE.FINE;
}

function cells(r: LockTime): (string | number)[] {
  const ms = (ns: number): string => (ns / 1e6).toFixed(3);
  return [
    r.lock,
    r.function,
    r.mode,
    r.times,
    ms(r.heldNs),
    ms(r.longestHeldNs),
    ms(r.waitedNs),
    ms(r.longestWaitNs),
  ];
}
