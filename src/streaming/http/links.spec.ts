import { type ApplicationConfig } from '@nestjs/core';
import { describe, expect, it } from '@jest/globals';
import { Links } from './links.js';

const links = (prefix: string, path: string) => new Links({ getGlobalPrefix: () => prefix } as ApplicationConfig, path);

describe('links', () => {
  it.each([
    ['', 'api/v1', '/api/v1/stream'], ['gateway', 'api/v1', '/gateway/api/v1/stream'], ['/gateway/', '/api/v1/', '/gateway/api/v1/stream'],
    ['', '', '/stream'], ['/', '/', '/stream'], ['a/b', '', '/a/b/stream'],
  ])('lie below the prefix %j of the app and the path %j of the module: %s', (prefix, path, expected) => {
    expect(links(prefix, path).url('stream')).toBe(expected);
  });

  it('of an execution are what a start answers', () => {
    expect(links('', 'api/v1').started({ id: 'e1', status: 'queued' })).toEqual({
      id: 'e1', status: 'queued', streamUrl: '/api/v1/executions/e1/stream', statusUrl: '/api/v1/executions/e1', eventsUrl: '/api/v1/executions/e1/events',
    });
  });
});
