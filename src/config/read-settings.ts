// Settings from where people give them: flags over environment over defaults, every value checked, errors that name
// the flag or variable and say what was expected.

import { BadInput } from '../core/base/errors.js';
import { SETTING_DOCS, type SettingDoc } from './setting.js';
import { type SettingName, type Settings, settingsSchema } from './settings.js';

export type Environment = Readonly<Record<string, string | undefined>>;
export type SettingSource = 'flag' | 'environment' | 'default';
/** Texts of flags that were given, by the setting's name. */
export type FlagTexts = { readonly [K in SettingName]?: string };

export interface ReadSettings {
  readonly settings: Settings;
  readonly sources: { readonly [K in SettingName]: SettingSource };
}

export interface NamedSetting extends SettingDoc {
  readonly name: SettingName;
}

/** All settings, in the order of the schema. */
export const SETTINGS: readonly NamedSetting[] = (Object.keys(settingsSchema.shape) as SettingName[]).map(
  (name) => ({ name, ...SETTING_DOCS.get(settingsSchema.shape[name])! }),
);

/** One setting, for those who need no other. */
export function readSetting<K extends SettingName>(name: K, flags: FlagTexts, env: Environment): Settings[K] {
  return readOne(name, flags, env).value;
}

export function readSettings(flags: FlagTexts, env: Environment): ReadSettings {
  const settings: Partial<Record<SettingName, unknown>> = {};
  const sources: Partial<Record<SettingName, SettingSource>> = {};
  for (const { name } of SETTINGS) {
    const { value, source } = readOne(name, flags, env);
    settings[name] = value;
    sources[name] = source;
  }
  return { settings: settings as unknown as Settings, sources: sources as ReadSettings['sources'] };
}

export function settingsFromEnvironment(env: Environment): Settings {
  return readSettings({}, env).settings;
}

/** `--name value` or `--name=value` for every setting that has a flag. */
export function flagTexts(args: readonly string[]): FlagTexts {
  const texts: { -readonly [K in SettingName]?: string } = {};
  const rest = args.flatMap((arg) => {
    const at = arg.startsWith('--') ? arg.indexOf('=') : -1;
    return at < 0 ? [arg] : [arg.slice(0, at), arg.slice(at + 1)];
  });
  for (let i = 0; i < rest.length; i += 2) {
    const found = SETTINGS.find(({ flag }) => flag === rest[i]);
    if (found === undefined) {
      const known = SETTINGS.flatMap(({ flag }) => flag ?? []);
      throw new BadInput(
        'flag',
        `flag "${rest[i]}" is not known; expected one of: ${known.join(', ')}`,
        known,
      );
    }
    const value = rest[i + 1];
    if (value === undefined) throw new BadInput('flag', `${found.flag} needs a value; ${found.doc}`);
    texts[found.name] = value;
  }
  return texts;
}

function readOne<K extends SettingName>(
  name: K,
  flags: FlagTexts,
  env: Environment,
): { readonly value: Settings[K]; readonly source: SettingSource } {
  const doc = SETTINGS.find((s) => s.name === name)!;
  const flag = flags[name];
  const variable = env[doc.env] === '' ? undefined : env[doc.env];
  const result = settingsSchema.shape[name].safeParse(flag ?? variable);
  if (!result.success) {
    const given = flag === undefined ? doc.env : doc.flag!;
    const got = doc.secret ? `${(flag ?? variable)!.length} characters` : `"${flag ?? variable}"`;
    throw new BadInput('setting', `${given} must be ${doc.range}, got ${got}`);
  }
  const source = flag !== undefined ? 'flag' : variable !== undefined ? 'environment' : 'default';
  return { value: result.data as Settings[K], source };
}
