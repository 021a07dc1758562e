import { type AddressInfo } from 'node:net';
import http, { type Server } from 'node:http';
import { type ArgumentsHost, type CanActivate, Catch, Controller, type ExceptionFilter, type ExecutionContext, Get, type INestApplication, Injectable, Sse, UseGuards } from '@nestjs/common';
import { HttpAdapterHost, Reflector } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { afterEach, describe, expect, it } from '@jest/globals';
import { of } from 'rxjs';
import { StepcastError } from '../contract/errors.js';
import { AuthenticationLimitGuard } from './authentication-limit.guard.js';
import { AuthenticationLimiter } from './authentication-limiter.js';
import { RateLimitGuard } from './rate-limit.guard.js';
import { RateLimit, type RateLimitOptions, SkipRateLimit } from './rate-limit.decorators.js';
import { RequestLimiter } from './request-limiter.js';
import { RouteLimiters } from './route-limiters.js';

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

/** The routes of an app, with limits of their own. */
@UseGuards(AuthenticationLimitGuard, UserGuard, RateLimitGuard)
@RateLimit({ points: 3, seconds: 60 })
@Controller('shared')
class SharedController {
  @Get('a')
  a() {
    return { ok: true };
  }

  @Get('b')
  b() {
    return { ok: true };
  }

  static calls = 0;

  @RateLimit({ points: 1, seconds: 60 })
  @Get('own')
  own() {
    SharedController.calls++;
    return { ok: true };
  }

  @RateLimit({ points: 1, seconds: 60, by: (request: { headers: Record<string, string | undefined> }) => request.headers['tenant'], name: 'per "tenant"' })
  @Get('tenant')
  tenant() {
    return { ok: true };
  }

  @RateLimit({ points: 1, seconds: 60, by: 'address' })
  @Get('address')
  address() {
    return { ok: true };
  }

  @SkipRateLimit()
  @Get('free')
  free() {
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
      controllers: [ThingsController, SharedController],
      providers: [{ provide: RequestLimiter, useValue: limiter }, { provide: AuthenticationLimiter, useValue: new AuthenticationLimiter(limiter) }, RouteLimiters, ErrorFilter],
    }).compile();
    app = module.createNestApplication(adapter(), { logger: ['error'] });
    app.useGlobalFilters(app.get(ErrorFilter));
    await app.listen(0, '127.0.0.1');
    url = `http://127.0.0.1:${((app.getHttpServer() as Server).address() as AddressInfo).port}`;
  };
  afterEach(() => app.close());

  const get = async (path: string, user?: string, more: Record<string, string> = {}) => {
    const response = await fetch(`${url}${path}`, { headers: { ...(user === undefined ? {} : { user }), ...more } });
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

  const own = (status: number, name: string, quota: number, remaining: number) =>
    ({ status, policy: `"${name}";q=${quota};w=60`, left: expect.stringMatching(new RegExp(`^"${name}";r=${remaining};t=\\d+$`)) });

  it('counts the routes of a controller together where it has a limit, in place of the general one', async () => {
    await start(1);
    expect(await get('/shared/a', 'alice')).toEqual(own(200, 'SharedController', 3, 2));
    expect(await get('/shared/b', 'alice')).toEqual(own(200, 'SharedController', 3, 1));
    expect(await get('/shared/a', 'bob')).toEqual(own(200, 'SharedController', 3, 2));
    expect(await get('/own', 'alice')).toEqual(answer(200, 1, 0));
  });

  it('counts a route that has one of its own for itself, and one that is to be skipped not at all', async () => {
    await start(1);
    expect(await get('/shared/own', 'alice')).toEqual(own(200, 'own', 1, 0));
    expect(await get('/shared/own', 'alice')).toEqual(own(429, 'own', 1, 0));
    expect(await get('/shared/a', 'alice')).toEqual(own(200, 'SharedController', 3, 2));
    for (let i = 0; i < 5; i++) expect(await get('/shared/free', 'alice')).toEqual({ status: 200, policy: null, left: null });
    expect((await get('/shared/free')).status).toBe(401);
    expect((await get('/shared/free')).status).toBe(429);
  });

  it('counts by what a route says, and by user where that says nothing', async () => {
    await start(100);
    expect(await get('/shared/tenant', 'alice', { tenant: 'x' })).toEqual(own(200, 'per__tenant_', 1, 0));
    expect((await get('/shared/tenant', 'bob', { tenant: 'x' })).status).toBe(429);
    expect((await get('/shared/tenant', 'bob', { tenant: 'y' })).status).toBe(200);
    expect([(await get('/shared/tenant', 'bob')).status, (await get('/shared/tenant', 'alice')).status, (await get('/shared/tenant', 'bob')).status]).toEqual([200, 200, 429]);
    // What a route calls somebody is no user of that name.
    expect([(await get('/shared/tenant', 'alice', { tenant: 'carol' })).status, (await get('/shared/tenant', 'carol')).status]).toEqual([200, 200]);
    expect([(await get('/shared/address', 'alice')).status, (await get('/shared/address', 'bob')).status]).toEqual([200, 429]);
  });

  it('lets no more pass when they come at the same moment, nor when clients are gone before the answer', async () => {
    await start(100);
    SharedController.calls = 0;
    const gone = Array.from({ length: 10 }, () => new Promise<void>((resolve) => {
      const request = http.get(`${url}/shared/own`, { agent: false, headers: { user: 'alice' } });
      request.on('error', () => resolve());
      request.on('socket', (socket) => socket.once('connect', () => setImmediate(() => request.destroy(new Error('gone')))));
      request.on('close', resolve);
    }));
    const answers = await Promise.all([...Array.from({ length: 20 }, () => get('/shared/own', 'alice')), ...gone]);
    expect(answers.filter((each) => each && each.status === 200).length).toBeLessThanOrEqual(1);
    expect((await get('/shared/own', 'alice')).status).toBe(429);
    expect(SharedController.calls).toBe(1);
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

describe('@RateLimit', () => {
  it.each<Partial<RateLimitOptions>>([{}, { points: 0, seconds: 60 }, { points: 5, seconds: 0 }, { points: 1.5, seconds: 60 }, { points: 5, seconds: 100_000 }])('refuses %j where it stands, and says what is taken', (options) => {
    expect(() => RateLimit(options as RateLimitOptions)).toThrow(expect.objectContaining({ code: 'invalid_input', message: expect.stringContaining('@RateLimit must be { points, seconds } in whole numbers') }));
  });

  it('has no say where there is no HTTP', async () => {
    const limiter = new RequestLimiter({ points: 1, seconds: 60 });
    const authentication = new AuthenticationLimiter(limiter);
    const context = { getType: () => 'ws' } as unknown as ExecutionContext;
    for (let i = 0; i < 3; i++) {
      expect(await new RateLimitGuard(limiter, authentication, new RouteLimiters(), new Reflector()).canActivate(context)).toBe(true);
      expect(await new AuthenticationLimitGuard(limiter, authentication).canActivate(context)).toBe(true);
    }
  });
});
