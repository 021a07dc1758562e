/** Documentation of the routes of API keys. */
import { applyDecorators } from '@nestjs/common';
import { ApiOperation, ApiParam } from '@nestjs/swagger';
import { ApiJson, ApiJsonBody, ApiNothing, ApiProblems, ApiUser, FOR_USERS, WITH_BODY } from './route.decorators.js';

const TAGS = { tags: ['keys'] };
const ID = 'a1b2c3d4e5f6';
const KEY = {
  id: ID, name: 'nightly import', user: 'ann', roles: [], scopes: ['workflows:run', 'executions:read'], origin: 'stored',
  createdAt: '2026-11-20T12:45:57.000Z', createdBy: 'root', expiresAt: '2027-11-20T00:00:00.000Z', lastUsedAt: null,
};
const FORBIDDEN = { forbidden: 'this is for admins; use the credential of one' };

export const ApiListKeys = () =>
  applyDecorators(
    ApiOperation({ ...TAGS, operationId: 'listKeys', summary: 'List API keys', description: 'For admins: all keys, those of the configuration of the service too. None is told itself.' }),
    ApiUser(),
    ApiJson(200, 'The keys', 'ApiKeyList', { keys: [KEY] }),
    ApiProblems(FOR_USERS, FORBIDDEN),
  );

export const ApiAddKey = () =>
  applyDecorators(
    ApiOperation({ ...TAGS, operationId: 'addKey', summary: 'Add an API key', description: 'For admins. The key is made by the service, told in this answer and never again; it is good at once.' }),
    ApiUser(), ApiJsonBody('KeyBody', { 'Limited, for a year': { user: KEY.user, name: KEY.name, scopes: KEY.scopes, expiresAt: '2099-01-01T00:00:00.000Z' } }),
    ApiJson(201, 'The key', 'NewApiKey', { ...KEY, key: 'stc_J5pR3cPRoK1w4vN4X2mJ0VqzX9bQ7yT6uE8sD1fG2hA' }),
    ApiProblems([...FOR_USERS, ...WITH_BODY], FORBIDDEN),
  );

export const ApiRevokeKey = () =>
  applyDecorators(
    ApiOperation({ ...TAGS, operationId: 'revokeKey', summary: 'Revoke an API key', description: 'For admins. It is void at once: for requests, for its tickets, and for the streams that it has opened, which end. What it has started goes on.' }),
    ApiUser(), ApiParam({ name: 'id', description: 'Id of the key.', schema: { type: 'string', examples: [ID] } }),
    ApiNothing('It is revoked.'),
    ApiProblems([...FOR_USERS, 'invalid_request', 'not_found', 'conflict'], {
      ...FORBIDDEN, not_found: `there is no key ${ID}`,
      conflict: `the key ${ID} is set by the configuration of the service; take it out there (STEPCAST_API_KEYS) and start the service anew`,
    }),
  );
