// `validate`: the recorded ioctl scripts simulated and held against the recordings. Needs no data folder.
import { BadInput } from '../../core/base/errors.js';
import { type ValidationRow, validate } from '../../core/run/validate.js';
import { VALIDATION_CASES } from '../../core/run/validate-cases.js';
import { simulateCase } from '../../core/run/validate-run.js';
import { readUserProtocol } from '../../user-protocols/read-protocol.js';
import { EXIT_CODE, type ExitCode } from '../exit-codes.js';
import { loadRecording } from '../recordings.js';
import { type Terminal, table } from '../terminal.js';

export function validationRows(onCase: (name: string) => void): ValidationRow[] {
  return VALIDATION_CASES.flatMap((wanted) => {
    onCase(`${wanted.kernel} ${wanted.scenario} under ${wanted.protocol}`);
    return validate(wanted, loadRecording(wanted.kernel, wanted.recording), simulateCase(wanted));
  });
}

/** The user's protocol in the place of the one that it extends, in all cases of that one. */
async function userRows(file: string, onCase: (name: string) => void): Promise<ValidationRow[]> {
  const { Sandbox } = await import('../../user-protocols/sandbox.js');
  const sandbox = await Sandbox.open(readUserProtocol(file));
  try {
    const { id, base } = await sandbox.ask('describe', null);
    const cases = VALIDATION_CASES.filter((wanted) => wanted.protocol === base);
    if (cases.length === 0)
      throw new BadInput('validate-base', `no recording is held against ${base}, which ${file} extends`);
    const rows: ValidationRow[] = [];
    for (const wanted of cases) {
      onCase(`${wanted.kernel} ${wanted.scenario} under ${id}`);
      const { lifecycle, figures, missedFrees } = loadRecording(wanted.kernel, wanted.recording);
      const answer = await sandbox.ask('validate', {
        wanted,
        recording: { lifecycle, figures, missedFrees },
      });
      rows.push(...answer.map((row) => ({ ...row, protocol: id })));
    }
    return rows;
  } finally {
    sandbox.close();
  }
}

/** @param file a user's protocol; null: every case of the shipped ones */
export async function validateCommand(terminal: Terminal, file: string | null = null): Promise<ExitCode> {
  const onCase = (name: string): void => terminal.progress(name);
  const rows = file === null ? validationRows(onCase) : await userRows(file, onCase);
  const failed = rows.filter((row) => !row.ok).length;
  terminal.document({ rows, failed });
  terminal.line(
    table(
      ['kernel', 'protocol', 'scenario', 'figure', 'recorded', 'simulated', ''],
      rows.map((r) => {
        const values = [String(r.recorded), String(r.simulated), r.ok ? 'ok' : 'DIFFERS'];
        return [r.kernel, r.protocol, r.scenario, r.figure, ...values];
      }),
    ),
  );
  terminal.line();
  terminal.line(`${rows.length} rows, ${failed} failed`);
  return failed === 0 ? EXIT_CODE.FINE : EXIT_CODE.VIOLATED;
}
