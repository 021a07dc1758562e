/** The AI SDK's `streamText` over its own mock model, which has every piece at hand. It streams; it keeps nothing. */
import { simulateReadableStream, streamText } from 'ai';
import { MockLanguageModelV4 } from 'ai/test';
import { serveEngine, tokenPieces } from '../lib/engine.mjs';

const usage = {
  inputTokens: { total: 1, noCache: 1, cacheRead: undefined, cacheWrite: undefined },
  outputTokens: { total: 1, text: 1, reasoning: undefined },
};

function modelOf(count) {
  const chunks = [
    { type: 'stream-start', warnings: [] },
    { type: 'text-start', id: '0' },
    ...tokenPieces(count).map((delta) => ({ type: 'text-delta', id: '0', delta })),
    { type: 'text-end', id: '0' },
    { type: 'finish', finishReason: { unified: 'stop', raw: 'stop' }, usage },
  ];
  return new MockLanguageModelV4({ doStream: async () => ({ stream: simulateReadableStream({ chunks, initialDelayInMs: null, chunkDelayInMs: null }) }) });
}

const models = new Map();

serveEngine({
  setup: async () => undefined,
  tokens: async ({ pieces: count }) => {
    const model = models.get(count) ?? modelOf(count);
    models.set(count, model);
    let seen = 0;
    let text = '';
    for await (const piece of streamText({ model, prompt: 'speak' }).textStream) {
      seen++;
      text += piece;
    }
    return { seen, result: text.length };
  },
});
