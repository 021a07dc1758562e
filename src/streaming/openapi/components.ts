/** What the routes of the streaming module refer to in the components of an OpenAPI document. */
import { type OpenAPIObject } from '@nestjs/swagger';
// For whoever imports this: documentation of the routes themselves.
import './routes.docs.js';
import { BODY_SCHEMAS } from './body.schemas.js';
import { DEFINITION_SCHEMAS } from './definition.schemas.js';
import { EVENT_SCHEMAS } from './event.schemas.js';
import { EXECUTION_SCHEMAS } from './execution.schemas.js';
import { KEY_SCHEMAS } from './key.schemas.js';
import { PROBLEM_SCHEMAS } from './problem.schemas.js';
import { PROTOCOL_SCHEMAS } from './protocol.schemas.js';
import { RELIABILITY_SCHEMAS } from './reliability.schemas.js';
import { type Schema } from './schema.builder.js';
import { WORKFLOW_SCHEMAS } from './workflow.schemas.js';

type Components = NonNullable<OpenAPIObject['components']>;

const STREAMING_SCHEMAS: Record<string, Schema> = {
  ...EVENT_SCHEMAS, ...EXECUTION_SCHEMAS, ...WORKFLOW_SCHEMAS, ...DEFINITION_SCHEMAS, ...BODY_SCHEMAS, ...KEY_SCHEMAS, ...RELIABILITY_SCHEMAS, ...PROTOCOL_SCHEMAS, ...PROBLEM_SCHEMAS,
};

const HEADERS: Components['headers'] = {
  RateLimit: {
    description: 'What is left of each limit that the request counts in: `r` for `t` seconds (draft-ietf-httpapi-ratelimit-headers). `default` counts requests; starts tell `starts` and `executions` too, streams `streams`.',
    schema: { type: 'string' }, example: '"default";r=299;t=60',
  },
  'RateLimit-Policy': { description: 'What is allowed: `q` in `w` seconds, or, with `qu="concurrent-requests"`, at the same time.', schema: { type: 'string' }, example: '"default";q=300;w=60' },
  'Retry-After': { description: 'Seconds after which it is worth trying again.', schema: { type: 'string', pattern: '^[0-9]+$' }, example: '12' },
  Upgrade: { description: 'What to ask for.', schema: { type: 'string' }, example: 'websocket' },
  'WWW-Authenticate': { description: 'How to authenticate.', schema: { type: 'string' }, example: 'Bearer realm="stepcast"' },
};

const SECURITY_SCHEMES: Components['securitySchemes'] = {
  apiKey: { type: 'apiKey', in: 'header', name: 'X-API-Key', description: 'A key of the service: of its configuration, or one that an admin has added.' },
  bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: 'A JWT, whose `sub` is the user; `exp` is required, `roles` may hold `admin`, `scope` limits it.' },
  ticket: { type: 'apiKey', in: 'query', name: 'ticket', description: 'On streams alone, for an EventSource, which cannot send headers: a ticket for one connection within 60 s.' },
};

/**
 * Adds them to `document`, which holds the routes already. An app that documents itself calls this on what
 * `SwaggerModule.createDocument` gives; the schemas need `setOpenAPIVersion('3.1.0')` or later.
 */
export function addStreamingComponents(document: OpenAPIObject): OpenAPIObject {
  const { components = {} } = document;
  document.components = {
    ...components,
    schemas: { ...components.schemas, ...STREAMING_SCHEMAS as Components['schemas'] },
    headers: { ...components.headers, ...HEADERS },
    securitySchemes: { ...components.securitySchemes, ...SECURITY_SCHEMES },
  };
  return document;
}
