/** Documentation of the route of the cache of agents. */
import { applyDecorators } from '@nestjs/common';
import { ApiOperation } from '@nestjs/swagger';
import { ApiNothing, ApiOptional, ApiProblems, ApiUser, FOR_USERS } from './route.decorators.js';

export const ApiClearCache = () =>
  applyDecorators(
    ApiOperation({
      tags: ['workflows'], operationId: 'clearCache', summary: 'Forget cached results',
      description: 'Removes the results that steps with `cache` have left for this user: they run again the next time. What runs goes on.',
    }),
    ApiUser(), ApiOptional('all', 'For admins: those of all users too, and those that all share.', { type: 'boolean', default: false }),
    ApiNothing('They are gone.'),
    ApiProblems([...FOR_USERS, 'invalid_request'], { forbidden: 'this is for admins; use the credential of one' }),
  );
