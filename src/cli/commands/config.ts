// `config`: which settings there are; with --print what each one is here, and whether a flag, the environment or its
// default said so. Secrets are never shown.
import { type FlagTexts, readSettings, SETTINGS } from '../../config/read-settings.js';
import { checkSettings } from '../../config/settings.js';
import { shownSettings } from '../../config/show-settings.js';
import { EXIT_CODE, type ExitCode } from '../exit-codes.js';
import { type Terminal, table } from '../terminal.js';

export function listSettings(terminal: Terminal): ExitCode {
  terminal.document({ settings: SETTINGS });
  terminal.line(
    table(
      ['variable', 'flag', 'default', 'accepted', ''],
      SETTINGS.map((s) => [s.env, s.flag, s.default, s.range, s.doc]),
    ),
  );
  return EXIT_CODE.FINE;
}

export function printSettings(flags: FlagTexts, terminal: Terminal): ExitCode {
  const read = readSettings(flags, process.env);
  checkSettings(read.settings);
  const shown = shownSettings(read);
  terminal.document({ settings: shown });
  const origin = { flag: 'flag', environment: 'env', default: 'default' };
  terminal.line(
    table(
      ['setting', 'value', 'from'],
      shown.map((s) => {
        const given = s.from === 'flag' ? s.flag : s.from === 'environment' ? s.env : '';
        return [s.name, s.value === '' ? null : s.value, `${origin[s.from]} ${given}`.trim()];
      }),
    ),
  );
  return EXIT_CODE.FINE;
}
