import { availableParallelism } from 'node:os';

/** Tests run as native ES modules (see the `test` script); swc compiles, `npm run lint` checks the types. */
export default {
  testEnvironment: 'node',
  roots: ['<rootDir>/src', '<rootDir>/test'],
  testMatch: ['**/*.spec.ts'],
  setupFiles: ['<rootDir>/test/support/property.seed.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '^.+\\.ts$': '@swc/jest' },
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  coverageProvider: 'v8',
  collectCoverageFrom: ['src/**/*.ts', '!src/**/*.spec.ts', '!src/**/*.conformance.ts', '!src/**/*.d.ts', '!src/main.ts', '!src/service.process.ts', '!src/index.ts'],
  // Jest leaves a core to itself unless told otherwise: on two cores that would be one worker.
  maxWorkers: Math.max(2, availableParallelism() - 1),
  // A bound for failures, which a busy machine must not come near.
  testTimeout: 120_000,
  // What a spec has loaded as ES modules is never given back: a worker that holds so much of it makes room for a new one.
  workerIdleMemoryLimit: '2GB',
  // Milliseconds: to give back the memory of so many specs takes a busy machine longer than the half second that is the default.
  workerGracefulExitTimeout: 15_000,
};
