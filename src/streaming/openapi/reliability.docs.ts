/** Documentation of the route of reliability. */
import { applyDecorators } from '@nestjs/common';
import { ApiOperation } from '@nestjs/swagger';
import { RELIABILITY_WINDOWS, type ReliabilityReport } from '../../metrics/reliability.js';
import { ApiJson, ApiOptional, ApiProblems, ApiUser, AUTHENTICATED } from './route.decorators.js';

const STATS = { completed: 98, failed: 2, cancelled: 0, successRate: 0.98, compensationRate: 0.05, humanInputRate: 0.1, completionMs: { p50: 1800, p95: 9200, p99: 21_000 } };

const REPORT: ReliabilityReport = {
  window: '1h', since: '2026-11-20T08:00:00.000Z', ...STATS,
  toolCalls: { calls: 40, failed: 1, durationMs: { p50: 120, p95: 800, p99: 2100 } },
  inputs: { answered: 10, waitMs: { p50: 42_000, p95: 500_000, p99: 1_500_000 } },
  workflows: [{ workflow: 'research', ...STATS }],
  slos: [{
    name: 'runs', measure: 'success', target: 0.95, windowMs: 86_400_000, good: 980, bad: 20, ratio: 0.98, budgetLeft: 0.6,
    burnRates: { '5m': 0, '30m': 0.2, '1h': 0.4, '6h': 0.4, '1d': 0.4 },
  }],
};

export const ApiGetReliability = () =>
  applyDecorators(
    ApiOperation({
      tags: ['metrics'], operationId: 'getReliability', summary: 'Get the reliability of executions',
      description: 'How many complete, how long they take, how often they are retried, resumed or ask a person, and how objectives stand. Of all users: for admins and the scope `metrics:read`.',
    }),
    ApiUser(),
    ApiOptional('window', 'The time up to now that is looked at.', { type: 'string', enum: Object.keys(RELIABILITY_WINDOWS), default: '1h' }),
    ApiJson(200, 'The report', 'ReliabilityReport', REPORT),
    ApiProblems([...AUTHENTICATED, 'invalid_request']),
  );
