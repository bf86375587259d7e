// What one setting is: a zod schema that reads its text (an environment variable or a flag), with its names, default,
// range and meaning beside it in a registry. Everything that shows settings (help, README, `rootline config`) reads the
// registry; nothing is written twice.
import { z } from 'zod';

export interface SettingDoc {
  /** Environment variable; an empty one counts as not set. */
  readonly env: string;
  /** `--name`; null: never on a command line, which other users of the machine can read (tokens). */
  readonly flag: string | null;
  /** As text, as it would be given. */
  readonly default: string;
  /** Completes "NAME must be ...". */
  readonly range: string;
  readonly doc: string;
  /** Its value is never shown. */
  readonly secret: boolean;
}

export const SETTING_DOCS = z.registry<SettingDoc>();

/** Reads one setting's text; its description completes "NAME must be ...". */
export type SettingKind<T> = z.ZodType<T, string>;

export function setting<T>(
  kind: SettingKind<T>,
  doc: Omit<SettingDoc, 'range' | 'secret'> & { readonly secret?: true },
): z.ZodPrefault<SettingKind<T>> {
  const range = kind.description;
  if (range === undefined) throw new Error(`the kind of ${doc.env} has no description`);
  const schema = kind.prefault(doc.default);
  SETTING_DOCS.add(schema, { ...doc, range, secret: doc.secret === true });
  return schema;
}

/** A whole number; `unit` follows the range: "a whole number from 1 to 60000 (ms)". */
export function wholeNumber(min: number, max: number, unit?: string): SettingKind<number> {
  return z
    .string()
    .regex(/^\d{1,16}$/)
    .transform(Number)
    .refine((n) => n >= min && n <= max)
    .describe(`a whole number from ${min} to ${max}${unit === undefined ? '' : ` (${unit})`}`);
}

export function oneOf<const T extends string>(...words: readonly T[]): SettingKind<T> {
  const known: readonly string[] = words;
  return z
    .string()
    .refine((text) => known.includes(text))
    .transform((text) => text as T)
    .describe(`one of: ${words.join(', ')}`);
}

export function onOff(): SettingKind<boolean> {
  return z
    .string()
    .refine((text) => text === 'on' || text === 'off')
    .transform((text) => text === 'on')
    .describe('one of: on, off');
}

export function text(what: string): SettingKind<string> {
  return z.string().min(1).describe(what);
}

/** No text is null. */
export function optionalText(what: string, accepts: (value: string) => boolean): SettingKind<string | null> {
  return z
    .string()
    .refine((value) => value === '' || accepts(value))
    .transform((value) => (value === '' ? null : value))
    .describe(what);
}

/** Words separated by commas; lower case. */
export function list(what: string): SettingKind<readonly string[]> {
  return z
    .string()
    .transform((value) =>
      value
        .split(',')
        .map((word) => word.trim().toLowerCase())
        .filter(Boolean),
    )
    .describe(what);
}
