/** The process is killed in the middle of a text: stock clients go on with the next one, and end with exactly that text. */
import { HttpAgent } from '@ag-ui/client';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { type WorkflowDefinition } from '../../src/contract/definition.js';
import { API, KEYS } from '../support/client.js';
import { eventually } from '../support/patience.js';
import { ServiceProcess } from '../support/process.js';
import { quietFetch, textsOf } from './support/ag-ui.js';
import { TestChat } from './support/chat.js';
import { store } from './support/scene.js';
import { expectNothingOpen, textsIn, VERSIONS } from './support/ui-messages.js';

const LONG = Array.from({ length: 60 }, (_, i) => `word${i}`).join(' ');
const SLOW: WorkflowDefinition = {
  name: 'slow',
  steps: [
    { type: 'agent', name: 'quick', agent: 'tokens', input: { text: 'It begins.' } },
    { type: 'parallel', name: 'both', steps: [{ type: 'agent', name: 'long', agent: 'tokens', input: { text: LONG, intervalMs: 300 } }, { type: 'agent', name: 'wait', agent: 'delay', input: { ms: 15_000 } }] },
  ],
};
const TEXTS = { quick: 'It begins.', 'both/long': LONG };

describe('a process that is killed', () => {
  let service: ServiceProcess;
  beforeEach(async () => {
    jest.spyOn(console, 'error').mockImplementation(() => undefined);
    // Many seconds of text, so that it is not done before the kill.
    service = await ServiceProcess.start({ preload: 'test/support/second-life.mjs' });
    await store(service.as('alice'), SLOW);
  });
  afterEach(() => service.dispose());

  const killAndRestart = async () => {
    await service.end('SIGKILL');
    service = await service.restart();
  };

  it.each(VERSIONS)('leaves a chat of the AI SDK %d what it needs to go on', async (version) => {
    const chat = new TestChat({ version, api: `${service.base}${API}/chat/slow?version=${version}`, key: KEYS.alice });
    const sent = chat.chat.sendMessage({ text: 'go' });
    await chat.until((message) => (textsIn(message)['both/long'] ?? '').includes('word5'), 'the middle of the text');
    await killAndRestart();
    await sent;
    expect(chat.state.status).toBe('error');
    await chat.chat.resumeStream();
    expect(chat.state.error).toBeUndefined();
    expect(textsIn(chat.message)).toEqual(TEXTS);
    expectNothingOpen(chat.message);
    expect(chat.message.parts.find(({ id }) => id === 'both/long')?.data).toMatchObject({ attempt: 2, status: 'completed', superseded: 1 });
  });

  it('leaves an agent of AG-UI what it needs to go on', async () => {
    const agent = new HttpAgent({ url: `${service.base}${API}/ag-ui/slow`, headers: { 'x-api-key': KEYS.alice }, fetch: quietFetch, initialMessages: [{ id: 'u', role: 'user', content: 'go' }] });
    const cut = expect(agent.runAgent({ runId: 'run' })).rejects.toThrow();
    await eventually(() => agent.messages.some(({ content }) => typeof content === 'string' && content.includes('word5')), 'the middle of the text');
    await killAndRestart();
    await cut;
    await agent.runAgent({ runId: 'run' });
    const { executionId, status } = (agent.state as { stepcast: { executionId: string; status: string } }).stepcast;
    expect(status).toBe('completed');
    expect(textsOf(agent.messages, executionId)).toEqual(TEXTS);
    expect(await service.as('alice').count()).toBe(1);
  });
});
