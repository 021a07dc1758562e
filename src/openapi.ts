/** The OpenAPI document of the service. What its routes say of themselves is in routes.docs.ts and streaming/openapi/. */
import { readFileSync } from 'node:fs';
import { type IncomingMessage, type ServerResponse } from 'node:http';
import { type INestApplication, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { type NestExpressApplication } from '@nestjs/platform-express';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { assetUrl } from './assets.js';
import './routes.docs.js';
import { addStreamingComponents } from './streaming/openapi/components.js';

export type Handler = (request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void) => void;

const DESCRIPTION = `Runs AI workflows and streams every step of them.

Every execution is a durable, numbered log of events. Whoever connects before, during or after the run reads the same log, and resumes it at any event.

**Users.** Every route of the API needs a user: \`X-API-Key: <key>\` or \`Authorization: Bearer <JWT>\`; streams also take a ticket, for browsers. What belongs to another user answers 404, as if it did not exist; an admin sees all. A key or token may be limited to scopes: \`workflows:run\`, \`executions:read\`, \`executions:cancel\`, \`metrics:read\`; what it is not good for answers 403.

**Streams.** Server-sent events, one JSON object each: a frame is \`event: <type>\`, \`id: <seq>\` and one \`data\` line. Cut off, a reader sends the last id it was sent as \`Last-Event-ID\` and is sent every event after it. The terminal event ends the response; connecting after it answers 204. Silence is broken by a heartbeat.

**Errors.** \`application/problem+json\` (RFC 9457) with a \`code\` of a closed list, and what is wrong with an input in \`errors\`. A stream that cannot begin is refused before its first byte; what goes wrong later is an event.

**Limits.** Every answer to a user tells in \`RateLimit\` what is left; above a limit it is 429, and where all users together have as much as the service takes, 503, with \`Retry-After\`.`;

const TAGS: Record<string, string> = {
  workflows: 'What can be run: the workflows of the service, and the definitions that the user has stored.',
  executions: 'Runs of workflows: start, look at, cancel and answer them.',
  streams: 'Events as they happen, over server-sent events and WebSockets.',
  protocols: 'Workflows as chats of the AI SDK and as agents of AG-UI, for their stock clients.',
  health: 'For those that watch the process and route to it; needs no user.',
  keys: 'API keys, which admins add and revoke while the service runs.',
  metrics: 'For Prometheus.',
};

@Module({})
class DocsModule {}

/**
 * What serves the document at `/docs-json` and `/docs-yaml`, and a page that shows it at `/docs`. It is an app of its own
 * that never listens, since routes can be added to `app` no more once it does.
 */
export async function docsSite(app: INestApplication): Promise<Handler> {
  const site = await NestFactory.create<NestExpressApplication>(DocsModule, { abortOnError: false });
  site.disable('x-powered-by');
  SwaggerModule.setup('docs', site, buildDocument(app), {
    jsonDocumentUrl: 'docs-json', yamlDocumentUrl: 'docs-yaml', customSiteTitle: 'Stepcast API', swaggerOptions: { defaultModelsExpandDepth: 0 },
  });
  return site.getHttpAdapter().getInstance();
}

/** The document is OpenAPI 3.2, the first version that can describe what a stream consists of. */
function buildDocument(app: INestApplication): OpenAPIObject {
  const { version, license } = JSON.parse(readFileSync(assetUrl('../package.json'), 'utf8')) as { version: string; license: string };
  const builder = new DocumentBuilder().setOpenAPIVersion('3.2.0').setTitle('Stepcast').setDescription(DESCRIPTION).setVersion(version)
    .setLicense(license, `https://spdx.org/licenses/${license}.html`).addServer('/', 'This service');
  for (const [name, description] of Object.entries(TAGS)) builder.addTag(name, description);
  return addStreamingComponents(SwaggerModule.createDocument(app, builder.build()));
}
