import { type INestApplication, type NestApplicationOptions } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { type NestExpressApplication } from '@nestjs/platform-express';
import { type NestFastifyApplication } from '@nestjs/platform-fastify';
import { AppModule } from './app.module.js';

/** Express takes bodies of 100 kB unless it is told otherwise; Fastify's 1 MiB is what Stepcast's routes are made for. */
export async function createApp(adapter: 'express' | 'fastify', options: NestApplicationOptions = {}): Promise<INestApplication> {
  if (adapter === 'fastify') {
    const { FastifyAdapter } = await import('@nestjs/platform-fastify');
    return NestFactory.create<NestFastifyApplication>(AppModule, new FastifyAdapter(), options);
  }
  const app = await NestFactory.create<NestExpressApplication>(AppModule, options);
  app.useBodyParser('json', { limit: '1mb' });
  return app;
}
