// The shell: rail, view, status line; the sheet of keys; the form for a token where the server asks for one.
import { useCallback, useEffect, useState } from 'react';
import { LoginNeeded, useToken } from '../api/token.js';
import { startWatching } from '../live/watch.js';
import { Boundary } from '../ui/boundary.js';
import { EmptyState } from '../ui/states.js';
import { useTitle } from '../ui/title.js';
import { KeySheet } from './key-sheet.js';
import { useKeys } from './keys.js';
import { later } from './later.js';
import { Link } from './link.js';
import { Rail } from './rail.js';
import { go, usePlace } from './router.js';
import { StatusLine, useStatus } from './status.js';
import { toggleTheme } from './theme.js';
import { routeOf, VIEWS } from './views.js';

const Tour = later(async () => (await import('../tour/tour.js')).Tour);
/** Whether somebody has been here before. */
const TOURED = 'rootline.tour';

export function App() {
  const { path, query } = usePlace();
  const [sheet, setSheet] = useState(false);
  const { token, needed } = useToken();
  // Who comes by a link to something wants to see that, not a tour.
  const [tour, setTour] = useState(
    () =>
      localStorage.getItem(TOURED) === null &&
      /^\/(sessions)?$/.test(location.pathname) &&
      location.search === '',
  );
  const endTour = useCallback(() => {
    localStorage.setItem(TOURED, 'done');
    setTour(false);
  }, []);
  const beginTour = () => {
    setSheet(false);
    go('/sessions');
    setTour(true);
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: another token is another connection
  useEffect(() => startWatching(), [token]);
  useEffect(() => {
    if (path === '/') go('/sessions', true);
  }, [path]);
  useKeys([
    { key: '?', label: 'this sheet', group: 'Everywhere', run: () => setSheet((open) => !open) },
    { key: 'Shift+t', label: 'light or dark', group: 'Everywhere', run: toggleTheme },
    { key: 'Shift+h', label: 'the tour, from its beginning', group: 'Everywhere', run: beginTour },
    ...VIEWS.map(({ base, title }) => ({
      key: `Shift+${title.charAt(0).toLowerCase()}`,
      label: title,
      group: 'Everywhere',
      run: () => go(base),
    })),
  ]);
  return (
    <div className="app">
      <Rail path={path} onKeys={() => setSheet(true)} />
      <main className="view">{needed ? <LoginNeeded /> : <Routed path={path} query={query} />}</main>
      <StatusLine />
      {sheet && <KeySheet onClose={() => setSheet(false)} onTour={beginTour} />}
      {tour && !needed && <Tour.Component onEnd={endTour} />}
    </div>
  );
}

/** An address that nobody has: mistyped, or of another version. */
function NoView({ path }: { readonly path: string }) {
  useTitle('Not found');
  useStatus({ facts: [], command: '--help', keys: [['?', 'all keys']] });
  return (
    <EmptyState title="There is no such view">
      <p className="t2">
        Nothing is at <span className="m">{path}</span>. The views are:
      </p>
      <p className="choices">
        {VIEWS.map(({ base, title }, i) => (
          <Link key={base} to={base} className={i === 0 ? 'btn p' : 'btn'}>
            {title}
          </Link>
        ))}
      </p>
    </EmptyState>
  );
}

function Routed({ path, query }: { readonly path: string; readonly query: URLSearchParams }) {
  const routed = routeOf(path);
  if (path === '/') return null;
  if (routed === null) {
    return <NoView path={path} />;
  }
  const Shown = routed.view.Component;
  return (
    <Boundary key={path}>
      <Shown rest={routed.rest} query={query} />
    </Boundary>
  );
}
