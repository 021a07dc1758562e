/** What a client is made with. */

/** Called before the first request, and with `refresh` once the service has not taken the token of before (401); once for all requests that wait for it, and again where it has thrown, or given none within `requestMs`. */
export type TokenSource = (request: { refresh: boolean }) => string | Promise<string>;

/** Gets a ticket from the app's own server, for the execution, or for the stream of several where there is none. Called for each connection, and once more where the service does not take it. */
export type TicketSource = (executionId: string | undefined) => string | Promise<string>;

/**
 * Who asks: an API key, a bearer token, or, for pages that may hold neither, tickets that open streams and nothing else.
 * Keys belong on servers: what is in a page can be read by its user.
 */
export type ClientAuth = { apiKey: string } | { token: string | TokenSource } | { ticket: TicketSource };

export interface ReconnectOptions {
  /** Milliseconds that the first wait is drawn below; each further one below twice as much. Default 500. */
  delayMs?: number | undefined;
  /** Bound of a wait, milliseconds. Default 15,000. */
  maxDelayMs?: number | undefined;
}

export interface ClientOptions {
  /** Where the service is: `https://stepcast.example.com`, or, in a browser, a path on the page's own origin, such as `/flows`. Default there: that origin. */
  baseUrl?: string | undefined;
  /** Path of the API on it. Default `/api/v1`. */
  apiPath?: string | undefined;
  auth?: ClientAuth | undefined;
  /** Sent with each request. */
  headers?: Record<string, string> | undefined;
  reconnect?: ReconnectOptions | undefined;
  /** Silence after which a line counts as dead, milliseconds, until the service's own heartbeats tell better. Default 45,000; may be `Infinity`. */
  stallMs?: number | undefined;
  /** Milliseconds without a byte after which the client looks whether something between it and the service holds the stream back. Default 3,000. */
  probeMs?: number | undefined;
  /** Milliseconds between two looks where streams are blocked; up to five times as much in silence. Default 1,000. */
  pollMs?: number | undefined;
  /** Milliseconds that a request may take that is no stream; then it counts as lost, and is made anew where that is safe. Default 60,000; may be `Infinity`. */
  requestMs?: number | undefined;
  /** Default the global `fetch`. */
  fetch?: typeof fetch | undefined;
  /** 0 ≤ random < 1, for the jitter. Default `Math.random`. */
  random?: (() => number) | undefined;
}
