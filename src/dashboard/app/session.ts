/**
 * Who is signed in: the key, where it is kept, and the requests that it is sent with. It is kept until the tab is closed, or,
 * where one asks for that, until one signs out; never in an address.
 */
import { createContext, useContext } from 'react';
import { StepcastClient } from '../../client/stepcast.client.js';
import { refusalOf, unreachable } from '../../client/transport.js';
import { isBearerToken } from '../../contract/credential.js';
import { ClockSkew } from './clock.skew.js';

const STORED = 'stepcast.key';
/** Milliseconds that the routes beside the API may take. */
const TIMEOUT_MS = 30_000;

export interface Session {
  readonly client: StepcastClient;
  /** How the clock of the service differs from the one here. */
  readonly clock: ClockSkew;
  /** Gets what is not of the API, by its path from where the service is. @throws RequestError */
  readonly get: (path: string) => Promise<Response>;
  readonly signOut: (why?: string) => void;
}

export const SessionContext = createContext<Session | undefined>(undefined);

export function useSession(): Session {
  const session = useContext(SessionContext);
  if (!session) throw new TypeError('nobody is signed in here');
  return session;
}

export function storedKey(): string | undefined {
  return sessionStorage.getItem(STORED) ?? localStorage.getItem(STORED) ?? undefined;
}

export function keepKey(key: string, remember: boolean): void {
  const [taken, other] = remember ? [localStorage, sessionStorage] : [sessionStorage, localStorage];
  taken.setItem(STORED, key);
  other.removeItem(STORED);
}

/** Calls `forgotten` when another tab has signed out, with the key that both were given by this device. @returns what ends that */
export function onForgotten(forgotten: () => void): () => void {
  const look = ({ key, newValue, storageArea }: StorageEvent) => {
    if (storageArea === localStorage && (key === STORED || key === null) && newValue === null && storedKey() === undefined) forgotten();
  };
  addEventListener('storage', look);
  return () => removeEventListener('storage', look);
}

export function forgetKey(): void {
  sessionStorage.removeItem(STORED);
  localStorage.removeItem(STORED);
}

/**
 * @param onRefused Told why, when the service does not take the key any more.
 * @throws TypeError where the key can be none.
 */
export function openSession(key: string, onRefused: (why: string) => void): Omit<Session, 'signOut'> {
  const headers = credentialsOf(key);
  checkHeaders(headers);
  const base = new URL('.', location.href).href.replace(/\/$/, '');
  const clock = new ClockSkew();
  const checked: typeof fetch = async (...request) => {
    const sentAt = Date.now();
    const response = await fetch(...request);
    clock.heard(response.headers.get('Date'), sentAt, Date.now());
    if (response.status === 401) onRefused((await refusalOf(response.clone())).message);
    return response;
  };
  const get = async (path: string) => {
    try {
      const response = await checked(`${base}/${path}`, { headers, cache: 'no-store', signal: AbortSignal.timeout(TIMEOUT_MS) });
      if (!response.ok) throw await refusalOf(response);
      return response;
    } catch (error) {
      throw error instanceof TypeError || error instanceof DOMException ? unreachable(error, base) : error;
    }
  };
  return { client: new StepcastClient({ baseUrl: base, headers, fetch: checked }), clock, get };
}

function credentialsOf(key: string): Record<string, string> {
  return isBearerToken(key) ? { Authorization: `Bearer ${key}` } : { 'X-API-Key': key };
}

function checkHeaders(headers: Record<string, string>): void {
  try {
    new Headers(headers);
  } catch {
    throw new TypeError('This can be no key: it holds characters that keys do not have.');
  }
}
