// Ledgers, blame, waits and critical paths, as the API describes them; see core/projections/ledger, core/projections/blame
// and core/causality for the meaning.
import { z } from 'zod';
import { CRITICAL_PATH_LINKS_DEFAULT, CRITICAL_PATH_LINKS_MAX } from '../core/causality/critical-path.js';
import { EDGE_KINDS, type EdgeKind } from '../core/causality/edges.js';
import { BLAME_CHANGES_DEFAULT, BLAME_CHANGES_MAX } from '../core/projections/blame/blame.js';
import {
  LEDGER_CLOSED_DEFAULT,
  LEDGER_CLOSED_MAX,
  LEDGER_EVENTS_MAX,
} from '../core/projections/ledger/ledger.js';
import { MAX_PATH_CHARS } from '../core/projections/state-paths.js';
import { queryInteger } from '../http/zod.pipe.js';
import { whenFields } from './state.schemas.js';

const MAX_POSITION = Number.MAX_SAFE_INTEGER;
const notRecorded = z.literal('notRecorded').describe('the recording level did not keep it');
const kept = <T extends z.ZodType>(schema: T) => z.union([schema, notRecorded]);
const nullable = <T extends z.ZodType>(schema: T) => z.union([schema, z.null()]);
const nullableText = z.union([z.string(), z.null()]);
const yes = z
  .enum(['true', 'false'])
  .default('false')
  .transform((text) => text === 'true');

const frame = z.object({ function: z.string(), label: z.string() });
const place = z.object({
  position: z.int(),
  ordinal: z.int(),
  timeNs: z.number(),
  thread: z.string(),
  function: nullableText,
  label: nullableText,
  callers: z.array(frame).describe('innermost first'),
});

// ---- ledger
const holderKind = z.enum(['vcpu', 'iterator', 'tdpMmu', 'work']);
export const ledgerQuery = z.strictObject({
  ...whenFields,
  limit: queryInteger(0, LEDGER_CLOSED_MAX)
    .default(LEDGER_CLOSED_DEFAULT)
    .describe('references given back to list, the last ones'),
  events: queryInteger(1, LEDGER_EVENTS_MAX)
    .default(LEDGER_EVENTS_MAX)
    .describe(
      'events of the root that are read, the last ones: fewer are quicker, what is older is an opening balance',
    ),
});
export const ledger = z.object({
  root: z.int(),
  vm: nullable(z.int()).describe('null: no TDP MMU has listed it yet'),
  at: z.int(),
  address: z.int(),
  role: z.string(),
  invalid: z.boolean(),
  refcount: z.int(),
  balance: z.int().describe('references that are out, surplus puts taken off: what refcount should be'),
  state: z.enum(['live', 'lastPut', 'freed']),
  born: place,
  invalidated: nullable(place),
  lastPut: nullable(place),
  freed: nullable(place),
  from: z.int().describe('first event that was read; 1: the whole life was'),
  complete: z.boolean(),
  counts: z.object({ taken: z.int(), givenBack: z.int(), surplusPuts: z.int() }),
  references: z.array(
    z.object({
      number: z.int(),
      holder: holderKind,
      owner: z.string(),
      why: z.string(),
      state: z.enum(['held', 'givenBack', 'leaked']),
      taken: nullable(place),
      moves: z.array(z.object({ to: z.string(), at: place })),
      givenBack: nullable(place),
      leaked: nullable(place),
    }),
  ),
  faults: z.array(
    z.object({
      kind: z.enum(['leak', 'surplusPut', 'missingGet', 'useAfterFree']),
      owner: z.string().describe('whose put is missing or one too many; who touched what was gone'),
      what: z.string(),
      at: place,
      reference: nullable(z.int()),
    }),
  ),
  faultsSeen: z.int(),
});

// ---- blame
const value = z.unknown().describe('JSON; null: there was no such thing');
export const blameQuery = z.strictObject({
  ...whenFields,
  path: z.string().max(MAX_PATH_CHARS).describe('such as tdp-mmus.1.roots.3.refcount'),
  all: yes.describe('every change, not only the last one'),
  limit: queryInteger(1, BLAME_CHANGES_MAX)
    .default(BLAME_CHANGES_DEFAULT)
    .describe('changes on the page, with all=true'),
});
export const blame = z.object({
  path: z.string(),
  at: z.int(),
  value,
  outcome: z
    .enum(['found', 'never', 'notRecorded', 'more'])
    .describe('more: the search was bounded; it goes on at `next`'),
  changes: z
    .array(z.object({ before: value, after: value, at: place, type: z.string(), event: z.string() }))
    .describe('latest first'),
  next: nullable(z.int()).describe('`at` of a call for older changes'),
});

// ---- waits
const edgeKinds = Object.keys(EDGE_KINDS) as EdgeKind[];
export const waitQuery = z.strictObject({
  ...whenFields,
  thread: z.string().max(64).describe('name or number; its last wait that began by then'),
});
export const wait = z.object({
  thread: z.string(),
  kind: z.enum(['lock', 'workFlush', 'srcu', 'gracePeriod', 'remoteFlush', 'work']),
  what: z.string(),
  began: place,
  ended: kept(nullable(place)),
  waitedNs: kept(nullable(z.number())),
  holders: z.array(
    z.object({
      thread: z.string(),
      mode: z.string(),
      taken: kept(nullable(place)),
      released: kept(nullable(place)),
      heldNs: kept(nullable(z.number())),
      overtook: z.boolean(),
    }),
  ),
  endedBy: kept(z.array(z.object({ kind: z.enum(edgeKinds), at: place }))),
  alsoWaiting: z.array(z.object({ thread: z.string(), mode: z.string(), since: nullable(place) })),
});

// ---- critical path
export const criticalPathQuery = z.strictObject({
  from: queryInteger(1, MAX_POSITION),
  to: queryInteger(1, MAX_POSITION),
  limit: queryInteger(1, CRITICAL_PATH_LINKS_MAX)
    .default(CRITICAL_PATH_LINKS_DEFAULT)
    .describe('links to list, the last ones; sums are over all'),
});
const cause = z.string().describe('runs, guest, sleeps, notScheduled, barrier, or the kind of an edge');
const path = z.object({
  from: z.int(),
  to: z.int(),
  begins: place,
  ends: place,
  durationNs: z.number(),
  byCause: z.array(z.object({ cause, ns: z.number(), text: z.string() })),
  byThread: z.array(z.object({ thread: z.string(), ns: z.number() })),
  byFunction: z.array(z.object({ function: z.string(), ns: z.number() })),
  links: z.array(
    z.object({
      thread: z.string(),
      function: nullableText,
      from: z.int(),
      to: z.int(),
      events: z.int(),
      durationNs: z.number(),
      cause,
      wake: nullable(z.object({ kind: z.string(), by: place, waitedNs: z.number() })),
    }),
  ),
  linksSeen: z.int(),
});
export const criticalPath = z.union([path, z.object({ from: z.int(), to: z.int(), links: notRecorded })]);
