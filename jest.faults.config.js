import base from './jest.config.js';

/** The faults alone, one spec after the other, in their long form (test/faults/run.mjs). */
export default { ...base, testMatch: ['<rootDir>/test/faults/*.spec.ts'], maxWorkers: 1 };
