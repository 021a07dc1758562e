import { AppConfig } from './app.config.js';
import { createApp } from './app.js';

const app = await createApp(process.env['ADAPTER'] === 'fastify' ? 'fastify' : 'express');
// On SIGTERM and SIGINT: executions that run are kept for the next start, streams end, the journal is closed.
app.enableShutdownHooks();
await app.listen(app.get(AppConfig).port, '127.0.0.1');
process.stdout.write(`The app is ready at ${await app.getUrl()}\n`);
