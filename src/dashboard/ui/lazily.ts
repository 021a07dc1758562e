/** A view in a file of its own, loaded when it is first shown; a line that breaks meanwhile is tried again. */
import { type ComponentType, lazy } from 'react';

const TRIES = 4;
const WAIT_MS = 300;

export function lazily<P extends object>(load: () => Promise<ComponentType<P>>) {
  return lazy(async () => {
    for (let left = TRIES - 1; ; left--) {
      try {
        return { default: await load() };
      } catch (error) {
        if (left === 0) throw error;
        await new Promise((resolve) => setTimeout(resolve, WAIT_MS));
      }
    }
  });
}
