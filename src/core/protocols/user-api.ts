// What a protocol that a user brings is given, and what it gives back: `export default (api) => api.extend('v5.18', {...})`.
// Exported by the package as `rootline/protocol`. Everything is injected, so that the module imports nothing.
import { LOCK_KIND, SLOT, SLOT_FLAG, SLOT_STATE, VCPU, VM, VM_STATE, WORK } from '../aggregates/layout.js';
import { ROLE, role_as_id, role_is_invalid, role_level } from '../aggregates/role.js';
import * as spte from '../aggregates/spte.js';
import { E } from '../events/catalogue.js';
import { ACCESS, ASSERTION, EXIT, FLUSH, MODE, REQ, RESET, RET_PF } from '../events/constants.js';
import { LOCK_MODE } from '../events/lock.events.js';
import { HOLDER } from '../events/root.events.js';
import type { fn } from '../kernel/functions.js';
import type { op } from '../machine/op.js';
import type { call, Procedure, procedure, ret, Step, steps } from '../machine/procedure.js';
import type { OwnRules, Protocol } from './protocol.js';

/** Numbers with names, as the shipped procedures use them. */
export const USER_CONSTANTS = {
  ACCESS,
  ASSERTION,
  E,
  EXIT,
  FLUSH,
  HOLDER,
  LOCK_KIND,
  LOCK_MODE,
  MODE,
  REQ,
  RESET,
  RET_PF,
  ROLE,
  SLOT,
  SLOT_FLAG,
  SLOT_STATE,
  VCPU,
  VM,
  VM_STATE,
  WORK,
} as const;

/** Pure functions over words. */
export const USER_HELPERS = { role_as_id, role_is_invalid, role_level, ...spte } as const;

/** Its steps fit into any table: who spreads them declares their locals and has the labels that they go to. */
export interface ShippedProcedure extends Omit<Procedure, 'steps'> {
  readonly steps: Readonly<Record<string, Step<never, never>>>;
}

export interface UserRules {
  readonly title?: string;
  /** Where the rules come from: a mail, a commit. */
  readonly source?: string;
  /** Whole procedures, made with `api.procedure`. */
  readonly replace?: readonly (Procedure | ShippedProcedure)[];
  /** Single steps of procedures of the base: by C name, then by label. Their locals are the base's. */
  readonly steps?: {
    readonly [procedure: string]: { readonly [label: string]: Step<string, string> };
  };
  readonly constants?: OwnRules['constants'];
  readonly rules?: OwnRules['rules'];
}

export interface ProtocolApi {
  /** A protocol with these replacements; what the module returns. */
  extend(base: string, own: UserRules): Protocol;
  /** A shipped protocol's form of a function: to take it as it is, or to spread its `steps`. */
  shipped(protocol: string, name: string): ShippedProcedure;
  readonly procedure: typeof procedure;
  readonly steps: typeof steps;
  readonly op: typeof op;
  readonly call: typeof call;
  readonly ret: typeof ret;
  readonly fn: typeof fn;
  readonly constants: typeof USER_CONSTANTS;
  readonly helpers: typeof USER_HELPERS;
}

/** Type of the module's default export: `@type {import('rootline/protocol').ProtocolModule}`. */
export type ProtocolModule = (api: ProtocolApi) => Protocol;

/** A protocol that a user brought, as it stands in a manifest: its text is what runs. */
export interface UserProtocolText {
  /** Base name of the file. */
  readonly file: string;
  /** SHA-256 of the text, hex. */
  readonly digest: string;
  readonly text: string;
}
