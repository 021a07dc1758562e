/** Bare node:http that makes a write of every frame: what a hand-written endpoint does. */
import { serveBare } from '../lib/bare.mjs';

serveBare((subscribers, frames) => {
  for (const response of subscribers) for (const frame of frames) response.write(frame);
});
