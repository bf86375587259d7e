// Settings for people: the table of the README, the options of `--help`, and what `rootline config --print` says.

import { type NamedSetting, type ReadSettings, SETTINGS, type SettingSource } from './read-settings.js';
import type { SettingName, Settings } from './settings.js';

export interface ShownSetting extends NamedSetting {
  /** As it would be given; of a secret only whether it is set. */
  readonly value: string;
  readonly from: SettingSource;
}

const REDACTED = '(set, not shown)';
/** The default differs from machine to machine. */
const CORES = 'number of cores';

export function shownSettings({ settings, sources }: ReadSettings): ShownSetting[] {
  return SETTINGS.map((setting) => {
    const text = textOf(settings[setting.name]);
    return {
      ...setting,
      value: setting.secret && text !== '' ? REDACTED : text,
      from: sources[setting.name],
    };
  });
}

/** One option's help: `meaning (range; default; variable)`. */
export function optionHelp(setting: NamedSetting): string {
  const initially = setting.default === '' ? '' : `; default ${shownDefault(setting)}`;
  return `${setting.doc} (${setting.range}${initially}; ${setting.env})`;
}

/** The table of the README; a test holds them equal. */
export function settingsMarkdown(): string {
  const rows = SETTINGS.map((s) => {
    const cells = [`\`${s.env}\``, s.flag === null ? '' : `\`${s.flag}\``, shownDefault(s), s.range, s.doc];
    return `| ${cells.join(' | ')} |`;
  });
  return ['| variable | flag | default | accepted | |', '|---|---|---|---|---|', ...rows].join('\n');
}

/** What `--help` of the server says. */
export function settingsHelp(): string {
  const names = SETTINGS.map(({ flag, env }) => flag ?? env);
  const width = Math.max(...names.map((name) => name.length));
  return SETTINGS.map((s, i) => `  ${names[i]!.padEnd(width)}  ${optionHelp(s)}`).join('\n');
}

function shownDefault(setting: NamedSetting): string {
  return setting.name === 'workers' ? CORES : setting.default;
}

function textOf(value: Settings[SettingName]): string {
  if (value === null) return '';
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  return typeof value === 'object' ? value.join(',') : String(value);
}
