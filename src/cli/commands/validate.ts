// `validate`: the recorded ioctl scripts simulated and held against the recordings. Needs no data folder.
import { type ValidationRow, validate } from '../../core/run/validate.js';
import { VALIDATION_CASES } from '../../core/run/validate-cases.js';
import { simulateCase } from '../../core/run/validate-run.js';
import { EXIT_CODE, type ExitCode } from '../exit-codes.js';
import { loadRecording } from '../recordings.js';
import { type Terminal, table } from '../terminal.js';

export function validationRows(onCase: (name: string) => void): ValidationRow[] {
  return VALIDATION_CASES.flatMap((wanted) => {
    onCase(`${wanted.kernel} ${wanted.scenario} under ${wanted.protocol}`);
    return validate(wanted, loadRecording(wanted.kernel, wanted.recording), simulateCase(wanted));
  });
}

export function validateCommand(terminal: Terminal): ExitCode {
  const rows = validationRows((name) => terminal.progress(name));
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
