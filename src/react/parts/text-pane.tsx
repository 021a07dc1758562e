import { useEffect, useRef } from 'react';
import { tailOf } from '../../client/view/text.tail.js';
import { useView } from './view.context.js';

/** Pixels from its end within which a box counts as read to the end. */
const AT_END = 24;

/** The text of the step that wrote last, as text and nothing else. A reader who is at its end stays there. */
export function TextPane({ text }: { text: string }) {
  const { labels } = useView();
  const box = useRef<HTMLPreElement>(null);
  const follows = useRef(true);
  const { text: shown, left } = tailOf(text);
  useEffect(() => {
    if (box.current && follows.current) box.current.scrollTop = box.current.scrollHeight;
  }, [text]);
  return (
    <div className="stepcast-text">
      {left > 0 && <p className="stepcast-note">{labels.earlierText(left)}</p>}
      <pre
        ref={box} className="stepcast-text-box" tabIndex={0} role="region" aria-label={labels.text}
        onScroll={({ currentTarget: { scrollHeight, scrollTop, clientHeight } }) => (follows.current = scrollHeight - scrollTop - clientHeight < AT_END)}
      >{shown}</pre>
    </div>
  );
}
