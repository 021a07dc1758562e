/**
 * The sentences of the demo model, by kind of request: `{topic}`, `{subject}`, `{a}`, `{b}` and `{c}` stand for words of
 * the prompt. Every text is a selection of these, so it has the shape of an answer and knows nothing of the matter.
 */
import { type Kind } from './request.js';

type Choices = readonly [string, ...string[]];

export interface Section {
  heading: string;
  /** One of them opens the section. */
  lead: Choices;
  /** So many of these follow as a list. */
  points?: { count: number; from: readonly string[]; numbered?: boolean };
}
export interface Pattern {
  sections: readonly Section[];
  end: Choices;
}

export const PATTERNS: Record<Exclude<Kind, 'code' | 'refinement'>, Pattern> = {
  plan: {
    sections: [
      {
        heading: 'Goal', lead: [
          'The task reads: “{subject}”. The plan keeps {topic} small, to be finished and checked in one go.',
          'What is wanted is this: “{subject}”. Everything below serves {topic}, and nothing else is in scope.',
        ],
      },
      {
        heading: 'Parts', lead: ['Three parts share the work:', 'The work falls into parts that can be tested alone:'],
        points: {
          count: 3, from: [
            '**Input**: takes {a}, checks it at the edge, and refuses what is not valid with a message that names the remedy.',
            '**Core**: holds the rules of {topic} as pure functions, so that {b} can be tested without any setup.',
            '**State**: keeps {b} in one place; every change goes through one function.',
            '**Output**: gives {c} in a stable form, with units in the names.',
            '**Errors**: each failure of {a} has a code of its own, and none is swallowed.',
          ],
        },
      },
      {
        heading: 'Steps', lead: ['In this order, each step ending in something that runs:', 'The order puts the riskiest part first:'],
        points: {
          count: 4, numbered: true, from: [
            'Write down two examples for {topic}: an ordinary one and one at the limit.', 'Build the smallest version that handles {a}.',
            'Add {b}, and the case without.', 'Measure the time for {c} before making anything faster.',
            'Describe the use of {topic}, with a line that can be copied.',
          ],
        },
      },
    ],
    end: ['The main risk is {b}: look at it before anything is built on top.', 'It is done when both examples pass, and {c} has its description.'],
  },
  review: {
    sections: [
      { heading: 'Verdict', lead: ['The work on {topic} does what its outline says; these points are open:', 'Read against “{subject}”, the result holds up in its main line. What remains:'] },
      {
        heading: 'Points', lead: ['In order of weight:'], points: {
          count: 3, numbered: true, from: [
            'Nothing checks {a} before it is used; an empty value goes through.', 'The case without {b} has no test.',
            'The name of {topic} promises more than the function does.', 'The message for a wrong {c} does not say what would be right.',
            'The limits of {a} stand in the code as bare numbers.',
          ],
        },
      },
    ],
    end: ['None of this changes the design; all of it can be mended in place.', 'With the first point mended, {topic} can go on.'],
  },
  documentation: {
    sections: [
      { heading: 'What it does', lead: ['It serves one purpose: “{subject}”. It takes {a} and answers with {b}.', 'This is {topic}, made for “{subject}”. You give it {a}; it gives you {b}.'] },
      {
        heading: 'How to use it', lead: ['Three steps are enough:', 'To try it:'], points: {
          count: 3, numbered: true, from: ['Prepare {a}; nothing else is needed.', 'Call it with {a} and look at {b}.', 'Where it refuses, read the message: it names the remedy.', 'Compare the answer with the example for {topic}.'],
        },
      },
      {
        heading: 'Limits', lead: ['It is worth knowing:'], points: {
          count: 2, from: ['All state of {topic} is in memory; a restart begins anew.', 'Very large values of {a} are refused rather than cut.', 'The order of {c} is that of the input.', 'It does not guess: what is not given is not assumed.'],
        },
      },
    ],
    end: ['Questions about {topic} begin with its two examples.', 'Everything else about {c} is in the comments of the code.'],
  },
  summary: {
    sections: [
      { heading: 'In short', lead: ['The question was “{subject}”. The findings agree that most of it comes down to {a}, and the rest to {b}.', '“{subject}”: taken together, the findings point to {a}, with {b} as the condition.'] },
      {
        heading: 'What the findings say', lead: ['Side by side:', 'They fall into these lines:'], points: {
          count: 3, from: ['All of them name {a}, and always before {b}.', 'On {b} they differ in degree and not in direction.', 'For {c} there is a clear order: the simple cases first.', 'At the limits of {topic} look at {c} more than at {a}.'],
        },
      },
      { heading: 'What stays open', lead: ['What becomes of {c} over a longer time was not asked, and so is not answered.', 'No finding settles whether {b} would hold elsewhere.'] },
    ],
    end: ['Whoever acts on this should begin with {a}.', 'The next useful question is about {c}.'],
  },
  research: {
    sections: [
      { heading: 'Finding', lead: ['On “{subject}”: {a} and {b} belong together, though they are usually looked at apart.', 'Asked “{subject}”, one first has to tell {a} from {b}.'] },
      {
        heading: 'Reasoning', lead: ['Step by step:', 'What leads there:'], points: {
          count: 3, from: ['All of {topic} depends on {a}; without that there is nothing to measure.', 'One look at {b} is not enough, since changes there are slow.', 'With {c} given, the choice gets smaller.', 'The opposite would make {b} useless, and that is not what is seen.'],
        },
      },
      { heading: 'How sure', lead: ['Fairly sure of {a}; a counterexample to {b} would change the picture.', 'The part on {c} is the weakest: it rests on one line of reasoning.'] },
    ],
    end: ['Worth asking next: what {c} and {b} do together.', 'Worth asking next: what is left of {topic} without {a}.'],
  },
  answer: {
    sections: [
      { heading: '', lead: ['You asked about {topic}. Two things matter there, {a} and {b}.', 'About {topic}: it turns on {a}, and then on {b}.'] },
      {
        heading: '', lead: ['To look at it in order:', 'A way through:'], points: {
          count: 3, from: ['Begin with {a}; most of the rest follows.', 'Look at {b} next, and keep {c} apart.', 'Leave {c} until the first two are clear.', 'Put what you find on {topic} in one sentence.'],
        },
      },
    ],
    end: ['That is the outline; {c} would be the place to go on.', 'If one thing is kept in mind about {topic}, let it be {a}.'],
  },
};
