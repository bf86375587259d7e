// The rail: the views, the theme, the keys.
import { Link } from './link.js';
import { toggleTheme, useTheme } from './theme.js';
import { VIEWS } from './views.js';

export function Rail({ path, onKeys }: { readonly path: string; readonly onKeys: () => void }) {
  const theme = useTheme();
  return (
    <nav className="rail" aria-label="Views">
      <Link to="/sessions" className="logo" aria-label="Rootline">
        <svg viewBox="0 0 18 18" aria-hidden="true">
          <path d="M9 1.5v5M9 6.5C9 10 3.5 9.5 3.5 14.5M9 6.5C9 10 14.5 9.5 14.5 14.5M9 6.5v9" />
        </svg>
      </Link>
      {VIEWS.map(({ base, title, icon }) => (
        <Link key={base} to={base} {...(path.startsWith(base) ? { 'aria-current': 'page' } : {})}>
          <svg viewBox="0 0 18 18" aria-hidden="true">
            <path d={icon} />
          </svg>
          {title}
        </Link>
      ))}
      <span className="sp" />
      <button
        type="button"
        onClick={toggleTheme}
        aria-label={`Use the ${theme === 'dark' ? 'light' : 'dark'} theme`}
      >
        <svg viewBox="0 0 18 18" aria-hidden="true">
          <path d="M9 3a6 6 0 1 0 0 12zM9 3a6 6 0 0 1 0 12" />
        </svg>
        {theme === 'dark' ? 'Light' : 'Dark'}
      </button>
      <button type="button" onClick={onKeys}>
        <svg viewBox="0 0 18 18" aria-hidden="true">
          <path d="M9 2a7 7 0 1 0 0 14A7 7 0 0 0 9 2M7 7a2 2 0 1 1 2 2.500v1M9 12.500v1" />
        </svg>
        Keys ?
      </button>
    </nav>
  );
}
