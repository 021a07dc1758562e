/**
 * Rows of one height in a box that scrolls, of which only those in sight are drawn, with one that the keyboard is on. That one
 * stays drawn wherever one scrolls, or the focus would be lost with it; and one that is gone to gets the focus once it is drawn.
 */
import { defaultRangeExtractor, useVirtualizer, type Virtualizer } from '@tanstack/react-virtual';
import { type RefObject, useEffect, useRef } from 'react';

export interface RowsOptions {
  scroller: RefObject<HTMLDivElement | null>;
  count: number;
  /** Pixels. */
  height: number;
  overscan: number;
  /** The row that the keyboard is on; undefined while it is on none. */
  marked: number | undefined;
  keyOf: (index: number) => string | number;
}

export interface Rows {
  virtual: Virtualizer<HTMLDivElement, Element>;
  /** Scrolls to a row and gives it the focus; what takes that in it carries `data-index`. The caller marks it. */
  goTo: (index: number) => void;
}

export function useRows({ scroller, count, height, overscan, marked, keyOf }: RowsOptions): Rows {
  const wanted = useRef<number>(undefined);
  const virtual = useVirtualizer<HTMLDivElement, Element>({
    count, overscan, getScrollElement: () => scroller.current, estimateSize: () => height, getItemKey: keyOf,
    rangeExtractor: (range) => {
      const drawn = defaultRangeExtractor(range);
      return marked === undefined || marked < 0 || marked >= count || drawn.includes(marked) ? drawn : [...drawn, marked].sort((a, b) => a - b);
    },
  });
  const focus = () => {
    const row = scroller.current?.querySelector<HTMLElement>(`[data-index="${wanted.current}"]`);
    if (!row) return;
    wanted.current = undefined;
    row.focus({ preventScroll: true });
  };
  useEffect(() => {
    if (wanted.current !== undefined) focus();
  });
  const goTo = (index: number) => {
    wanted.current = index;
    virtual.scrollToIndex(index);
    focus();
  };
  return { virtual, goTo };
}
