// The views: one line each. A view gets its address (what is behind its base, and the query) and fills the main area.
import type { ComponentType } from 'react';
import { SessionsView } from '../sessions/sessions-view.js';
import { type Later, later } from './later.js';
import type { ViewProps } from './view-props.js';

export interface View {
  readonly base: string;
  readonly title: string;
  /** Path of an 18 x 18 drawing. */
  readonly icon: string;
  readonly view: Later<ViewProps>;
  /** Shown for addresses below the base, such as one session. */
  readonly one?: Later<ViewProps>;
}

const SessionView = later<ViewProps>(async () => (await import('../session/session-view.js')).SessionView);
const ExploreView = later<ViewProps>(async () => (await import('../explore/explore-view.js')).ExploreView);
const ExplorationView = later<ViewProps>(
  async () => (await import('../explore/exploration-view.js')).ExplorationView,
);
const CompareView = later<ViewProps>(async () => (await import('../compare/compare-view.js')).CompareView);
const ImportView = later<ViewProps>(async () => (await import('../import/import-view.js')).ImportView);
/** One whose code is there from the beginning. */
const here = (Component: ComponentType<ViewProps>): Later<ViewProps> => ({
  Component,
  load: () => Promise.resolve(),
});

export const VIEWS: readonly View[] = [
  {
    base: '/sessions',
    title: 'Sessions',
    icon: 'M3 4h12M3 9h12M3 14h8',
    view: here(SessionsView),
    one: SessionView,
  },
  {
    base: '/compare',
    title: 'Compare',
    icon: 'M3 5h12M3 13h12M6 2.500v5M12 10.500v5',
    view: CompareView,
  },
  {
    base: '/explore',
    title: 'Explore',
    icon: 'M6 9l6-4M6 9l6 4M4 7a2 2 0 1 0 0 4 2 2 0 0 0 0-4M14 2.500a2 2 0 1 0 0 4 2 2 0 0 0 0-4M14 11.500a2 2 0 1 0 0 4 2 2 0 0 0 0-4',
    view: ExploreView,
    one: ExplorationView,
  },
  {
    base: '/import',
    title: 'Import',
    icon: 'M9 2v9M5.500 8L9 11.500 12.500 8M3 13v2.500h12V13',
    view: ImportView,
  },
];

export interface Routed {
  readonly view: Later<ViewProps>;
  /** What of the path is behind the view's base. */
  readonly rest: string;
}

/** The view of an address; null: there is none. */
export function routeOf(path: string): Routed | null {
  const found = VIEWS.find(({ base }) => path === base || path.startsWith(`${base}/`));
  if (found === undefined) return null;
  const rest = decoded(path.slice(found.base.length + 1));
  if (rest.includes('/') || (rest !== '' && found.one === undefined)) return null;
  return { view: rest !== '' && found.one !== undefined ? found.one : found.view, rest };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
