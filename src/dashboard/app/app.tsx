/** The page: who is signed in, where one is, and the frame around it. */
import { Suspense, useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { RequestError } from '../../client/client.error.js';
import { StepcastProvider } from '../../react/stepcast.context.js';
import { Boundary } from '../ui/boundary.js';
import { ExecutionsView } from '../executions/executions.view.js';
import { lazily } from '../ui/lazily.js';
import { forgetOwnText } from '../workflows/own.text.js';
import { Announcer } from './announcer.js';
import { HelpDialog } from './help.dialog.js';
import { NoPage } from './no-page.js';
import { hrefOf, navigate, type Route, useRoute } from './router.js';
import { forgetKey, keepKey, onForgotten, openSession, type Session, SessionContext, storedKey } from './session.js';
import { useShortcuts } from './shortcuts.js';
import { SignIn } from './sign-in.js';
import { TopBar } from './top-bar.js';

const WorkflowsView = lazily(async () => (await import('../workflows/workflows.view.js')).WorkflowsView);
const OwnView = lazily(async () => (await import('../workflows/own.view.js')).OwnView);
const ExecutionView = lazily(async () => (await import('../execution/execution.view.js')).ExecutionView);
const SystemView = lazily(async () => (await import('../system/system.view.js')).SystemView);

type Who = { state: 'opening' } | { state: 'in'; session: Session } | { state: 'out'; why: string | undefined; unsure: string | undefined };

export function App() {
  const [who, setWho] = useState<Who>(() => (storedKey() === undefined ? { state: 'out', why: undefined, unsure: undefined } : { state: 'opening' }));
  const leave = useCallback((why?: string) => {
    forgetKey();
    setWho({ state: 'out', why, unsure: undefined });
  }, []);
  const enter = useCallback(async (key: string, keep: (key: string) => void) => {
    // Until it has been taken once, a refusal is the form's to show.
    let taken = false;
    const session = openSession(key, (why) => taken && leave(why));
    await session.client.workflows();
    taken = true;
    keep(key);
    setWho({ state: 'in', session: { ...session, signOut: leave } });
  }, [leave]);
  useEffect(() => {
    const key = storedKey();
    if (key === undefined) return;
    enter(key, () => {}).catch((error: Error) => {
      // A service that is just not there does not make the key a wrong one.
      const isRefused = error instanceof RequestError && error.status === 401;
      if (isRefused) forgetKey();
      setWho({ state: 'out', why: error.message, unsure: isRefused ? undefined : key });
    });
  }, [enter]);
  return (
    <>
      <a className="skip" href="#main" onClick={skipToMain}>Skip to content</a>
      {who.state === 'out' && <><TopBar view={undefined} onHelp={undefined} onSignOut={undefined} /><main id="main" tabIndex={-1}><SignIn why={who.why} unsure={who.unsure} enter={(key, remember) => enter(key, (taken) => keepKey(taken, remember))} /></main></>}
      {who.state === 'opening' && <main id="main" tabIndex={-1}><p className="loading" role="status">Opening …</p></main>}
      {who.state === 'in' && <Console session={who.session} />}
      <Announcer />
    </>
  );
}

function Console({ session }: { session: Session }) {
  const route = useRoute();
  const here = hrefOf(route);
  /** Where the help was opened: it does not stay over what comes next. */
  const [helpAt, setHelpAt] = useState<string>();
  if (helpAt !== undefined && helpAt !== here) setHelpAt(undefined);
  const main = useRef<HTMLElement>(null);
  const place = placeOf(route);
  const before = useRef(place);
  useEffect(() => {
    // What has taken the place of what was there is where one goes on, with a keyboard and a screen reader too.
    if (before.current === place) return;
    before.current = place;
    window.scrollTo(0, 0);
    if (!main.current?.contains(document.activeElement)) main.current?.focus({ preventScroll: true });
  }, [place]);
  const signOut = useCallback(() => {
    history.replaceState(null, '', location.pathname);
    forgetOwnText();
    session.signOut();
  }, [session]);
  useEffect(() => onForgotten(signOut), [signOut]);
  useShortcuts(useMemo(() => ({
    '?': () => setHelpAt(here),
    'g w': () => navigate({ view: 'workflows', name: undefined }),
    'g e': () => navigate({ view: 'executions', filter: {} }),
    'g s': () => navigate({ view: 'system' }),
    '/': () => main.current?.querySelector<HTMLElement>('[type=search]')?.focus(),
  }), [here]));
  return (
    <SessionContext.Provider value={session}>
      <StepcastProvider client={session.client}>
        <TopBar view={route.view} onHelp={() => setHelpAt(here)} onSignOut={signOut} />
        <main id="main" ref={main} tabIndex={-1}>
          <Boundary key={place}>
            <Suspense fallback={<p className="loading" role="status">Loading …</p>}><View route={route} /></Suspense>
          </Boundary>
        </main>
        {helpAt === here && <HelpDialog onClose={() => setHelpAt(undefined)} />}
      </StepcastProvider>
    </SessionContext.Provider>
  );
}

function View({ route }: { route: Route }) {
  switch (route.view) {
    case 'workflows':
      return <WorkflowsView name={route.name} />;
    case 'own':
      return <OwnView />;
    case 'executions':
      return <ExecutionsView filter={route.filter} />;
    case 'execution':
      return <ExecutionView key={route.id} id={route.id} tab={route.tab} />;
    case 'system':
      return <SystemView />;
    case 'unknown':
      return <NoPage path={route.path} />;
  }
}

/** Filters and tabs are the same place. */
function placeOf(route: Route): string {
  switch (route.view) {
    case 'execution':
      return hrefOf({ ...route, tab: 'timeline' });
    case 'executions':
      return hrefOf({ ...route, filter: {} });
    case 'unknown':
      return hrefOf(route);
    default:
      return route.view;
  }
}

function skipToMain(event: { preventDefault: () => void }): void {
  event.preventDefault();
  document.getElementById('main')?.focus();
}
