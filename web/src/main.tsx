// Starts the page.
import './theme/tokens.css';
import './theme/base.css';
import { createRoot } from 'react-dom/client';
import { App } from './app/app.js';
import { startKeys } from './app/keys.js';
import { startTheme } from './app/theme.js';

startTheme();
startKeys();
const root = document.getElementById('root');
if (root !== null) createRoot(root).render(<App />);
