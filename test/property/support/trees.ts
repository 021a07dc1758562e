/** Trees picked by hand: between them they have every type of step, in every place where a crash makes a difference. */
import { type Step } from '../../../src/contract/definition.js';
import { type JsonValue } from '../../../src/contract/json.js';
import { agent, conditional, input, iteration, parallel, retry, sequential } from '../../../src/orchestration/definition/builder.js';
import { type Tree } from './trees.arbitrary.js';

const quick = { delayMs: 1, jitter: false };
const echo = (name: string, value?: JsonValue) => agent(name, 'echo', value === undefined ? {} : { input: value });
const tokens = (name: string, text = 'one two three') => agent(name, 'tokens', { input: { text } });
const delay = (name: string, ms = 2) => agent(name, 'delay', { input: { ms } });
const flaky = (name: string, failures: number) => agent(name, 'flaky', { input: { failures } });

const TREES: Record<string, Step[]> = {
  'steps in order, each fed by the one before': [tokens('a'), echo('b'), agent('c', 'rich'), echo('d', { b: '{{steps.b.output}}', c: '{{steps.c.output.text}}' })],
  'sequences in sequences': [sequential('s', echo('a', 1), sequential('t', tokens('b'), echo('c')), echo('d')), echo('e')],
  'branches side by side': [parallel('p', tokens('a'), delay('b'), agent('c', 'rich'), sequential('s', echo('d', 4), tokens('e')))],
  'branches through a narrow gate': [parallel('p', { concurrency: 2 }, delay('a'), tokens('b'), echo('c', 3), delay('d', 1), tokens('e'))],
  'a branch that fails and takes its siblings with it': [parallel('p', sequential('s', tokens('a'), parallel('q', agent('h', 'hang'), agent('i', 'hang'))), sequential('f', delay('b'), agent('c', 'breaks'))), echo('never')],
  'a branch that fails alone': [parallel('p', { onError: 'continue' }, tokens('a'), agent('b', 'breaks'), sequential('s', delay('c'), agent('d', 'breaks'), echo('never'))), echo('e')],
  'a choice': [echo('n', 5), conditional('yes', { when: 'steps.n.output > 3', then: tokens('a'), else: tokens('b') }), conditional('no', { when: 'steps.n.output > 9', then: echo('c'), else: sequential('s', echo('d'), delay('e')) })],
  'a choice of nothing': [echo('n', 5), conditional('none', { when: 'steps.n.output > 9', then: echo('a') }), conditional('one', { when: 'true', then: tokens('b') })],
  'a leaf retried': [retry('r', { maxAttempts: 4, backoff: quick }, flaky('f', 2)), echo('z')],
  'a sequence retried, with what had completed in it': [retry('r', { maxAttempts: 4, backoff: quick }, sequential('s', tokens('a'), echo('b'), flaky('f', 2), tokens('c'))), echo('z')],
  'branches retried': [retry('r', { maxAttempts: 4, backoff: quick }, parallel('p', tokens('a'), sequential('s', delay('b', 1), flaky('f', 2)), agent('d', 'rich')))],
  'a retry in a retry': [retry('r', { maxAttempts: 3, backoff: quick }, sequential('s', tokens('a'), retry('q', { maxAttempts: 2, backoff: quick }, flaky('f', 3)), echo('b', 1)))],
  'a retry that is used up': [retry('r', { maxAttempts: 3, backoff: quick }, sequential('s', tokens('a'), agent('b', 'breaks'))), echo('never')],
  'a retry of a choice': [echo('n', 1), retry('r', { maxAttempts: 3, backoff: quick }, conditional('c', { when: 'steps.n.output == 1', then: sequential('s', tokens('a'), flaky('f', 1)), else: echo('b') }))],
  'a loop': [iteration('l', { maxIterations: 3 }, tokens('a')), echo('z')],
  'a loop of steps until a condition': [iteration('l', { maxIterations: 5, until: 'steps.b.output == "xxx"' }, sequential('s', delay('w', 1), echo('a', 'x'), conditional('c', { when: 'true', then: echo('b', 'xxx') }))), echo('z')],
  'a loop fed by itself': [echo('a', 'x'), iteration('l', { maxIterations: 3 }, echo('b', 'say {{previous}}'))],
  'a loop in a loop': [iteration('l', { maxIterations: 2 }, sequential('s', echo('a', 1), iteration('m', { maxIterations: 2 }, parallel('p', tokens('b'), delay('c', 1)))))],
  'a loop of retries': [iteration('l', { maxIterations: 2 }, retry('r', { maxAttempts: 3, backoff: quick }, sequential('s', tokens('a'), flaky('f', 1))))],
  'a retry of loops': [retry('r', { maxAttempts: 5, backoff: quick }, iteration('l', { maxIterations: 2 }, sequential('s', tokens('a'), flaky('f', 1))))],
  'a person': [echo('a', 1), input('ask', { prompt: 'Is {{steps.a.output}} right?', schema: { type: 'string' } }), parallel('p', input('b'), tokens('c'))],
  'a person in a retry': [retry('r', { maxAttempts: 3, backoff: quick }, sequential('s', input('ask'), flaky('f', 1)))],
  'a loop of branches that fail alone': [iteration('l', { maxIterations: 2 }, parallel('p', { onError: 'continue' }, retry('r', { maxAttempts: 2, backoff: quick }, agent('b', 'breaks')), tokens('a'))), echo('z')],
  'a condition that cannot be told': [tokens('a'), parallel('p', { onError: 'continue' }, conditional('c', { when: 'input.nowhere.at.all', then: echo('b') }), iteration('l', { maxIterations: 2, until: 'input.nowhere.at.all' }, tokens('d'))), echo('z')],
  'a time-out': [parallel('p', { onError: 'continue' }, agent('h', 'hang', { timeoutMs: 3 }), retry('r', { maxAttempts: 2, backoff: quick }, agent('i', 'hang', { timeoutMs: 2 }))), echo('z')],
  'a time-out around others': [parallel('p', { onError: 'continue' }, sequential('s', { timeoutMs: 5 }, tokens('a'), parallel('q', agent('h', 'hang'), sequential('t', agent('i', 'hang')))), tokens('b')), echo('z')],
  'nothing but choices': [conditional('a', { when: 'true', then: conditional('b', { when: 'false', then: echo('c'), else: conditional('d', { when: 'true', then: echo('e', 7) }) }) })],
};

export const PICKED: readonly (readonly [string, Tree])[] = Object.entries(TREES).map(([name, steps]) => [name, { definition: { name: 'picked', steps }, input: { topic: 'tides' } }]);
