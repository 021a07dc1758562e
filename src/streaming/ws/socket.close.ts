/** How connections are closed: codes of RFC 6455, section 7.4, and for credentials 4000 and the status of HTTP. */
export interface Closing {
  code: number;
  /** For people, and at most 123 bytes. */
  reason: string;
}

export const CLOSINGS = {
  shutdown: { code: 1001, reason: 'the service is shutting down; reconnect, and resume where you were' },
  binary: { code: 1003, reason: 'send messages as text' },
  unread: { code: 1013, reason: 'what was sent was not read for too long; reconnect, and resume where you were' },
  unauthenticated: { code: 4401, reason: 'the credential is not taken any more; authenticate anew and resume' },
  authentication_unavailable: { code: 4503, reason: 'whether this may go on cannot be told at the moment; reconnect' },
} as const satisfies Record<string, Closing>;
