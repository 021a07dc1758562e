import { type AddressInfo } from 'node:net';
import http from 'node:http';
import { type ArgumentsHost, Catch, Controller, type ExceptionFilter, Get, type INestApplication, Injectable, Query, Req, UseGuards } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { SignJWT } from 'jose';
import { StepcastError } from '../contract/errors.js';
import { ApiKeyStore } from './api-key.store.js';
import { AllowTicket, CurrentUser } from './auth.decorators.js';
import { AuthGuard } from './auth.guard.js';
import { Authenticator } from './authenticator.js';
import { DefaultAuthenticator } from './default.authenticator.js';
import { JwtVerifier } from './jwt.verifier.js';
import { type Principal } from './principal.js';
import { hasPrincipal, principalOf } from './request-principal.js';

const SECRET = 'a secret of thirty-two bytes, or more';

@UseGuards(AuthGuard)
@Controller('things')
class ThingsController {
  @Get()
  own(@CurrentUser() user: Principal, @Req() request: object) {
    return { user: user.user, method: user.method, same: principalOf(request) === user };
  }

  @AllowTicket()
  @Get('stream')
  stream(@Req() request: object, @Query('ticket') ticket: unknown) {
    return { user: hasPrincipal(request) ? principalOf(request).user : null, ticket: ticket ?? null };
  }

  @AllowTicket()
  @Get('unredeemed')
  unredeemed(@CurrentUser() user: Principal) {
    return user;
  }
}

@AllowTicket()
@UseGuards(AuthGuard)
@Controller('streams')
class StreamsController {
  @Get()
  all(@Req() request: object) {
    return { user: hasPrincipal(request) ? principalOf(request).user : null };
  }
}

@Catch(StepcastError)
@Injectable()
class ErrorFilter implements ExceptionFilter<StepcastError> {
  constructor(private readonly host: HttpAdapterHost) {}
  catch({ code, message, status }: StepcastError, host: ArgumentsHost) {
    this.host.httpAdapter.reply(host.switchToHttp().getResponse(), { code, message }, status);
  }
}

describe.each([
  ['Express', () => new ExpressAdapter()],
  ['Fastify', () => new FastifyAdapter()],
])('AuthGuard on %s', (_name, adapter) => {
  let app: INestApplication;
  let port: number;

  beforeAll(async () => {
    const authenticator = new DefaultAuthenticator({
      apiKeys: new ApiKeyStore([{ user: 'alice', key: 'key-of-alice' }]),
      tokens: new JwtVerifier({ secret: SECRET }),
    });
    const module = await Test.createTestingModule({
      controllers: [ThingsController, StreamsController],
      providers: [{ provide: Authenticator, useValue: authenticator }, ErrorFilter],
    }).compile();
    app = module.createNestApplication(adapter(), { logger: ['error'] });
    app.useGlobalFilters(app.get(ErrorFilter));
    await app.listen(0, '127.0.0.1');
    port = ((app.getHttpServer() as http.Server).address() as AddressInfo).port;
  });
  afterAll(() => app.close());

  const get = async (path: string, headers: Record<string, string> = {}) => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { headers });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };
  const refused = (message: RegExp) => ({ status: 401, body: { code: 'unauthenticated', message: expect.stringMatching(message) } });
  const token = () => new SignJWT({ sub: 'bob' }).setExpirationTime('1m').setProtectedHeader({ alg: 'HS256' }).sign(new TextEncoder().encode(SECRET));

  it('lets a user in by key and by token, and tells the handler who it is', async () => {
    expect(await get('/things', { 'X-API-Key': 'key-of-alice' })).toEqual({ status: 200, body: { user: 'alice', method: 'api_key', same: true } });
    expect(await get('/things', { Authorization: `Bearer ${await token()}` })).toEqual({ status: 200, body: { user: 'bob', method: 'jwt', same: true } });
  });

  it('refuses what is missing, wrong or doubled', async () => {
    expect(await get('/things')).toEqual(refused(/send "X-API-Key/));
    expect(await get('/things', { 'X-API-Key': 'key-of-bob' })).toEqual(refused(/not known/));
    expect(await get('/things', { 'X-API-Key': 'key-of-alice', Authorization: `Bearer ${await token()}` })).toEqual(refused(/send one of them/));
  });

  it.each([['X-API-Key', 'key-of-alice', 'key-of-alice'], ['Authorization', 'Bearer a.b.c', 'Bearer d.e.f']])(
    'refuses two %s fields, which Node itself hides', async (name, ...values) => {
      const body = await new Promise<string>((resolve, reject) => {
        const request = http.get({ host: '127.0.0.1', port, path: '/things', headers: { [name]: values } }, (response) => {
          let text = '';
          response.on('data', (chunk: Buffer) => (text += chunk.toString())).on('end', () => resolve(text));
        });
        request.on('error', reject);
      });
      expect(JSON.parse(body)).toEqual({ code: 'unauthenticated', message: expect.stringMatching(/sent more than once/) });
    });

  it('ignores a ticket on routes that take none', async () => {
    expect(await get('/things?ticket=tkt_x')).toEqual(refused(/send "X-API-Key/));
  });

  it('leaves a request with a ticket and no header to the guard after it', async () => {
    expect(await get('/things/stream?ticket=tkt_x')).toEqual({ status: 200, body: { user: null, ticket: 'tkt_x' } });
    expect(await get('/things/stream?ticket=')).toEqual({ status: 200, body: { user: null, ticket: '' } });
    expect(await get('/streams?ticket=tkt_x')).toEqual({ status: 200, body: { user: null } });
  });

  it('lets a header outweigh the ticket', async () => {
    expect(await get('/things/stream?ticket=tkt_x', { 'X-API-Key': 'key-of-alice' })).toEqual({ status: 200, body: { user: 'alice', ticket: 'tkt_x' } });
    expect(await get('/things/stream?ticket=tkt_x', { 'X-API-Key': 'wrong' })).toEqual(refused(/not known/));
    expect(await get('/things/stream?ticket=tkt_x', { Authorization: 'Basic eDp5' })).toEqual(refused(/bearer token/));
  });

  it('asks for a header on stream routes without a ticket', async () => {
    expect(await get('/things/stream')).toEqual(refused(/send "X-API-Key/));
    expect(await get('/things/stream', { 'X-API-Key': 'key-of-alice' })).toEqual({ status: 200, body: { user: 'alice', ticket: null } });
  });

  it('answers 401 where nobody redeemed the ticket and the handler needs the user', async () => {
    expect(await get('/things/unredeemed?ticket=tkt_x')).toEqual(refused(/this needs a user/));
  });
});
