import { createRoot } from 'react-dom/client';
import { App } from './app/app.js';
import { applyTheme } from './app/preferences.js';
import { watchPrefix } from './app/shortcuts.js';
import './styles/base.css';
import './styles/frame.css';
import './styles/lists.css';

applyTheme();
watchPrefix();
const root = document.getElementById('root');
if (!root) throw new Error('the page has no #root');
createRoot(root).render(<App />);
