import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { StepcastError } from '../../contract/errors.js';
import { requestOf } from '../http/http.types.js';

/** Refuses a body that no parser takes as JSON: Express would pass it by in silence. */
@Injectable()
export class JsonBodyGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { headers, method } = requestOf(context);
    if (method !== 'POST') return true;
    const hasBody = headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
    const type = String(headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
    if (hasBody && type !== 'application/json') {
      throw new StepcastError('unsupported_media_type', 'send the body as JSON, with "Content-Type: application/json"');
    }
    return true;
  }
}
