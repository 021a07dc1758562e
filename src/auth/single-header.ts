import { StepcastError } from '../contract/errors.js';
import { type AuthenticationRequest } from './authenticator.js';

/**
 * The value of a header that may be sent once. Node keeps the first of several `Authorization` fields and joins
 * several `X-API-Key` fields, while a proxy before it may read the last: whoever sends two is refused, so that both
 * never see different users.
 *
 * @param name in lower case
 * @throws StepcastError `unauthenticated` where it was sent more than once.
 */
export function singleHeader(request: AuthenticationRequest, name: string): string | undefined {
  const value = request.headers[name];
  const fields = request.rawHeaders?.filter((field, index) => index % 2 === 0 && field.toLowerCase() === name).length ?? 0;
  if (fields > 1 || (Array.isArray(value) && value.length > 1)) {
    throw new StepcastError('unauthenticated', `the header ${name} was sent more than once; send it once`);
  }
  return Array.isArray(value) ? value[0] : value;
}
