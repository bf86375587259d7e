// The views: one line each. A view gets its address (what is behind its base, and the query) and fills the main area.
import { type ComponentType, lazy } from 'react';
import { SessionsView } from '../sessions/sessions-view.js';
import type { ViewProps } from './view-props.js';

export interface View {
  readonly base: string;
  readonly title: string;
  /** Path of an 18 x 18 drawing. */
  readonly icon: string;
  readonly component: ComponentType<ViewProps>;
  /** Shown for addresses below the base, such as one session. */
  readonly one?: ComponentType<ViewProps>;
}

const SessionView = lazy(async () => ({ default: (await import('../session/session-view.js')).SessionView }));
const ExploreView = lazy(async () => ({ default: (await import('../explore/explore-view.js')).ExploreView }));
const ExplorationView = lazy(async () => ({
  default: (await import('../explore/exploration-view.js')).ExplorationView,
}));
const CompareView = lazy(async () => ({ default: (await import('../compare/compare-view.js')).CompareView }));

export const VIEWS: readonly View[] = [
  {
    base: '/sessions',
    title: 'Sessions',
    icon: 'M3 4h12M3 9h12M3 14h8',
    component: SessionsView,
    one: SessionView,
  },
  {
    base: '/compare',
    title: 'Compare',
    icon: 'M3 5h12M3 13h12M6 2.500v5M12 10.500v5',
    component: CompareView,
  },
  {
    base: '/explore',
    title: 'Explore',
    icon: 'M6 9l6-4M6 9l6 4M4 7a2 2 0 1 0 0 4 2 2 0 0 0 0-4M14 2.500a2 2 0 1 0 0 4 2 2 0 0 0 0-4M14 11.500a2 2 0 1 0 0 4 2 2 0 0 0 0-4',
    component: ExploreView,
    one: ExplorationView,
  },
];
