/**
 * `brief`: a text, of a sentence or of a whole chapter, becomes a summary in its own sentences, with keywords,
 * readability and sentiment. No language model, no key and no network: every number and every sentence comes from the
 * text, by a method that the file in `text/` it is made in names, and the same text always gives the same brief.
 */
import { type Step } from '../../contract/definition.js';
import { type JsonValue } from '../../contract/json.js';
import { ShippedWorkflow, type WorkflowProvider } from '../../orchestration/decorators.js';
import { agent, conditional, iteration, parallel, sequential } from '../../orchestration/definition/builder.js';
import { SUMMARY_LENGTH } from './agents/input.js';
import { TEXT_LIMIT } from './text/readings.js';

const INPUT_SCHEMA: JsonValue = {
  type: 'object',
  required: ['text'],
  additionalProperties: false,
  properties: {
    text: {
      type: 'string', minLength: 1, maxLength: TEXT_LIMIT, pattern: '\\S',
      description: 'The text, in English for all of the analysis to be meaningful; more than white space.',
    },
    sentences: {
      type: 'integer', minimum: 1, maximum: SUMMARY_LENGTH.most, default: SUMMARY_LENGTH.default,
      description: 'How many sentences the summary is to have at most.',
    },
  },
};

@ShippedWorkflow({ name: 'brief', description: 'Summarises a text in its own sentences, with keywords, readability and sentiment', input: INPUT_SCHEMA })
export class Brief implements WorkflowProvider {
  define(): Step {
    const text = '{{input.text}}';
    return sequential(
      'brief',
      agent('plan', 'brief.plan'),
      parallel(
        'analyse',
        agent('keywords', 'brief.keywords', { input: { text } }),
        agent('readability', 'brief.readability', { input: { text } }),
        agent('sentiment', 'brief.sentiment', { input: { text } }),
      ),
      conditional('length', {
        when: 'steps.plan.output.sentences > steps.plan.output.wanted',
        then: sequential(
          'select',
          agent('rank', 'brief.rank', {
            input: { text, keywords: '{{steps.keywords.output.overall}}', wanted: '{{steps.plan.output.wanted}}' },
          }),
          // Each round is given what the round before it returned, the first what `rank` did.
          iteration(
            'rounds',
            {
              maxIterations: SUMMARY_LENGTH.most,
              until: 'size(steps.pick.output.picked) == steps.plan.output.wanted || size(steps.pick.output.candidates) == 0',
            },
            agent('pick', 'brief.pick'),
          ),
        ),
        else: agent('keep', 'brief.keep', {
          input: { sentences: '{{steps.plan.output.sentences}}', wanted: '{{steps.plan.output.wanted}}' },
        }),
      }),
      agent('summary', 'brief.summary', {
        input: { text, picked: '{{steps.length.output.picked}}', plan: '{{steps.plan.output}}', analysis: '{{steps.analyse.output}}' },
      }),
    );
  }
}
