// Filters of the events table: what clicked values and typed chips come to as a query. One of each kind; of types several.
import type { Operations } from '../../../api/schema.js';

export type FilterName = 'type' | 'thread' | 'subject' | 'function';
export interface Filter {
  readonly name: FilterName;
  readonly value: string;
}
const NAMES: readonly FilterName[] = ['type', 'thread', 'subject', 'function'];

/** `type:RootPut,subject:root:2`, as it stands in the address. */
export function filtersOf(text: string): Filter[] {
  return text.split(';').flatMap((part) => {
    const name = NAMES.find((one) => part.startsWith(`${one}:`));
    const value = name === undefined ? '' : part.slice(name.length + 1);
    return name === undefined || value === '' ? [] : [{ name, value }];
  });
}

export function filtersText(filters: readonly Filter[]): string {
  return filters.map(({ name, value }) => `${name}:${value}`).join(';');
}

/** Types add up; of the others the latest counts. The same one again takes it away. */
export function toggled(filters: readonly Filter[], filter: Filter): Filter[] {
  if (filters.some(({ name, value }) => name === filter.name && value === filter.value)) {
    return filters.filter(({ name, value }) => name !== filter.name || value !== filter.value);
  }
  const kept = filter.name === 'type' ? filters : filters.filter(({ name }) => name !== filter.name);
  return [...kept, filter];
}

export type FilterQuery = { [N in Extract<Operations['Events_events']['query'], FilterName>]?: string };

export function filterQuery(filters: readonly Filter[]): FilterQuery {
  const query: FilterQuery = {};
  for (const { name, value } of filters) {
    query[name] = name === 'type' && query.type !== undefined ? `${query.type},${value}` : value;
  }
  return query;
}
