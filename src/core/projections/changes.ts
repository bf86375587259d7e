// What differs between two states of one session, per aggregate and field, as paths of state-paths.ts.

import type { StateView } from './state.js';
import type { Value } from './state-paths.js';

export interface Change {
  readonly path: string;
  /** null: there was no such aggregate or field. */
  readonly before: Value;
  readonly after: Value;
}

type Tree = { readonly [field: string]: Value };

/** By path, in the order of the state. */
export function changesBetween(before: StateView, after: StateView): Change[] {
  const changes: Change[] = [];
  compare('', stateTree(before), stateTree(after), changes);
  return changes;
}

/** The state as its paths see it: aggregates by their numbers or names instead of lists. */
export function stateTree(state: StateView): Tree {
  const { clocks, vms, vcpus, roots, locks, rcu, tlbs, workItems, threads } = state;
  const json = (value: unknown): Value => value as Value;
  const by = <T>(list: readonly T[] | string, key: (item: T) => string | number): Value =>
    typeof list === 'string' ? list : Object.fromEntries(list.map((item) => [key(item), json(item)]));
  return {
    clocks: json(clocks),
    vms: by(vms, ({ vm }) => vm),
    vcpus: by(vcpus, ({ vcpu }) => vcpu),
    'tdp-mmus': Object.fromEntries(
      vms.map(({ vm }) => [
        vm,
        {
          roots: by(
            roots.filter((root) => root.vm === vm),
            ({ root }) => root,
          ),
        },
      ]),
    ),
    locks:
      typeof locks === 'string'
        ? locks
        : Object.fromEntries(
            vms.map(({ vm }) => [
              vm,
              by(
                locks.filter((view) => view.vm === vm),
                ({ lock }) => lock,
              ),
            ]),
          ),
    rcu: json(rcu),
    tlbs: by(tlbs, ({ vcpu }) => vcpu),
    'work-items': by(workItems, ({ root }) => root),
    threads: by(threads, ({ name }) => name),
  };
}

function compare(path: string, before: Value, after: Value, changes: Change[]): void {
  if (isTree(before) && isTree(after)) {
    for (const field of new Set([...Object.keys(before), ...Object.keys(after)])) {
      const at = path === '' ? field : `${path}.${field}`;
      compare(at, before[field] ?? null, after[field] ?? null, changes);
    }
  } else if (!same(before, after)) {
    changes.push({ path, before, after });
  }
}

function isTree(value: Value): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Lists are compared as wholes: a stack or a list of holders changes as one. */
function same(x: Value, y: Value): boolean {
  if (x === y) return true;
  return typeof x === 'object' && typeof y === 'object' && JSON.stringify(x) === JSON.stringify(y);
}
