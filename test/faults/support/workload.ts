/** Workflows for the kill tests: every type of step, each with enough waiting in it for a kill to come in its midst. */
import { type Step, type WorkflowDefinition } from '../../../src/contract/definition.js';
import { agent, conditional, input, iteration, parallel, retry, sequential } from '../../../src/orchestration/definition/builder.js';
import { type Random } from './random.js';

const WORDS = ['tide', 'moon', 'gräs', '\ud83d\ude00', '"quoted"', 'line\nbreak', '\u2028', 'a\\b', 'data: x'];

export function randomWorkflow(name: string, random: Random): WorkflowDefinition {
  let count = 0;
  const named = (prefix: string) => `${prefix}${++count}`;
  const tokens = () => agent(named('tokens'), 'tokens', { input: { text: Array.from({ length: random.int(3, 24) }, () => random.pick(WORDS)).join(' '), intervalMs: random.int(0, 8) } });
  const delay = () => agent(named('delay'), 'delay', { input: { ms: random.int(1, 120) } });
  const echo = () => agent(named('echo'), 'echo', random.chance(0.5) ? { input: { n: random.int(0, 9) } } : {});
  const flaky = () => agent(named('flaky'), 'flaky', { input: { failures: random.int(1, 2) } });
  const backoff = () => ({ delayMs: random.int(0, 60), factor: 1, jitter: random.chance(0.5) });
  const tried = (step: Step) => retry(named('retry'), { maxAttempts: 12, backoff: backoff() }, step);

  const makers: (() => Step)[] = [
    tokens,
    () => sequential(named('seq'), tokens(), echo(), delay()),
    () => parallel(named('par'), { concurrency: random.int(1, 4) }, tokens(), delay(), sequential(named('seq'), echo(), tokens()), delay()),
    () => parallel(named('par'), { onError: 'continue' }, tokens(), agent(named('fails'), 'flaky', { input: { failures: 1000 } }), tried(flaky())),
    () => tried(flaky()),
    () => tried(sequential(named('seq'), tokens(), delay(), flaky())),
    () => tried(parallel(named('par'), tokens(), sequential(named('seq'), delay(), flaky()))),
    () => iteration(named('loop'), { maxIterations: random.int(2, 4) }, random.chance(0.5) ? tokens() : sequential(named('seq'), tokens(), delay())),
    () => {
      const last = echo();
      return iteration(named('loop'), { maxIterations: 5, until: `has(steps.${last.name}.output.n) && steps.${last.name}.output.n > 4` }, sequential(named('seq'), tokens(), last));
    },
    () => conditional(named('if'), { when: random.pick(['true', 'false', 'input.n > 4']), then: tokens(), else: sequential(named('seq'), delay(), tokens()) }),
    () => input(named('ask'), { prompt: 'Is it so?', schema: { type: 'boolean' } }),
    () => parallel(named('par'), input(named('ask')), tokens(), delay()),
  ];
  const steps = Array.from({ length: random.int(2, 5) }, () => random.pick(makers)());
  if (random.chance(0.15)) steps.push(parallel(named('par'), tokens(), delay(), agent(named('fails'), 'flaky', { input: { failures: 1000 } })));
  return { name, steps };
}
