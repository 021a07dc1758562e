import { useEffect } from 'react';
import { hrefOf } from './router.js';

/** For an address that leads nowhere. */
export function NoPage({ path }: { path: string }) {
  useEffect(() => {
    document.title = 'No such page · Stepcast';
  }, []);
  return (
    <section className="card pad stack" aria-labelledby="no-page-title">
      <h1 id="no-page-title">There is no such page</h1>
      <p>Nothing is at <code>#/{path}</code>. <a href={hrefOf({ view: 'workflows', name: undefined })}>Go to the workflows</a></p>
    </section>
  );
}
