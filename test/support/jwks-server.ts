/** An issuer of tokens: its keys on a server of their own, which can be changed, made to fail, hang and go away. */
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { exportJWK, type JWK, type JWTPayload, SignJWT } from 'jose';
import { freePort } from './free-port.js';

export type Alg = 'RS256' | 'PS256' | 'ES256' | 'EdDSA';

export interface SigningKey {
  kid: string;
  alg: Alg;
  privateKey: KeyObject;
  publicKey: KeyObject;
}

const PAIRS: Record<Alg, () => { privateKey: KeyObject; publicKey: KeyObject }> = {
  RS256: () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
  PS256: () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
  ES256: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  EdDSA: () => generateKeyPairSync('ed25519'),
};

export function signingKey(kid: string, alg: Alg = 'ES256'): SigningKey {
  return { kid, alg, ...PAIRS[alg]() };
}

/** A token of `key`, for `carol`, for a minute; `header` and `claims` say otherwise. */
export function signed(key: SigningKey, claims: JWTPayload = {}, header: { kid?: string | undefined; alg?: string } = {}): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  return new SignJWT({ sub: 'carol', exp: now + 60, ...claims })
    .setProtectedHeader({ alg: key.alg, kid: key.kid, ...header })
    .sign(key.privateKey);
}

export class JwksServer {
  keys: SigningKey[] = [];
  /** What it answers in place of the keys, where that is set. */
  instead: ((response: ServerResponse) => void) | undefined;
  requests = 0;
  private server: Server | undefined;
  private port = 0;

  static async start(...keys: SigningKey[]): Promise<JwksServer> {
    const issuer = new JwksServer();
    issuer.keys = keys;
    issuer.port = await freePort();
    await issuer.open();
    return issuer;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/keys.json`;
  }

  /** Takes requests, on the port that it had before. */
  async open(): Promise<void> {
    const server = (this.server = createServer((_request, response) => void this.answer(response)));
    await new Promise<void>((resolve) => server.listen(this.port, '127.0.0.1', resolve));
  }

  /** Is gone, with every connection. */
  async close(): Promise<void> {
    const { server } = this;
    this.server = undefined;
    if (!server) return;
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }

  private async answer(response: ServerResponse): Promise<void> {
    this.requests++;
    if (this.instead) {
      this.instead(response);
      return;
    }
    const keys: JWK[] = await Promise.all(this.keys.map(async ({ kid, alg, publicKey }) => ({ ...(await exportJWK(publicKey)), kid, alg, use: 'sig' })));
    response.setHeader('content-type', 'application/jwk-set+json');
    response.end(JSON.stringify({ keys }));
  }
}
