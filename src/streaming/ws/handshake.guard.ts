import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { hasPrincipal } from '../../auth/request-principal.js';
import { StepcastError } from '../../contract/errors.js';
import { requestOf } from '../http/http.types.js';
import { StreamingOptions } from '../streaming.options.js';
import { rawRequest } from './raw.request.js';
import { UpgradeDoor } from './upgrade.door.js';

const KEY = /^[+/0-9A-Za-z]{22}==$/;
const VERSION = '13';

/**
 * Refuses pages of other origins, which browsers let open WebSockets to anywhere: with an authenticator of the app's own
 * that goes by cookies they would act as their visitor. Before authentication, so that no ticket is used up. What is no
 * browser sends no `Origin`.
 */
@Injectable()
export class OriginGuard implements CanActivate {
  constructor(private readonly options: StreamingOptions) {}

  canActivate(context: ExecutionContext): boolean {
    const { origin, host } = requestOf(context).headers;
    if (origin === undefined || this.options.webSocketOrigins.includes(String(origin)) || isSameHost(String(origin), String(host))) return true;
    throw new StepcastError('forbidden', 'pages of this origin may not open WebSockets here; add it to STEPCAST_CORS_ORIGINS (in a Nest app to webSocketOrigins)');
  }
}

/** The scheme is left out of it: a proxy before the service speaks another one. */
function isSameHost(origin: string, host: string): boolean {
  const from = URL.parse(origin);
  return from !== null && from.host !== '' && URL.parse(`${from.protocol}//${host}`)?.host === from.host;
}

/** Refuses what is no handshake of a WebSocket (RFC 6455, section 4.2.1), while a status can still say so. */
@Injectable()
export class HandshakeGuard implements CanActivate {
  constructor(
    private readonly door: UpgradeDoor,
    private readonly adapterHost: HttpAdapterHost,
  ) {}

  canActivate(context: ExecutionContext): boolean {
    const request = requestOf(context);
    const { headers } = request;
    if (!this.door.find(rawRequest(request))) throw this.upgradeRequired(context, 'this is for WebSockets; open it with a client of theirs');
    if (headers['sec-websocket-version'] !== VERSION) throw this.upgradeRequired(context, `only version ${VERSION} of the WebSocket protocol is spoken here`);
    if (!KEY.test(String(headers['sec-websocket-key']))) {
      const message = 'must be 16 bytes in base64';
      throw new StepcastError('invalid_request', `Sec-WebSocket-Key ${message}`, { faults: [{ path: '/Sec-WebSocket-Key', message }] });
    }
    return true;
  }

  private upgradeRequired(context: ExecutionContext, message: string): StepcastError {
    const response = context.switchToHttp().getResponse<object>();
    for (const [name, value] of [['Upgrade', 'websocket'], ['Sec-WebSocket-Version', VERSION]] as const) {
      this.adapterHost.httpAdapter.setHeader(response, name, value);
    }
    return new StepcastError('upgrade_required', message);
  }
}

/** Before a ticket is looked at: what asks by mistake, or looks at a link before it is followed, must not use it up. */
@Injectable()
export class TicketHandshakeGuard extends HandshakeGuard {
  override canActivate(context: ExecutionContext): boolean {
    return hasPrincipal(requestOf(context)) || super.canActivate(context);
  }
}
