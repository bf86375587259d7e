// Numbers of the world in words. Names are those of the tables they come from.
import {
  ROLE,
  role_as_id,
  role_is_invalid,
  role_is_mirror,
  role_level,
  roleText,
} from '../aggregates/role.js';
import type { World } from '../aggregates/world.js';

/** What the recording level did not keep; never shown as empty or zero. */
export const NOT_RECORDED = 'notRecorded';
export type Kept<T> = T | typeof NOT_RECORDED;

export interface ViewContext {
  readonly world: World;
  /** The world was folded from every event, not from a lifecycle recording. */
  readonly full: boolean;
}

export function kept<T>({ full }: ViewContext, value: T): Kept<T> {
  return full ? value : NOT_RECORDED;
}

type Names = { readonly [name: string]: number };

export function nameOf(names: Names, value: number): string {
  return Object.keys(names).find((name) => names[name] === value) ?? String(value);
}

export function bitsOf(names: Names, word: number): string[] {
  return Object.keys(names).filter((name) => (word & (names[name] ?? 0)) !== 0);
}

export interface RoleView {
  readonly word: number;
  /** `4-level SMM`, `5-level guest_mode invalid`, ... */
  readonly text: string;
  readonly level: number;
  readonly smm: boolean;
  readonly guestMode: boolean;
  readonly direct: boolean;
  readonly invalid: boolean;
  /** Of the external page tables (TDX). */
  readonly mirror: boolean;
  /** Address space: 1 in SMM. */
  readonly asId: number;
}

export function roleView(word: number): RoleView {
  return {
    word,
    text: roleText(word),
    level: role_level(word),
    smm: (word & ROLE.SMM) !== 0,
    guestMode: (word & ROLE.GUEST_MODE) !== 0,
    direct: (word & ROLE.DIRECT) !== 0,
    invalid: role_is_invalid(word),
    mirror: role_is_mirror(word),
    asId: role_as_id(word),
  };
}

export { root_slot_name as slotName } from '../aggregates/layout.js';
