/**
 * What the properties draw is the same each time, so that a change is judged by what it changed. `PROPERTY_SEED=random` (or a
 * number) draws something else, `PROPERTY_SCALE=20` more of it; a failure names its seed.
 */
import { randomInt } from 'node:crypto';
import fc from 'fast-check';

const { PROPERTY_SEED = '20261120' } = process.env;

fc.configureGlobal({ seed: PROPERTY_SEED === 'random' ? randomInt(0x7fff_ffff) : Number(PROPERTY_SEED) });
