// Starts the page.
import './theme/tokens.css';
import './theme/base.css';
import { createRoot } from 'react-dom/client';
import { askAhead } from './api/ask.js';
import { App } from './app/app.js';
import { startKeys } from './app/keys.js';
import { startTheme } from './app/theme.js';
import { routeOf } from './app/views.js';
import { OVERVIEW_QUERY } from './timeline/model/overview.js';

// What the address wants is asked for before anything is drawn.
void routeOf(location.pathname)
  ?.view.load()
  .catch(() => undefined);
const [, session] = /^\/sessions\/(\d+)$/.exec(location.pathname) ?? [];
if (session !== undefined) {
  void askAhead<'Sessions_get'>(`/sessions/${session}`).then((found) => {
    if (found === null || found.stored === 0) return;
    void askAhead<'Travel_timeline'>(`/sessions/${session}/timeline`, OVERVIEW_QUERY);
  });
}
startTheme();
startKeys();
const root = document.getElementById('root');
if (root !== null) createRoot(root).render(<App />);
