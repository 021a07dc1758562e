import base from './jest.config.js';

/** The kill tests alone, for as many kills as `npm run test:faults -- 500` asks for (test/faults/run.mjs). */
export default { ...base, testMatch: ['<rootDir>/test/faults/kill.spec.ts'] };
