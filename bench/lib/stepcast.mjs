/** Stepcast as its users get it: the built package, imported by path, with agents and workflows of the benches. */
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { DIST } from './paths.mjs';

export const importStepcast = (file = 'index.js') => import(pathToFileURL(join(DIST, file)).href);

const { Agent, ExecutionService, sequential, StreamingModule, Workflow } = await importStepcast();

export const API_KEY = 'bench-key';
/** Bounds that no bench runs into; all else is as users get it. */
const OPTIONS = {
  apiKeys: [{ user: 'bench', key: API_KEY }], rateLimit: { points: 1_000_000_000, seconds: 60 },
  maxStreamsPerUser: 100_000, maxStreams: 100_000, maxExecutionsPerUser: 100_000, maxExecutions: 100_000,
  maxEventsPerExecution: 10_000_000, maxOutputBytes: 64 * 1024 * 1024,
};

/** A provider as `@Agent(name)` on a class makes one; these files are plain JavaScript and have no decorators. */
export function agentProvider(name, execute) {
  class BenchAgent {}
  BenchAgent.prototype.execute = execute;
  Agent(name)(BenchAgent);
  return BenchAgent;
}

/** A provider as `@Workflow({ name })` on a class makes one. */
export function workflowProvider(name, steps, options = {}) {
  class BenchWorkflow {
    define() {
      return sequential(name, ...steps);
    }
  }
  Workflow({ name, ...options })(BenchWorkflow);
  return BenchWorkflow;
}

/** The module of a service with these providers. */
export function serviceModule(providers, options) {
  class BenchModule {}
  Module({ imports: [StreamingModule.forRoot({ ...OPTIONS, ...options })], providers })(BenchModule);
  return BenchModule;
}

/** The engine alone, in a Nest application context; answers its ExecutionService. */
export async function startEngine(dataDir, providers) {
  const app = await NestFactory.createApplicationContext(serviceModule(providers, { dataDir }), { logger: false, abortOnError: false });
  return app.get(ExecutionService);
}

/**
 * Runs a workflow and reads its stream from the first event to the last. `seen` counts the events of type `count`.
 * @throws Error where the stream has a gap or a double, or the workflow fails.
 */
export async function runAndRead(executions, name, input, count) {
  const { events$ } = await executions.executeStreaming(name, input);
  let seq = 0;
  let seen = 0;
  let result;
  await events$.forEach((event) => {
    if (event.seq !== ++seq) throw new Error(`event ${event.seq} came where ${seq} should have`);
    if (event.type === count) seen++;
    else if (event.type === 'workflow_completed') ({ result } = event.data);
    else if (event.type === 'workflow_failed') throw new Error(event.data.error.message);
  });
  return { seen, result };
}
