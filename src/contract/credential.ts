/** What a person gives where either a key or a token will do. */

/** Whether it is a bearer token, and no API key: a JWT is three parts between dots, of which the first is a JSON object. */
export function isBearerToken(credential: string): boolean {
  return /^eyJ[\w-]+\.[\w-]+\.[\w-]+$/.test(credential);
}
