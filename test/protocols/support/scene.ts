/** A workflow with all that a protocol has to carry: branches side by side, tools, reasoning, and a retry that takes text back. */
import { type WorkflowDefinition } from '../../../src/contract/definition.js';
import { type Client } from '../../support/client.js';
import { type Stage } from '../../support/stage.js';

export const TEXTS = { plan: 'A plan of three steps.', 'both/search': 'Found: two books.', 'both/again/write': 'It works now.', close: 'Done, all of it.' };

/** @param held whether the last step waits for the test before it writes. */
export function sceneOf(name: string, held = false): WorkflowDefinition {
  return {
    name,
    inputSchema: { type: 'object', required: ['prompt'], properties: { prompt: { type: 'string' } } },
    steps: [
      { type: 'agent', name: 'plan', agent: 'tokens', input: { text: TEXTS.plan } },
      {
        type: 'parallel', name: 'both',
        steps: [
          { type: 'agent', name: 'search', agent: 'play', input: { part: 'search' } },
          { type: 'retry', name: 'again', maxAttempts: 3, backoff: { delayMs: 0, jitter: false }, step: { type: 'agent', name: 'write', agent: 'play', input: { part: 'write' } } },
        ],
      },
      ...(held ? [{ type: 'agent', name: 'hold', agent: 'gate' } as const] : []),
      { type: 'agent', name: 'close', agent: 'tokens', input: { text: TEXTS.close } },
    ],
  };
}

export function writeParts(stage: Stage): void {
  stage.write('search', async function* (ctx) {
    yield ctx.reasoning('I should look it up.');
    yield ctx.text('Found: ');
    yield ctx.toolCall({ callId: 'call_1', tool: 'catalogue', input: { topic: 'tides' } });
    yield ctx.toolResult('call_1', { output: { books: 2 } });
    yield ctx.toolCall({ callId: 'call_2', tool: 'shelf', input: {} });
    yield ctx.toolResult('call_2', { error: new Error('nobody is there') });
    yield ctx.text('two books.');
    ctx.usage({ inputTokens: 20, outputTokens: 10, totalTokens: 30, costUsd: 0.01 });
    return 'Found: two books.';
  });
  stage.write('write', async function* (ctx) {
    if (ctx.attempt === 1) {
      yield ctx.text('It does not wor');
      throw new Error('it broke');
    }
    for (const word of ['It ', 'works ', 'now.']) yield ctx.text(word);
    return 'It works now.';
  });
}

export async function store(client: Client, definition: WorkflowDefinition): Promise<void> {
  const answer = await client.post('/workflows', definition);
  if (answer.status !== 201) throw new Error(`storing answered ${answer.status}: ${answer.text}`);
}
