/** Bare node:http that makes one write of all frames of a turn, encoded once: the floor. */
import { serveBare } from '../lib/bare.mjs';

serveBare((subscribers, frames) => {
  const bytes = Buffer.from(frames.join(''));
  for (const response of subscribers) response.write(bytes);
});
