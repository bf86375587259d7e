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

export const VIEWS: readonly View[] = [
  {
    base: '/sessions',
    title: 'Sessions',
    icon: 'M3 4h12M3 9h12M3 14h8',
    component: SessionsView,
    one: SessionView,
  },
];
