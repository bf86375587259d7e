// Settings: flags over environment over defaults, each checked; what is shown of them; the README's table.
import { readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import {
  flagTexts,
  readSettings,
  SETTINGS,
  settingsFromEnvironment,
} from '../../../src/config/read-settings.js';
import { checkSettings, DEFAULT_SETTINGS } from '../../../src/config/settings.js';
import { settingsHelp, settingsMarkdown, shownSettings } from '../../../src/config/show-settings.js';

test('flags over environment over defaults, and where each came from', () => {
  const env = { ROOTLINE_PORT: '4000', ROOTLINE_DATA: '/x', ROOTLINE_DEMO: 'off', ROOTLINE_TOKEN: '' };
  const { settings, sources } = readSettings(flagTexts(['--port', '5000', '--data=/y']), env);
  expect(settings).toMatchObject({ host: '127.0.0.1', port: 5000, dataDir: '/y', demo: false, token: null });
  expect(sources).toMatchObject({ host: 'default', port: 'flag', dataDir: 'flag', demo: 'environment' });
  // An empty variable is not set.
  expect(sources.token).toBe('default');
  expect(readSettings({}, {}).settings).toEqual(DEFAULT_SETTINGS);
});

test('a wrong value names its variable or flag and what was expected', () => {
  const env = (name: string, value: string) => () => settingsFromEnvironment({ [name]: value });
  expect(env('ROOTLINE_PORT', '70000')).toThrow(
    'ROOTLINE_PORT must be a whole number from 0 to 65535, got "70000"',
  );
  expect(env('ROOTLINE_PORT', '1e3')).toThrow(/0 to 65535/);
  expect(env('ROOTLINE_DEMO', 'no')).toThrow('ROOTLINE_DEMO must be one of: on, off, got "no"');
  expect(env('ROOTLINE_TOKEN', 'short')).toThrow(/at least 16 characters.*got 5 characters/);
  expect(() => readSettings(flagTexts(['--workers', '0']), {})).toThrow(/^--workers must be .* from 1/);
  expect(() => flagTexts(['--prot', '1'])).toThrow(/--host, --port, --data/);
  expect(() => flagTexts(['--port'])).toThrow(/needs a value/);
  expect(() => checkSettings({ ...DEFAULT_SETTINGS, host: '0.0.0.0' })).toThrow(/ROOTLINE_TOKEN/);
});

test('a secret is not shown, and no secret has a flag', () => {
  const token = 'correct-horse-battery';
  const shown = shownSettings(readSettings({}, { ROOTLINE_TOKEN: token }));
  expect(JSON.stringify(shown)).not.toContain(token);
  expect(shown.find(({ name }) => name === 'token')).toMatchObject({
    from: 'environment',
    value: expect.stringContaining('set'),
  });
  expect(SETTINGS.filter(({ secret, flag }) => secret && flag !== null)).toEqual([]);
});

test('names are used once', () => {
  for (const names of [SETTINGS.map(({ env }) => env), SETTINGS.flatMap(({ flag }) => flag ?? [])]) {
    expect(new Set(names).size).toBe(names.length);
  }
  for (const { env, flag } of SETTINGS) expect(settingsHelp()).toContain(flag ?? env);
});

test('the table of the README is made from the schema (UPDATE=1 writes it)', () => {
  const path = new URL('../../../README.md', import.meta.url);
  const [begin, end] = [
    '<!-- settings: made from src/config/settings.ts -->\n',
    '\n<!-- end of settings -->',
  ];
  const parts = (): string[] => readFileSync(path, 'utf8').split(new RegExp(`${begin}|${end}`));
  if (process.env['UPDATE'] === '1') {
    const [before, , after] = parts();
    writeFileSync(path, before + begin + settingsMarkdown() + end + after);
  }
  expect(parts()).toHaveLength(3);
  expect(parts()[1]).toBe(settingsMarkdown());
});
