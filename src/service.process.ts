/** The process of the service: configuration, start, signals. */
import { Logger } from '@nestjs/common';
import { type AddressInfo } from 'node:net';
import { filter, take } from 'rxjs';
import { ConfigError, loadConfig, type ServiceConfig } from './config.js';
import { Journal } from './journal/journal.js';
import { logsWritten } from './log.output.js';
import { redact } from './redaction/redact.js';
import { createService } from './service.js';

/** Within the 10 s of P16, even where something does not let go. */
const SHUTDOWN_MS = 8000;

async function run(): Promise<void> {
  let config: ServiceConfig;
  try {
    config = loadConfig(process.env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${error.lines.map((line) => `stepcast: ${line}`).join('\n')}\n`);
    process.exitCode = 1;
    return;
  }
  const app = await createService(config);
  const logger = new Logger('Main');

  let stopping = false;
  const stop = (signal: string) => {
    if (stopping) return;
    stopping = true;
    logger.log(`${signal}: shutting down`);
    setTimeout(() => {
      logger.warn('something did not let go in time; unfinished executions go on at the next start');
      process.exit(0);
    }, SHUTDOWN_MS).unref();
    const end = async (code: number) => {
      await logsWritten();
      process.exit(code);
    };
    app.close().then(
      () => end(0),
      (error: unknown) => {
        logger.error(error);
        return end(1);
      },
    );
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stop(signal));

  try {
    await app.listen(config.port, config.host);
  } catch (error) {
    const line = refusalOf(error as NodeJS.ErrnoException, config);
    if (line === undefined) throw error;
    process.stderr.write(`stepcast: ${line}\n`);
    // What it had taken up meanwhile is left to the next start.
    await app.close();
    process.exit(1);
  }
  const { port } = app.getHttpServer().address() as AddressInfo;
  const base = `http://${config.host.includes(':') ? `[${config.host}]` : config.host}:${port}`;
  const { health$ } = app.get(Journal);
  if (!health$.value.ready) process.stdout.write(`\nStepcast is not yet ready at ${base}/: ${health$.value.reason}\n\n`);
  health$.pipe(filter(({ ready }) => ready), take(1)).subscribe(() => process.stdout.write(welcome(config, base)));
}

/** Why it cannot listen there, and what to do; undefined where that is nothing of the configuration. */
function refusalOf({ code }: NodeJS.ErrnoException, { host, port }: ServiceConfig): string | undefined {
  if (code === 'EADDRINUSE') return `port ${port} of ${host} is taken by another process; end that one, or set PORT to a free port`;
  if (code === 'EACCES') return `port ${port} needs more rights than this process has; set PORT to one from 1024 on`;
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') return `${host} is no address of this machine; set HOST to one, say 127.0.0.1`;
  return undefined;
}

function welcome({ developmentKey, openDocs, streaming }: ServiceConfig, base: string): string {
  const hasKeys = streaming.apiKeys.length > 0;
  const credential = hasKeys ? `X-API-Key: ${developmentKey?.key ?? '$STEPCAST_API_KEY'}` : 'Authorization: Bearer $TOKEN';
  const lines = ['', `Stepcast is ready at ${base}/${openDocs ? ` (API reference: ${base}/docs)` : ''}`];
  if (developmentKey) {
    lines.push('', `Development key of the user dev${developmentKey.persisted ? `, kept in ${developmentKey.path}` : ', for this start only'}:`, developmentKey.key);
  }
  lines.push(
    '', 'Run a workflow and watch every step of it:', '',
    `curl -N ${base}/api/v1/executions -H "${credential}" -H 'Content-Type: application/json' -H 'Accept: text/event-stream' \\`,
    `  -d '{"workflow":{"name":"hello","steps":[{"type":"agent","name":"say","agent":"tokens","input":{"text":"Hello from a streamed step.","intervalMs":200}}]}}'`, '', '',
  );
  return lines.join('\n');
}

run().catch((error: unknown) => {
  process.stderr.write(`stepcast: ${redact(error instanceof Error ? (error.stack ?? error.message) : String(error))}\n`);
  process.exit(1);
});
