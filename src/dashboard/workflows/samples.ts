/** What the forms hold at first, so that one press of Start shows something. */
import { type WorkflowDefinition } from '../../contract/definition.js';

/** Lewis Carroll, Alice's Adventures in Wonderland (1865), from chapter I. */
export const TEXT = `Alice was beginning to get very tired of sitting by her sister on the bank, and of having nothing to do: once or twice she had peeped into the book her sister was reading, but it had no pictures or conversations in it, 'and what is the use of a book,' thought Alice 'without pictures or conversation?'

So she was considering in her own mind (as well as she could, for the hot day made her feel very sleepy and stupid), whether the pleasure of making a daisy-chain would be worth the trouble of getting up and picking the daisies, when suddenly a White Rabbit with pink eyes ran close by her.

In another moment down went Alice after it, never once considering how in the world she was to get out again.

The rabbit-hole went straight on like a tunnel for some way, and then dipped suddenly down, so suddenly that Alice had not a moment to think about stopping herself before she found herself falling down a very deep well.

Either the well was very deep, or she fell very slowly, for she had plenty of time as she went down to look about her and to wonder what was going to happen next. First, she tried to look down and make out what she was coming to, but it was too dark to see anything; then she looked at the sides of the well, and noticed that they were filled with cupboards and book-shelves; here and there she saw maps and pictures hung upon pegs.

Alice was not a bit hurt, and she jumped up on to her feet in a moment: she looked up, but it was all dark overhead; before her was another long passage, and the White Rabbit was still in sight, hurrying down it. There was not a moment to be lost: away went Alice like the wind, and was just in time to hear it say, as it turned a corner, 'Oh my ears and whiskers, how late it's getting!'
`;

/** Shows branches at once, a retry that takes back what it streamed, a loop and a question. */
export const DEFINITION: WorkflowDefinition = {
  name: 'tour',
  description: 'A bit of everything',
  inputSchema: { type: 'object', required: ['topic'], properties: { topic: { type: 'string', default: 'rabbits' } } },
  steps: [
    { type: 'agent', name: 'plan', agent: 'tokens', input: { text: 'First a plan for {{input.topic}}, then two drafts at once, then a review that fails once.', intervalMs: 100 } },
    {
      type: 'parallel', name: 'drafts', steps: [
        { type: 'agent', name: 'long', agent: 'tokens', input: { count: 60, intervalMs: 60 } },
        { type: 'agent', name: 'short', agent: 'tokens', input: { text: 'All about {{input.topic}}, in short.', intervalMs: 150 } },
      ],
    },
    {
      type: 'retry', name: 'review', maxAttempts: 3, backoff: { delayMs: 1500, jitter: false }, step: {
        type: 'sequential', name: 'reviewed', steps: [
          { type: 'agent', name: 'notes', agent: 'tokens', input: { text: 'Reading both drafts. The short one is better.', intervalMs: 100 } },
          { type: 'agent', name: 'send', agent: 'flaky', input: { failures: 1 } },
        ],
      },
    },
    { type: 'iteration', name: 'polish', maxIterations: 3, step: { type: 'agent', name: 'pass', agent: 'delay', input: { ms: 400 } } },
    { type: 'input', name: 'approve', prompt: 'Publish the short draft on {{input.topic}}?', schema: { type: 'boolean' } },
    {
      type: 'conditional', name: 'decision', when: 'steps.approve.output',
      then: { type: 'agent', name: 'publish', agent: 'tokens', input: { text: 'Published: {{steps.short.output}}', intervalMs: 100 } },
      else: { type: 'agent', name: 'discard', agent: 'echo', input: 'Nothing was published.' },
    },
  ],
};
