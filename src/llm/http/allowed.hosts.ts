import { StepcastError } from '../../contract/errors.js';

const ENTRY = /^(\[[^\]]+\]|[^\s*:/?#@[\]]+)(?::(\d{1,5}))?$/;

/** Hosts that may be reached whatever their addresses are, as the URL names them: `host` for all its ports, `host:port` for one. */
export class AllowedHosts {
  private readonly entries: ReadonlySet<string>;

  /** @throws StepcastError `invalid_input` for what is no host. */
  constructor(given: readonly string[] = []) {
    this.entries = new Set(given.map(normalized));
  }

  has({ protocol, hostname, port }: URL): boolean {
    const host = withoutDot(hostname);
    return this.entries.has(host) || this.entries.has(`${host}:${port || (protocol === 'https:' ? '443' : '80')}`);
  }
}

/** In the form that URLs have it. */
function normalized(given: string): string {
  const entry = given.trim();
  // A bare IPv6 address has no port.
  const [, host = '', port] = ENTRY.exec(entry.split(':').length > 2 && !entry.startsWith('[') ? `[${entry}]` : entry) ?? [];
  if (host === '' || !URL.canParse(`http://${host}`) || Number(port) > 65_535) {
    throw new StepcastError('invalid_input', `"${given}" is no host that the http agent could be allowed; give host or host:port, such as localhost:8080`);
  }
  const name = withoutDot(new URL(`http://${host}`).hostname);
  return port === undefined ? name : `${name}:${Number(port)}`;
}

function withoutDot(hostname: string): string {
  return hostname.endsWith('.') ? hostname.slice(0, -1) : hostname;
}
