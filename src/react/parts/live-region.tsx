import { memo, useEffect, useRef, useState } from 'react';
import { Paced } from '../../client/view/paced.js';
import { type Said } from '../../client/view/progress.view.js';

/** Says what happens to those who do not look: that steps begin, end, are tried again or wait. Not their text. */
export const LiveRegion = memo(function LiveRegion({ said }: { said: readonly Said[] }) {
  const [spoken, setSpoken] = useState<readonly Said[]>([]);
  const pace = useRef<Paced<readonly Said[]>>(undefined);
  useEffect(() => {
    const own = new Paced<readonly Said[]>(setSpoken);
    pace.current = own;
    return () => own.stop();
  }, []);
  useEffect(() => {
    if (said.length > 0) pace.current?.offer(said);
  }, [said]);
  return (
    <div className="stepcast-live" role="status" aria-live="polite" aria-atomic="false">
      {spoken.map(({ seq, text }) => <p key={seq}>{text}</p>)}
    </div>
  );
});
