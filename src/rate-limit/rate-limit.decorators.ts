import { type CustomDecorator, SetMetadata } from '@nestjs/common';
import { StepcastError } from '../contract/errors.js';
import { type RateLimit as Rate, rateLimitFault } from './rate-limit.parser.js';

export const RATE_LIMIT_METADATA = 'stepcast:rate-limit';

/** A limit of its own for a route, or for all routes of a controller together. */
export interface RateLimitOptions extends Rate {
  /**
   * Whose requests are counted together: `user` (default) is the user, or the address where nobody is authenticated;
   * `address` is the address in any case; a function names them by the request. Where it names nobody, `user` holds.
   */
  by?: 'user' | 'address' | ((request: never) => string | undefined | Promise<string | undefined>);
  /** Names the limit in the `RateLimit` fields; default the name of the method or class it stands on. */
  name?: string;
}

/**
 * Gives a route, or the routes of a controller together, a limit of their own in place of the general one. It is
 * `RateLimitGuard` that counts, so that has to stand on the route too, after the guards that authenticate.
 *
 * @example
 * ```ts
 * @UseGuards(AuthenticationLimitGuard, AuthGuard, RateLimitGuard)
 * @RateLimit({ points: 5, seconds: 60 })
 * @Post('report')
 * ```
 * @throws StepcastError `invalid_input`
 */
export function RateLimit(options: RateLimitOptions): MethodDecorator & ClassDecorator {
  const fault = rateLimitFault(options);
  if (fault !== undefined) throw new StepcastError('invalid_input', `@RateLimit ${fault}`);
  return (target: object, key?: string | symbol, descriptor?: PropertyDescriptor): void => {
    const name = options.name ?? (key === undefined ? (target as { name: string }).name : String(key));
    // What a quoted name in a structured field can hold, and what divides its items.
    const own: RateLimitOptions = { ...options, name: name.replaceAll(/[^\x21-\x7e]|[",;\\]/g, '_') };
    const set: CustomDecorator = SetMetadata(RATE_LIMIT_METADATA, own);
    if (key === undefined) set(target as never);
    else set(target, key, descriptor as PropertyDescriptor);
  };
}

/** Requests to the route, or to the controller, are not counted, whatever stands around it. Failed authentications are. */
export const SkipRateLimit = (): CustomDecorator => SetMetadata(RATE_LIMIT_METADATA, false);
