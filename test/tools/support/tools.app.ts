/** An app with the agents `http` and `tool`, whose names resolve to what the test says. */
import { type LookupAddress } from 'node:dns';
import { isIP } from 'node:net';
import { type Provider } from '@nestjs/common';
import { type Step } from '../../../src/contract/definition.js';
import { type ErrorInfo } from '../../../src/contract/errors.js';
import { type ExecutionEvent } from '../../../src/contract/events.js';
import { type JsonObject, type JsonValue } from '../../../src/contract/json.js';
import { type HttpOutput } from '../../../src/llm/http/http.agent.js';
import { NameResolver } from '../../../src/llm/http/name.resolver.js';
import { agent, workflow } from '../../../src/orchestration/definition/builder.js';
import { TestApp } from '../../support/app.js';
import { assertWhole, of } from '../../support/assert-whole.js';

/** Names that the system does not know, and a count of what was asked. */
export class TestNames extends NameResolver {
  readonly asked: string[] = [];
  private readonly known = new Map<string, () => Promise<LookupAddress[]>>();

  /** From now on the name stands for these addresses. */
  set(name: string, ...addresses: string[]): void {
    this.known.set(name, async () => addresses.map((address) => ({ address, family: isIP(address) })));
  }

  /** The name is asked for, and nobody ever answers; resolves when it was. */
  hang(name: string): Promise<void> {
    return new Promise((asked) => {
      this.known.set(name, () => {
        asked();
        return new Promise(() => undefined);
      });
    });
  }

  override resolve(hostname: string): Promise<LookupAddress[]> {
    this.asked.push(hostname);
    return this.known.get(hostname)?.() ?? super.resolve(hostname);
  }
}

export class ToolsApp {
  readonly names: TestNames;

  private constructor(readonly app: TestApp, names: TestNames) {
    this.names = names;
  }

  static async start({ allowedHosts = [], providers = [] }: { allowedHosts?: string[]; providers?: Provider[] } = {}): Promise<ToolsApp> {
    const names = new TestNames();
    const app = await TestApp.start({
      providers,
      // More than the largest body that is asked for here, as JSON and with its headers.
      streaming: { llm: { httpAllowedHosts: allowedHosts }, maxOutputBytes: 8 * 1024 * 1024 },
      override: (builder) => builder.overrideProvider(NameResolver).useValue(names),
    });
    return new ToolsApp(app, names);
  }

  /** Runs steps to their end, as alice over HTTP; answers the log. */
  async run(step: Step | Step[], input?: JsonValue): Promise<ExecutionEvent[]> {
    const id = await this.app.alice.start(workflow('w', ...[step].flat()), input);
    const events = await this.app.alice.follow(id);
    assertWhole(events);
    return events;
  }

  /** What one request gives. */
  async http(input: JsonObject): Promise<HttpOutput> {
    return resultOf(await this.run(agent('h', 'http', { input }))) as unknown as HttpOutput;
  }

  /** How one request fails. */
  async httpError(input: JsonObject): Promise<ErrorInfo> {
    return errorOf(await this.run(agent('h', 'http', { input })));
  }

  close(): Promise<void> {
    return this.app.close();
  }
}

export function resultOf(events: readonly ExecutionEvent[]): JsonValue {
  const last = events.at(-1);
  if (last?.type !== 'workflow_completed') throw new Error(`it ended with ${JSON.stringify(last)}`);
  return last.data.result;
}

export function errorOf(events: readonly ExecutionEvent[]): ErrorInfo {
  const failed = of(events, 'step_failed').at(0);
  if (!failed) throw new Error(`nothing failed; it ended with ${JSON.stringify(events.at(-1))}`);
  return failed.data.error;
}
