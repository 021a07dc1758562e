import { type AddressInfo } from 'node:net';
import { type Server } from 'node:http';
import { type ArgumentsHost, type CanActivate, Catch, Controller, type ExceptionFilter, type ExecutionContext, Get, type INestApplication, Injectable, Sse, UseGuards } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { afterEach, describe, expect, it } from '@jest/globals';
import { of } from 'rxjs';
import { StepcastError } from '../contract/errors.js';
import { AuthenticationLimitGuard } from './authentication-limit.guard.js';
import { AuthenticationLimiter } from './authentication-limiter.js';
import { RateLimitGuard } from './rate-limit.guard.js';
import { RequestLimiter } from './request-limiter.js';

/** Stands for the guards that authenticate: takes whoever says `user` and calls itself so, after a turn of the loop. */
@Injectable()
class UserGuard implements CanActivate {
  async canActivate(context: ExecutionContext) {
    const request = context.switchToHttp().getRequest<{ headers: Record<string, string | undefined>; principal?: { user: string } }>();
    await new Promise((resolve) => setImmediate(resolve));
    const user = request.headers['user'];
    if (!user) throw new StepcastError('unauthenticated', 'send the header user');
    request.principal = { user };
    return true;
  }
}

@Controller()
class ThingsController {
  @UseGuards(AuthenticationLimitGuard, UserGuard, RateLimitGuard)
  @Get('own')
  own() {
    return { ok: true };
  }

  @UseGuards(AuthenticationLimitGuard, UserGuard, RateLimitGuard)
  @Sse('stream')
  stream() {
    return of({ data: 'x', id: '1' });
  }

  @UseGuards(RateLimitGuard)
  @Get('public')
  public() {
    return { ok: true };
  }
}

@Catch(StepcastError)
@Injectable()
class ErrorFilter implements ExceptionFilter<StepcastError> {
  constructor(private readonly host: HttpAdapterHost) {}
  catch({ code, status }: StepcastError, host: ArgumentsHost) {
    this.host.httpAdapter.reply(host.switchToHttp().getResponse(), { code }, status);
  }
}

describe.each([
  ['Express', () => new ExpressAdapter()],
  ['Fastify', () => new FastifyAdapter()],
])('RateLimitGuard on %s', (_name, adapter) => {
  let app: INestApplication;
  let url: string;

  const start = async (points: number) => {
    const limiter = new RequestLimiter({ points, seconds: 3600 });
    const module = await Test.createTestingModule({
      controllers: [ThingsController],
      providers: [{ provide: RequestLimiter, useValue: limiter }, { provide: AuthenticationLimiter, useValue: new AuthenticationLimiter(limiter) }, ErrorFilter],
    }).compile();
    app = module.createNestApplication(adapter(), { logger: ['error'] });
    app.useGlobalFilters(app.get(ErrorFilter));
    await app.listen(0, '127.0.0.1');
    url = `http://127.0.0.1:${((app.getHttpServer() as Server).address() as AddressInfo).port}`;
  };
  afterEach(() => app.close());

  const get = async (path: string, user?: string) => {
    const response = await fetch(`${url}${path}`, { headers: user === undefined ? {} : { user } });
    await response.text();
    return { status: response.status, policy: response.headers.get('RateLimit-Policy'), left: response.headers.get('RateLimit') };
  };
  const answer = (status: number, quota: number, remaining: number) => ({
    status, policy: `"default";q=${quota};w=3600`, left: expect.stringMatching(new RegExp(`^"default";r=${remaining};t=(3600|35\\d\\d)$`)),
  });

  it('tells on every answer what is left, and refuses when nothing is', async () => {
    await start(2);
    expect(await get('/own', 'alice')).toEqual(answer(200, 2, 1));
    expect(await get('/own', 'alice')).toEqual(answer(200, 2, 0));
    expect(await get('/own', 'alice')).toEqual(answer(429, 2, 0));
  });

  it('counts users apart, though they share an address', async () => {
    await start(1);
    expect(await get('/own', 'alice')).toEqual(answer(200, 1, 0));
    expect(await get('/own', 'alice')).toEqual(answer(429, 1, 0));
    expect(await get('/own', 'bob')).toEqual(answer(200, 1, 0));
  });

  it('counts requests without a user by address', async () => {
    await start(2);
    expect(await get('/public')).toEqual(answer(200, 2, 1));
    expect(await get('/public', 'alice')).toEqual(answer(200, 2, 0));
    expect(await get('/public', 'bob')).toEqual(answer(429, 2, 0));
    expect(await get('/own', 'alice')).toEqual(answer(200, 2, 1));
  });

  it('tells on streams too', async () => {
    await start(5);
    expect(await get('/stream', 'alice')).toEqual(answer(200, 5, 4));
  });

  it('counts failed authentications by address, and then refuses a right credential too', async () => {
    await start(2);
    expect(await get('/own')).toEqual(answer(401, 2, 1));
    expect(await get('/own')).toEqual(answer(401, 2, 0));
    expect(await get('/own')).toEqual(answer(429, 2, 0));
    expect(await get('/own', 'alice')).toEqual(answer(429, 2, 0));
  });

  it('lets no guess pass before those sent with it have failed', async () => {
    await start(5);
    const answers = await Promise.all(Array.from({ length: 30 }, () => get('/own')));
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(5);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(25);
  });

  it('does not count who authenticates against the address', async () => {
    await start(2);
    for (const user of ['a', 'b', 'c', 'd', 'e']) expect(await get('/own', user)).toEqual(answer(200, 2, 1));
    expect(await get('/own')).toEqual(answer(401, 2, 1));
    for (const user of ['a', 'b']) expect(await get('/own', user)).toEqual(answer(200, 2, 0));
    expect(await get('/own', 'a')).toEqual(answer(429, 2, 0));
    expect(await get('/own', 'c')).toEqual(answer(200, 2, 0));
  });
});
