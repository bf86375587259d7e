// `serve`: the same server that `npm start` runs, with flags instead of the environment.
import { settingsFromEnvironment, settingsFromFlags } from '../../config/settings.js';

export interface ServeOptions {
  readonly port?: string;
  readonly host?: string;
  readonly data?: string;
}

/** Resolves with the exit code when the server was told to stop. */
export async function serve(options: ServeOptions): Promise<number> {
  const flags = Object.entries(options).flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name}`, value],
  );
  const settings = settingsFromFlags(flags, settingsFromEnvironment(process.env));
  // Loaded here only: no other command needs the server's packages.
  const server = await import('../../main.js');
  return await server.serve(settings);
}
