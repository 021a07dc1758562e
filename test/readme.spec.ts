/** The documentation does what it says: what is to be pasted is run, what is listed is compared with the code. */
import { existsSync, globSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Test } from '@nestjs/testing';
import { EXIT } from '../src/cli/exit.codes.js';
import { type ConfigError, loadConfig, type ServiceConfig } from '../src/config.js';
import { DEFINITION_LIMITS } from '../src/contract/definition.js';
import { ERROR_CODES } from '../src/contract/errors.js';
import { EVENT_TYPES, type ExecutionEvent } from '../src/contract/events.js';
import { fold, initialState } from '../src/contract/state.js';
import { llmOptionsFrom } from '../src/llm/llm.env.js';
import { WORKFLOW_DEFINITION_SCHEMA } from '../src/orchestration/definition/definition.schema.js';
import { validateDefinition } from '../src/orchestration/definition/definition.validator.js';
import { ExecutionService } from '../src/orchestration/execution.service.js';
import { AgentRegistry } from '../src/orchestration/registry/agent.registry.js';
import { StreamingModule } from '../src/streaming/streaming.module.js';
import { StreamingOptions } from '../src/streaming/streaming.options.js';
import { tempDir } from './support/app.js';
import { type Client } from './support/client.js';
import { codesIn, MarkdownPage } from './support/markdown.js';
import { BUILT, PastedApp } from './support/pasted-app.js';
import { PastedPage } from './support/pasted-page.js';
import { answersIn, eventsIn, itWithShell, paste } from './support/pasted-shell.js';
import { ServiceProcess } from './support/process.js';
import { FaultProxy } from './support/proxy.js';

/** What users read: the README, and the two pages that go on from it. */
const manual = new MarkdownPage('README.md', 'docs/nest.md', 'docs/operations.md');
const protocol = new MarkdownPage('docs/protocol.md');
const ORIGIN = 'http://127.0.0.1:8080';

describe('the service of the README', () => {
  let home: string;
  let service: ServiceProcess;
  let key: string;
  let dev: Client;
  /** What is pasted, at the address of this service; the command is that of the build, as there is no package of this name beside it. */
  const atService = (code: string) => code.replaceAll('http://127.0.0.1:3000', service.base).replaceAll('npx stepcast', `STEPCAST_URL=${service.base} node ${join(BUILT, 'cli/main.js')}`);

  beforeAll(async () => {
    home = tempDir();
    for (const name of ['examples', 'node_modules']) symlinkSync(resolve(name), join(home, name));
    mkdirSync(join(home, 'data'));
    service = await ServiceProcess.start({ dataDir: join(home, 'data'), env: { STEPCAST_API_KEYS: undefined, STEPCAST_CORS_ORIGINS: ORIGIN } });
    key = readFileSync(join(home, 'data/development.key'), 'utf8');
    dev = service.as({ 'x-api-key': key });
  });
  afterAll(async () => {
    await service.end();
    await service.dispose();
    rmSync(home, { recursive: true, force: true });
  });

  itWithShell('answers its curl commands, pasted one after the other', async () => {
    // On a busy machine two seconds may not be enough for what somebody sees within them.
    const blocks = manual.checked('shell').map(({ check, code }) => ({ name: check[1] as string, code: atService(code).replaceAll('--max-time 2 ', '--max-time 6 ') }));
    expect(blocks.map(({ name }) => name)).toEqual(['hello', 'brief', 'start', 'resume', 'answer', 'cancel', 'store', 'socket', 'terminal', 'text', 'chart', 'backup']);
    const out = await paste(blocks, home);

    expect(eventsIn(out['hello']).filter(({ type }) => type === 'step_output')).toHaveLength(5);
    expect(eventsIn(out['hello']).at(-1)).toMatchObject({ type: 'workflow_completed', data: { result: 'Hello from a streamed step.' } });
    expect(eventsIn(out['brief']).at(-1)).toMatchObject({ type: 'workflow_completed', data: { result: { sentences: { length: 3 }, summary: expect.any(String) } } });

    expect(eventsIn(out['chart']).at(-1)).toMatchObject({ type: 'workflow_completed', data: { result: { rows: { length: 5 }, spec: { $schema: expect.stringContaining('vega-lite') } } } });

    const [status, page] = answersIn(out['start']);
    expect(status).toMatchObject({ workflow: 'launch', status: expect.stringMatching(/queued|running|waiting/) });
    expect(page).toMatchObject({ terminal: false });
    const seqs = eventsIn(out['resume']).map(({ seq }) => seq);
    expect(seqs).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 6, 7, 8, 9]);
    expect(eventsIn(out['resume']).at(-1)).toMatchObject({ type: 'input_required', data: { prompt: 'Publish?' } });
    expect(eventsIn(out['answer'])).toMatchObject([{}, {}, { type: 'workflow_completed', data: { result: 'We launch on Friday.' } }]);
    expect(eventsIn(out['cancel'])).toMatchObject([{ type: 'step_cancelled' }, { type: 'workflow_cancelled', data: { reason: 'not needed any more' } }]);
    expect(answersIn(out['store'])).toMatchObject([{ name: 'greet', origin: 'stored' }, { status: expect.any(String) }, { executions: [{ workflow: 'greet' }] }]);
    const types = (answersIn(out['socket']) as { type: string; event?: ExecutionEvent }[]).map(({ type, event }) => event?.type ?? type);
    // The answer to the input may come when the page has closed its socket already.
    expect(types.filter((type) => type !== 'accepted')).toEqual(['subscribed', 'workflow_started', 'step_started', 'input_required', 'input_received', 'step_completed', 'workflow_completed', 'ended']);
    expect(out['terminal']).toMatch(/^NAME +INPUT +DESCRIPTION\nbrief +text[^]*▶ brief\n[^]*✓ completed\n\n\{\n/);
    expect(out['text']).toBe('Nothing but text.\n');
    const backup = readdirSync(join(home, 'data')).find((name) => name.startsWith('backup-')) as string;
    expect(readFileSync(join(home, 'data', backup)).subarray(0, 15).toString()).toBe('SQLite format 3');
    expect(statSync(join(home, 'data', backup)).mode & 0o777).toBe(0o600);
  });

  itWithShell('prints a curl line at its start that runs as it is', async () => {
    const line = (/^curl .*\n.*$/m.exec(service.output)?.[0] as string);
    const { printed } = await paste([{ name: 'printed', code: line }], home);
    expect(eventsIn(printed).at(-1)).toMatchObject({ type: 'workflow_completed' });
  });

  it('takes its definition, and runs it', async () => {
    const definition = JSON.parse(manual.only('definition').code) as never;
    const id = await dev.start(definition, { topic: 'sourdough' });
    const reader = await dev.openExecution(id);
    expect(await reader.untilEvent('input_required')).toMatchObject({ data: { prompt: 'Publish on sourdough?' } });
    expect((await dev.post(`/executions/${id}/input`, { value: true })).status).toBe(202);
    await reader.whenEnded();
    expect(reader.events.at(-1)).toMatchObject({ type: 'workflow_completed', data: { result: true } });
    // The event that is shown has what real ones have, in their order.
    const shown = JSON.parse(manual.only('event').code) as ExecutionEvent;
    const real = await reader.untilEvent('step_completed', 'gather/papers');
    expect([Object.keys(shown), Object.keys(shown.step as object)]).toEqual([Object.keys(real), Object.keys(real.step)]);
  });

  it('shows every event on its page, over a cut line too, with a new ticket for each connection', async () => {
    const proxy = await FaultProxy.to(service.port);
    // More slowly than somebody would like, so that its line is cut in the middle in any case.
    const page = new PastedPage(manual.only('page').code.replace('intervalMs: 150', 'intervalMs: 800'), { from: 'http://127.0.0.1:3000', to: proxy.base });
    page.type('key', key);
    page.press('run');
    await page.until('text', (text) => text.includes('word'));
    proxy.cut();
    await page.until('log', (log) => log.includes('Completed words'));
    expect(page.text('text')).toBe('Every word is an event of its own.');
    const tickets = page.urls.map((url) => new URL(url).searchParams.get('ticket'));
    expect(tickets.length).toBeGreaterThan(1);
    expect(new Set(tickets).size).toBe(tickets.length);
    expect(page.text('log').match(/Started words/g)).toHaveLength(1);
    await proxy.close();
  });

  it('lets the page of another origin in, and its key', async () => {
    const preflight = await service.as({ origin: ORIGIN, 'access-control-request-method': 'POST', 'access-control-request-headers': 'x-api-key,content-type' }).request('OPTIONS', '/executions');
    expect(preflight).toMatchObject({ status: 204, headers: { 'access-control-allow-origin': ORIGIN, 'access-control-allow-headers': 'x-api-key,content-type' } });
    const id = await dev.start({ name: 'one', steps: [{ type: 'agent', name: 'a', agent: 'echo' }] });
    const reader = await dev.openExecution(id, '', { origin: ORIGIN });
    await reader.whenEnded();
    expect(reader.headers['access-control-allow-origin']).toBe(ORIGIN);
  });

  it('has the routes, parameters and metrics that are listed, and no others', async () => {
    const document = (await service.as(undefined).get('//docs-json')).json as { paths: Record<string, Record<string, { parameters?: { name: string; in: string }[] }>> };
    const routes = Object.entries(document.paths).flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`));
    expect(manual.names('routes').sort()).toEqual(routes.sort());
    const parameters = document.paths['/api/v1/executions/{id}/stream']?.['get']?.parameters?.filter((parameter) => parameter.in !== 'path').map(({ name }) => name) ?? [];
    const listed = manual.names('parameters').map((name) => name.split('=')[0] as string);
    expect(listed.filter((name) => name !== 'ticket').sort()).toEqual(parameters.filter((name) => name !== 'ticket').sort());
    const metrics = [...(await dev.get('//metrics')).text.matchAll(/^# TYPE (stepcast_\S+)/gm)].map(([, name]) => name);
    expect(manual.names('metrics').map((name) => name.replace(/\{.*/, '')).sort()).toEqual(metrics.sort());
  });

  it('runs the reference algorithm of the protocol to the text of each step, after every event', async () => {
    const text = (name: string) => ({ type: 'agent' as const, name, agent: 'tokens', input: { text: `The text of ${name}` } });
    const id = await dev.start({
      name: 'voids',
      steps: [
        text('before'),
        { type: 'retry', name: 'again', maxAttempts: 3, backoff: { delayMs: 1 }, step: { type: 'iteration', name: 'loop', maxIterations: 2, step: { type: 'sequential', name: 'both', steps: [text('inner'), { type: 'agent', name: 'fails', agent: 'flaky', input: { failures: 1 } }] } } },
        text('after'),
      ],
    });
    const whole = await dev.follow(id);
    expect(whole.filter(({ type }) => type === 'step_retrying')).toHaveLength(2);
    // As it would go on after a crash in the middle of the last text.
    const cut = whole.findIndex(({ type, step }) => type === 'step_output' && step?.id === 'after') + 2;
    const resumed = { ...(whole[cut] as ExecutionEvent), type: 'workflow_resumed', step: undefined, data: { reason: 'crash', fromSeq: cut } } as ExecutionEvent;
    const log = [...whole.slice(0, cut), resumed, ...whole.slice(whole.findIndex(({ type, step }) => type === 'step_started' && step?.id === 'after'))];
    for (let n = 1; n <= log.length; n++) {
      const given = runInNewContext(`${protocol.only('reference').code}\ntextsOf(events)`, { events: log.slice(0, n) }) as Record<string, string>;
      const { steps } = fold(initialState({ id, workflow: 'voids', createdAt: '' }), log.slice(0, n));
      const expected = Object.values(steps).map((step) => [step.id, step.text]);
      expect(Object.keys(steps).map((step) => [step, given[step] ?? ''])).toEqual(expected);
    }
  });
});

describe('the Nest app of the README', () => {
  it('is a file of the examples, and what it shows of the larger one is in there', () => {
    const blocks = [...manual.checked('file'), ...manual.checked('excerpt')];
    expect(blocks.length).toBeGreaterThan(4);
    for (const { check: [kind, file], code } of blocks) {
      const source = readFileSync(file as string, 'utf8');
      if (kind === 'file') expect(source).toBe(code);
      else expect(withoutIndent(source)).toContain(withoutIndent(code));
    }
  });

  itWithShell('runs, answers its curl command, and ends on SIGTERM', async () => {
    const home = tempDir();
    const app = await PastedApp.start([{ path: 'main.ts', code: readFileSync('examples/minimal/main.ts', 'utf8') }], { home });
    try {
      const { app: answered } = await paste([{ name: 'app', code: manual.only('app').code.replaceAll('http://127.0.0.1:3000', app.base) }], home);
      expect(eventsIn(answered).at(-1)).toMatchObject({ type: 'workflow_completed', data: { result: { lines: 3, words: 16 } } });
      expect(existsSync(join(home, 'data/stepcast.db'))).toBe(true);
      expect(await app.end()).toBe('SIGTERM');
    } finally {
      await app.dispose();
      rmSync(home, { recursive: true, force: true });
    }
  });
});

describe('the documentation', () => {
  it('has every block of the README checked, or says why not', () => {
    expect(manual.blocks.filter(({ check: [kind = ''] }) => !['shell', 'page', 'definition', 'event', 'file', 'excerpt', 'app', 'none'].includes(kind))).toEqual([]);
    expect(manual.checked('none').filter(({ check }) => check.length < 3)).toEqual([]);
    for (const command of ['npm ci && npm start', 'npm ci && npm test']) expect(manual.includes(`\n${command}\n`)).toBe(true);
  });

  it('can say npm ci: the lockfile has the packages of all platforms, without which newer npm refuses it on every one', () => {
    const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8')) as { packages: Record<string, { optionalDependencies?: Record<string, string> }> };
    const optional = Object.values(packages).flatMap(({ optionalDependencies = {} }) => Object.keys(optionalDependencies));
    const locked = new Set(Object.keys(packages).map((path) => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)));
    expect(optional.filter((name) => !locked.has(name))).toEqual([]);
  });

  it('leads nowhere wrong', () => {
    for (const path of ['README.md', 'CHANGELOG.md', 'examples/README.md', ...globSync('docs/{.,decisions,guides}/*.md')]) {
      expect([path, new MarkdownPage(path).brokenLinks()]).toEqual([path, []]);
    }
  });

  it('has the events and the codes of the contract', () => {
    for (const page of [manual, protocol]) expect(page.names('events')).toEqual(EVENT_TYPES);
    expect(manual.names('exit codes').map(Number)).toEqual(Object.values(EXIT));
    const codes = Object.entries(ERROR_CODES);
    expect(manual.table('errors').map(([code = '', status]) => [...codesIn(code), Number(status)])).toEqual(codes.filter(([, status]) => status !== undefined));
    expect(manual.names('failures')).toEqual(codes.filter(([, status]) => status === undefined).map(([code]) => code));
  });

  it('has the types of steps with their fields, and the agents that every installation has', async () => {
    const schemas = WORKFLOW_DEFINITION_SCHEMA['$defs'] as Record<string, { required: string[]; properties: Record<string, { const?: string }> }>;
    const common = ['type', 'name', 'description', 'timeoutMs'];
    const steps = Object.values(schemas).filter(({ properties }) => properties?.['type']?.const !== undefined).map(({ properties, required }) => [
      properties['type']?.const,
      ...Object.keys(properties).filter((name) => !common.includes(name)).map((name) => (required.includes(name) ? name : `${name}?`)).sort(),
    ]);
    expect(manual.table('steps').map(([type = '', fields = '']) => [...codesIn(type), ...codesIn(fields).sort()])).toEqual(steps);
    // What a builder does not take as an option it takes as an argument.
    const given = ['agent', 'steps', 'step'];
    expect(manual.table('builders').map(([builder = '', options = '']) => [codesIn(builder)[0]?.replace(/\(.*/, ''), ...codesIn(options).sort()]))
      .toEqual(steps.map(([type, ...fields]) => [type, ...fields.filter((field) => !given.includes(field as string))]));

    const module = await Test.createTestingModule({ imports: [StreamingModule.forRoot({ dataDir: ':memory:', apiKeys: [{ user: 'a', key: 'b' }] })] }).compile();
    await module.init();
    expect(manual.names('agents')).toEqual(module.get(AgentRegistry).names());
    expect(() => validateDefinition(JSON.parse(manual.only('definition').code), module.get(AgentRegistry))).not.toThrow();
    await module.close();
  });

  it('has the environment with its defaults, and the options', () => {
    const rows = manual.table('environment').flatMap(([names = '', fallback = '']) => codesIn(names).map((name) => [name, codesIn(fallback)[0]] as const));
    let refusal = '';
    try {
      loadConfig({ STEPCAST_UNKNOWN: '1', STEPCAST_API_KEYS: 'a:b' });
    } catch (error) {
      refusal = (error as ConfigError).message;
    }
    const known = /known are (.*)/.exec(refusal)?.[1]?.split(', ') ?? [];
    const ofModels = new Set<string>();
    llmOptionsFrom(new Proxy({}, { get: (_, name) => void ofModels.add(String(name)) }));
    expect(rows.map(([name]) => name).sort()).toEqual(['PORT', 'HOST', ...known, ...ofModels].sort());

    const defaults = Object.fromEntries(rows.filter((row): row is readonly [string, string] => row[1] !== undefined));
    const required = { STEPCAST_API_KEYS: 'a:b' };
    const withoutModels = ({ streaming: { llm: _, ...streaming }, ...config }: ServiceConfig) => ({ ...config, streaming });
    expect(withoutModels(loadConfig({ ...defaults, ...required }))).toEqual(withoutModels(loadConfig(required)));
    expect(Object.keys(defaults)).toEqual(['PORT', 'HOST', 'STEPCAST_DATA_DIR', 'STEPCAST_SYNCHRONOUS', 'STEPCAST_HEARTBEAT_MS', 'STEPCAST_RETENTION_MS', 'STEPCAST_MAX_STREAMS_PER_USER', 'STEPCAST_MAX_STREAMS', 'STEPCAST_MAX_EXECUTIONS_PER_USER', 'STEPCAST_MAX_QUEUED_PER_USER', 'STEPCAST_MAX_EXECUTIONS', 'STEPCAST_MAX_QUEUED', 'STEPCAST_MAX_OUTPUT_BYTES', 'STEPCAST_MAX_EVENTS_PER_EXECUTION', 'STEPCAST_CACHE_TTL_MS', 'STEPCAST_CACHE_MAX_ENTRIES_PER_USER', 'STEPCAST_CACHE_MAX_BYTES_PER_USER', 'STEPCAST_CACHE_SIMILARITY', 'STEPCAST_RATE_LIMIT', 'STEPCAST_OPEN_METRICS', 'LLM_IDLE_TIMEOUT_MS']);
    for (const option of Object.keys(new StreamingOptions())) expect([option, manual.includes(`\`${option}\``)]).toEqual([option, true]);
  });

  it('has the methods of the service, and the limits', () => {
    const methods = manual.names('service').map((name) => name.replace(/\(.*/, ''));
    expect(methods.filter((name) => typeof (ExecutionService.prototype as unknown as Record<string, unknown>)[name] !== 'function')).toEqual([]);
    const { steps, levels, bytes, maxIterations, maxAttempts, durationMs, nameLength, expressionLength } = DEFINITION_LIMITS;
    const number = (value: number) => value.toLocaleString('en');
    const limits = manual.table('limits').slice(0, 3).map(([, bound]) => bound);
    expect(limits).toEqual([
      `${number(steps)} steps, ${levels} levels, ${bytes / 1024} KiB, names of ${nameLength} characters, expressions of ${number(expressionLength)}`,
      `${number(maxIterations)} · ${maxAttempts}`,
      `${durationMs / 3_600_000} hours`,
    ]);
  });
});

function withoutIndent(code: string): string {
  return code.replaceAll(/^ +/gm, '').trim();
}
