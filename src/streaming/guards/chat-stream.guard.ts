import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { principalOf } from '../../auth/request-principal.js';
import { type ExecutionStatus } from '../../contract/state.js';
import { Journal } from '../../journal/journal.js';
import { Clock } from '../../orchestration/clock.js';
import { type AiSdkVersion, parseVersion } from '../protocols/protocol.request.js';
import { requestOf } from '../http/http.types.js';
import { viewOf } from '../sse/frames.js';
import { single, type StreamRequest } from '../sse/stream.request.js';
import { StreamHasEnded } from './stream.guard.js';

const UNFINISHED: readonly ExecutionStatus[] = ['queued', 'running', 'waiting'];
/** Milliseconds after its end in which an execution counts as one that a chat may have lost sight of: it may have ended while the line was cut. */
const JUST_NOW_MS = 60_000;

/**
 * Finds what a chat that comes back goes on with: its latest execution, where that has not ended or has just now; else the
 * latest that has not ended, which may wait for an answer for ever while the chat goes on. 204 where there is none.
 */
@Injectable()
export class ChatStreamGuard implements CanActivate {
  constructor(
    private readonly journal: Journal,
    private readonly clock: Clock,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = requestOf(context);
    const { user } = principalOf(request);
    const { name: workflow, id } = request.params as { name: string; id: string };
    const asked = chatStream(parseVersion(single(request.query, 'version')));
    const list = (status?: ExecutionStatus) => this.journal.list({ user, workflow, sessionId: id, limit: 1, ...(status && { status }) });
    const [latest] = await list();
    const isOver = latest !== undefined && latest.finishedAt !== null && latest.finishedAt + JUST_NOW_MS < this.clock.now();
    const found = isOver ? (await Promise.all(UNFINISHED.map(list))).flat().toSorted((a, b) => b.ordinal - a.ordinal)[0] : latest;
    if (!found) throw new StreamHasEnded();
    request.execution = found;
    request.streamRequest = asked;
    return true;
  }
}

/** The stream of a chat: all of its message, from the beginning. */
export function chatStream(version: AiSdkVersion): StreamRequest & { protocol: { name: 'ai-sdk'; version: AiSdkVersion } } {
  return { start: { at: 'first' }, view: viewOf(true), heartbeat: 'comment', protocol: { name: 'ai-sdk', version } };
}
