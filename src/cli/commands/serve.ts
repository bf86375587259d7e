// `serve`: the same server that `npm start` runs; every setting that has a flag is an option.
import { type Command, Option } from 'commander';
import { type FlagTexts, readSettings, SETTINGS } from '../../config/read-settings.js';
import type { SettingName } from '../../config/settings.js';
import { optionHelp } from '../../config/show-settings.js';

/** The options of `serve` and `config`. */
export function addSettingOptions(command: Command): Command {
  for (const setting of SETTINGS) {
    if (setting.flag !== null) command.addOption(new Option(`${setting.flag} <value>`, optionHelp(setting)));
  }
  return command;
}

/** What commander read, by the settings' names. */
export function settingFlags(options: Readonly<Record<string, unknown>>): FlagTexts {
  const texts: { -readonly [K in SettingName]?: string } = {};
  for (const { name, flag } of SETTINGS) {
    const value = flag === null ? undefined : options[new Option(`${flag} <value>`).attributeName()];
    if (typeof value === 'string') texts[name] = value;
  }
  return texts;
}

/** Resolves with the exit code when the server was told to stop. */
export async function serve(flags: FlagTexts): Promise<number> {
  const { settings } = readSettings(flags, process.env);
  // Loaded here only: no other command needs the server's packages.
  const server = await import('../../main.js');
  return await server.serve(settings);
}
