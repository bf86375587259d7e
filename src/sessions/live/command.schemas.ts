// Commands of live sessions as the API describes them: made from the core's one declaration of each.
import { z } from 'zod';
import { MAX_STEP_EVENTS } from '../../config/limits.js';
import {
  type CommandDeclaration,
  type Field,
  type Fields,
  GUEST_ACTIONS,
  LIVE_COMMANDS,
  MAX_GUEST_ACTIONS,
} from '../../core/scenarios/live/catalogue.js';
import { session } from '../session.schemas.js';

function fieldSchema(field: Field): z.ZodType {
  switch (field.kind) {
    case 'int': {
      const n = z.int().min(field.min).max(field.max);
      return (field.default === undefined ? n : n.default(field.default)).describe(field.doc);
    }
    case 'flag':
      return z.boolean().default(field.default).describe(field.doc);
    case 'word':
      return z.enum(field.words).default(field.default).describe(field.doc);
    case 'words':
      return z
        .array(z.enum(field.words))
        .min(1)
        .max(field.words.length)
        .default([...field.default])
        .describe(`${field.doc}; each at most once`);
    case 'guest':
      return z.array(guestAction).min(1).max(MAX_GUEST_ACTIONS).describe(field.doc);
  }
}

function fieldSchemas(fields: Fields): Record<string, z.ZodType> {
  return Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, fieldSchema(field)]));
}

type Strict = z.ZodObject<Record<string, z.ZodType>>;

const guestAction = z.union(
  Object.entries(GUEST_ACTIONS).map(([name, fields]) =>
    z.strictObject({ do: z.literal(name), ...fieldSchemas(fields) }),
  ) as unknown as [Strict, Strict],
);

/** Events of the full stream to go on for; null: to where the session waits for a command. */
const events = z
  .union([z.int().min(0).max(MAX_STEP_EVENTS), z.null()])
  .default(null)
  .describe(
    'events of the full stream to go on for, to the end of the step that reaches them; null: to where the session waits',
  );

/** The body of POST .../commands. The core checks it (resolveCommand), so this only describes it. */
export const liveCommand = z.union(
  Object.entries(LIVE_COMMANDS).map(([name, { doc, fields }]) =>
    z.strictObject({ command: z.literal(name), ...fieldSchemas(fields), events }).describe(doc),
  ) as unknown as [Strict, Strict],
);

/** The commands that have this field; the path gives it. */
export function aggregateCommand(field: 'vm' | 'vcpu'): z.ZodType {
  const members = Object.entries(LIVE_COMMANDS as { readonly [name: string]: CommandDeclaration })
    .filter(([, { fields }]) => Object.hasOwn(fields, field))
    .map(([name, { doc, fields }]) => {
      const { [field]: _given, ...rest } = fieldSchemas(fields);
      return z.strictObject({ command: z.literal(name), ...rest, events }).describe(doc);
    });
  return z.union(members as unknown as [Strict, Strict]);
}

export const stepSession = z.strictObject({ events });

export const storedCommand = z.object({
  number: z.int().describe('of the session, from 1; the value of CommandArrived and CommandDone'),
  command: z.record(z.string(), z.unknown()).describe('every field filled in'),
  afterPosition: z.int().describe('stored events before it'),
  atStep: z.int().describe('steps taken before it'),
  issuedAt: z.string(),
});

export const commandAnswer = z.object({ command: storedCommand, session });

export const listCommands = z.strictObject({
  from: z
    .string()
    .regex(/^[1-9]\d{0,8}$/, 'expected a whole number from 1')
    .optional()
    .describe('number of the first command'),
});

export const commandList = z.object({
  commands: z.array(storedCommand),
  next: z.union([z.int(), z.null()]).describe('`from` of the next page'),
});
