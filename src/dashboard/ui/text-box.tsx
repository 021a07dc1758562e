/** Text that grows: what is new is put at its end, and a reader who is at its end stays there. */
import { useEffect, useLayoutEffect, useRef } from 'react';
import { count } from './format.js';

/** Characters that are shown; the end of the text, which is where it grows. */
const SHOWN = 50_000;
/** Pixels from its end within which a box counts as read to the end. */
const AT_END = 24;

export function TextBox({ text, label, live = false }: { text: string; label: string; live?: boolean }) {
  const box = useRef<HTMLPreElement>(null);
  const shown = useRef({ text: '', from: 0, follows: true });
  useEffect(() => {
    const element = box.current;
    const onScroll = () => {
      if (element) shown.current.follows = element.scrollHeight - element.scrollTop - element.clientHeight < AT_END;
    };
    element?.addEventListener('scroll', onScroll, { passive: true });
    return () => element?.removeEventListener('scroll', onScroll);
  }, []);
  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return;
    const state = shown.current;
    const node = textNodeOf(element);
    const grows = state.text !== '' && text.startsWith(state.text);
    if (!grows) state.follows = true;
    if (grows && text.length - state.from <= 2 * SHOWN) {
      node.appendData(text.slice(state.text.length));
    } else {
      state.from = Math.max(0, text.length - SHOWN);
      node.data = state.from === 0 ? text : `… ${count(state.from)} characters before\n${text.slice(state.from)}`;
    }
    state.text = text;
    if (live && state.follows) element.scrollTop = element.scrollHeight;
  }, [text, live]);
  return <pre ref={box} className="box streamed" data-live={live} aria-label={label} role="region" tabIndex={0} />;
}

function textNodeOf(element: HTMLElement): Text {
  const { firstChild } = element;
  if (firstChild instanceof Text) return firstChild;
  const node = document.createTextNode('');
  element.append(node);
  return node;
}
