// `verify`: is the store whole, and if not, what is wrong and where.
import type {
  StoreFault,
  VerificationProgress,
  VerificationResult,
} from '../../upkeep/verification.types.js';
import { EXIT_CODE, type ExitCode } from '../exit-codes.js';
import { grouped, type Terminal } from '../terminal.js';

/** Checks the store, wherever it is: this process, or the server that owns it. */
export type Verify = (onProgress: (progress: VerificationProgress) => void) => Promise<VerificationResult>;

export async function verify(check: Verify, terminal: Terminal): Promise<ExitCode> {
  const result = await check(({ phase, sessions, sessionsTotal, rows, rowsTotal }) => {
    const ofAll = `${sessions} of ${sessionsTotal} sessions, ${grouped(rows)} of ${grouped(rowsTotal)} rows`;
    terminal.progress(phase === 'sessions' ? ofAll : phase);
  });
  terminal.document(result);
  const { sessions, rows, snapshots, faults, faultCount } = result;
  for (const fault of faults) terminal.line(`${placeOf(fault)}: ${fault.rule}: ${fault.message}`);
  if (faultCount > faults.length) terminal.line(`... and ${grouped(faultCount - faults.length)} more`);
  const other = snapshots.otherEngine === 0 ? '' : `, ${snapshots.otherEngine} of another engine`;
  terminal.line(
    `${grouped(sessions)} sessions, ${grouped(rows)} rows, ${snapshots.checked} snapshots (${snapshots.folded} held against the fold${other}): ` +
      (result.verified ? 'whole' : `${grouped(faultCount)} faults`),
  );
  return result.verified ? EXIT_CODE.FINE : EXIT_CODE.VIOLATED;
}

function placeOf({ file, session, position }: StoreFault): string {
  if (session === null) return file;
  const where = position === null ? '' : `, position ${position}`;
  return file === 'events.sqlite' ? `session ${session}${where}` : `${file}, session ${session}${where}`;
}
