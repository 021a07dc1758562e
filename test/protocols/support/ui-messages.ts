/** UI message streams, read by the AI SDK itself, of both versions that are spoken to. */
import { expect } from '@jest/globals';
import * as sdk6 from 'ai-6';
import * as sdk7 from 'ai';

/** A message, in the form that both versions have in common. */
export interface UiMessage {
  id: string;
  role: string;
  metadata?: unknown;
  parts: UiPart[];
}
export interface UiPart {
  type: string;
  id?: string;
  text?: string;
  state?: string;
  toolCallId?: string;
  toolName?: string;
  input?: unknown;
  output?: unknown;
  errorText?: string;
  data?: Record<string, unknown>;
  approval?: { id: string; approved?: boolean };
  providerMetadata?: { stepcast?: { step: string; attempt: number } };
}

export type Chunk = { type: string } & Record<string, unknown>;
export const VERSIONS = [6, 7] as const;
export type Version = (typeof VERSIONS)[number];

/** @throws where the SDK of that version does not know a chunk, or takes a field for wrong. */
export async function checkChunks(version: Version, chunks: readonly Chunk[]): Promise<void> {
  const schema = (version === 6 ? sdk6 : sdk7).uiMessageChunkSchema() as { validate?: (value: unknown) => PromiseLike<{ success: boolean; error?: Error }> | { success: boolean; error?: Error } };
  for (const chunk of chunks) {
    const result = await schema.validate?.(chunk);
    if (result?.success !== true) throw new Error(`version ${version} does not take ${JSON.stringify(chunk)}: ${result?.error?.message}`);
  }
}

/** The message that chunks make, and the errors that its reader meets. */
export async function readMessage(version: Version, chunks: readonly Chunk[], before?: UiMessage): Promise<{ message: UiMessage; errors: string[] }> {
  const errors: string[] = [];
  const { readUIMessageStream } = (version === 6 ? sdk6 : sdk7) as typeof sdk7;
  const states = readUIMessageStream({
    ...(before ? { message: structuredClone(before) as sdk7.UIMessage } : {}),
    stream: ReadableStream.from(chunks) as ReadableStream<sdk7.UIMessageChunk>,
    onError: (error) => void errors.push((error as Error).message),
  });
  let last: sdk7.UIMessage | undefined = before as sdk7.UIMessage | undefined;
  for await (const state of states) last = state;
  return { message: last as unknown as UiMessage, errors };
}

/** The texts that count in a message, by step: as the guide tells UIs to show them. */
export function textsIn({ parts }: UiMessage, kind: 'text' | 'reasoning' = 'text'): Record<string, string> {
  const superseded = new Map(parts.filter(({ type }) => type === 'data-step').map(({ id, data }) => [id, Number(data?.['superseded'])]));
  const texts = Object.create(null) as Record<string, string>;
  for (const { type, text = '', providerMetadata } of parts) {
    const origin = providerMetadata?.stepcast;
    if (type !== kind || !origin) continue;
    if (origin.step !== '' && origin.attempt <= (superseded.get(origin.step) ?? NaN)) continue;
    texts[origin.step] = (texts[origin.step] ?? '') + text;
  }
  return { ...texts };
}

/** All tool parts have an end. */
export function expectNothingOpen({ parts }: UiMessage): void {
  for (const { type, state } of parts) {
    if (type === 'text' || type === 'reasoning') expect(state).toBe('done');
    if (type === 'dynamic-tool') expect(state).toMatch(/^output-/);
  }
}
