/** Documentation of the service's own routes, beside those of the streaming module. */
import { applyDecorators } from '@nestjs/common';
import { ApiExcludeController, ApiOkResponse, ApiOperation, ApiResponse, ApiServiceUnavailableResponse } from '@nestjs/swagger';
import { HealthController } from './health.controller.js';
import { MetricsController, OpenMetricsController } from './metrics.controller.js';
import { PageController } from './page.controller.js';
import { describeRoutes } from './streaming/openapi/describe-routes.js';
import { ApiProblems, ApiUser, AUTHENTICATED } from './streaming/openapi/route.decorators.js';

/** Open to all. */
const PUBLIC = { tags: ['health'], security: [] };

const METRICS_EXAMPLE = '# TYPE stepcast_streams_open gauge\nstepcast_streams_open 3\n';

/** A health answer with this status. */
const health = (description: string, example: { status: string; reason?: string }) => ({
  description,
  schema: {
    type: 'object', additionalProperties: false, required: Object.keys(example),
    properties: { status: { type: 'string', enum: [example.status] }, ...('reason' in example ? { reason: { type: 'string', description: 'Why, and what helps.' } } : {}) },
  },
  example,
});

describeRoutes(HealthController, {
  live: applyDecorators(
    ApiOperation({ ...PUBLIC, operationId: 'checkLive', summary: 'Whether the process runs', description: 'Where this does not answer, restart it.' }),
    ApiOkResponse(health('It runs.', { status: 'ok' })),
  ),
  ready: applyDecorators(
    ApiOperation({ ...PUBLIC, operationId: 'checkReady', summary: 'Whether the service takes new executions', description: 'It does while its journal can be written.' }),
    ApiOkResponse(health('It does.', { status: 'ok' })),
    ApiServiceUnavailableResponse(health('It does not.', { status: 'unavailable', reason: 'stepcast.db: database or disk is full: the disk is full; free some space' })),
  ),
});

const METRICS = {
  operation: { tags: ['metrics'], operationId: 'getMetrics', summary: 'Get metrics', description: 'Executions, steps, events, open streams and commit times, in the text format of Prometheus.' },
  answer: ApiResponse({ status: 200, description: 'The metrics', content: { 'text/plain': { schema: { type: 'string' }, example: METRICS_EXAMPLE } } }),
};

describeRoutes(MetricsController, { metrics: applyDecorators(ApiOperation(METRICS.operation), ApiUser(), METRICS.answer, ApiProblems(AUTHENTICATED)) });

describeRoutes(OpenMetricsController, { metrics: applyDecorators(ApiOperation({ ...METRICS.operation, security: [] }), METRICS.answer, ApiProblems(['internal'])) });

ApiExcludeController()(PageController);
