import icon from '../icon.svg';
import { setTheme, theme, type Theme, usePreference } from './preferences.js';
import { hrefOf, type Route } from './router.js';

const PLACES: readonly { label: string; route: Route; views: readonly Route['view'][]; glyph: string }[] = [
  { label: 'Workflows', route: { view: 'workflows', name: undefined }, views: ['workflows', 'own'], glyph: 'M4 6h6v4H4zM14 14h6v4h-6zM10 8h3a2 2 0 0 1 2 2v4' },
  { label: 'Executions', route: { view: 'executions', filter: {} }, views: ['executions', 'execution'], glyph: 'M4 6h9M7 12h12M5 18h7' },
  { label: 'System', route: { view: 'system' }, views: ['system'], glyph: 'M3 13h4l3-8 4 14 3-6h4' },
];
const NEXT: Record<Theme, Theme> = { system: 'light', light: 'dark', dark: 'system' };
const THEME_GLYPH: Record<Theme, string> = { system: '◐', light: '☀', dark: '☾' };

export function TopBar({ view, onHelp, onSignOut }: { view: Route['view'] | undefined; onHelp: (() => void) | undefined; onSignOut: (() => void) | undefined }) {
  const chosen = usePreference(theme);
  return (
    <header className="top-bar">
      <span className="brand"><img src={icon} alt="" width="24" height="24" /> Stepcast</span>
      {view !== undefined && (
        <nav aria-label="Main">
          {PLACES.map(({ label, route, views, glyph }) => (
            <a key={label} href={hrefOf(route)} aria-current={views.includes(view) ? 'page' : undefined}>
              <svg viewBox="0 0 24 24" width="18" height="18" aria-hidden="true"><path d={glyph} /></svg>{label}
            </a>
          ))}
        </nav>
      )}
      <span className="bar-tools push">
        <a href="docs" className="wide">API reference</a>
        <button type="button" className="quiet icon" title={`Colours: ${chosen}`} aria-label={`Colours: ${chosen}; change to ${NEXT[chosen]}`} onClick={() => setTheme(NEXT[chosen])}>{THEME_GLYPH[chosen]}</button>
        {onHelp && <button type="button" className="quiet icon" title="Keyboard" aria-label="Keyboard help" onClick={onHelp}>?</button>}
        {onSignOut && <button id="sign-out" type="button" className="quiet" onClick={onSignOut}>Sign out</button>}
      </span>
    </header>
  );
}
