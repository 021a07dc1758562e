import { useEffect, useRef, useState } from 'react';
import { Failure } from '../ui/parts.js';
import { useWork } from '../ui/use-work.js';

/** Asks for the key. It is looked at by the service before it is kept. */
export function SignIn({ why, unsure, enter }: { why: string | undefined; unsure: string | undefined; enter: (key: string, remember: boolean) => Promise<void> }) {
  const input = useRef<HTMLInputElement>(null);
  const [remember, setRemember] = useState(false);
  const { busy, error, run } = useWork();
  useEffect(() => {
    document.title = 'Sign in · Stepcast';
    input.current?.focus();
  }, []);
  const submit = () => run(() => enter(input.current?.value.trim() ?? '', remember));
  return (
    <form
      id="sign-in" className="card sign-in" onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <h1>Sign in</h1>
      <label htmlFor="key">API key</label>
      <input id="key" ref={input} type="password" required autoComplete="off" autoCapitalize="off" spellCheck={false} aria-describedby="key-hint" defaultValue={unsure} />
      <p id="key-hint" className="hint">The service prints a development key when it starts, unless it was given keys of its own. A bearer token does as well.</p>
      <label className="check"><input type="checkbox" checked={remember} onChange={(event) => setRemember(event.target.checked)} /> Keep me signed in on this device</label>
      <p className="hint">{remember ? 'The key is kept in this browser until you sign out.' : 'The key is kept until this tab is closed, and nowhere else.'}</p>
      <Failure error={error ?? (why === undefined ? undefined : new Error(why))} />
      <button type="submit" aria-disabled={busy}>{busy ? 'Signing in …' : 'Sign in'}</button>
    </form>
  );
}
