import { Inject, Injectable } from '@nestjs/common';
import { ApplicationConfig } from '@nestjs/core';
import { type StartedExecution } from '../../contract/api.js';
import { type ExecutionRecord } from '../../journal/journal.types.js';

export const STREAMING_PATH = 'STEPCAST_PATH';

/** Where the routes are, seen from outside: below the app's global prefix and the module's path. */
@Injectable()
export class Links {
  constructor(
    private readonly app: ApplicationConfig,
    @Inject(STREAMING_PATH) private readonly path: string,
  ) {}

  url(path: string): string {
    const parts = [this.app.getGlobalPrefix(), this.path, path].map((part) => part.replace(/^\/+|\/+$/g, ''));
    return `/${parts.filter((part) => part !== '').join('/')}`;
  }

  started({ id, status }: Pick<ExecutionRecord, 'id' | 'status'>): StartedExecution {
    const statusUrl = this.url(`executions/${id}`);
    return { id, status, streamUrl: `${statusUrl}/stream`, statusUrl, eventsUrl: `${statusUrl}/events` };
  }
}
