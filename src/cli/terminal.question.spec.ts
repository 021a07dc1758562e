import { describe, expect, it } from '@jest/globals';
import { type StepState } from '../contract/state.js';
import { answerOf, questionOf } from './terminal.question.js';

describe('a question on the terminal', () => {
  const step = (more: object) => ({ id: 'ask', ...more }) as StepState;

  it('says what can be answered', () => {
    expect(questionOf(step({}))).toBe('ask waits for an answer ');
    expect(questionOf(step({ prompt: 'Go\u001b[2J on?', schema: { type: 'boolean' } }))).toBe('Go on? [y/n] ');
    expect(questionOf(step({ prompt: 'Which?', schema: { enum: ['a', 2] } }))).toBe('Which? ["a" | 2] ');
    expect(questionOf(step({ prompt: 'How many?', schema: { type: 'integer' } }))).toBe('How many? [integer as JSON] ');
    expect(questionOf(step({ prompt: 'Who?', schema: { type: 'string' } }))).toBe('Who? ');
    expect(questionOf(step({ prompt: 'Where?', schema: { type: 'object', required: ['city'], properties: { city: { type: 'string' }, street: {} } } }))).toBe('Where? [JSON like {"city":"…"}] ');
  });

  it('takes what was typed as what the schema asks for', () => {
    expect(['y', 'YES', 'true', 'n', 'No', 'false'].map((typed) => answerOf(typed, { type: 'boolean' }))).toEqual([true, true, true, false, false, false]);
    expect(answerOf('perhaps', { type: 'boolean' })).toBe('perhaps');
    expect(answerOf(' 12 ', { type: 'string' })).toBe('12');
    expect(answerOf(' 12 ', { type: 'integer' })).toBe(12);
    expect(['a', '"a"', '1', '"1"'].map((typed) => answerOf(typed, { enum: ['a', '1', 1] }))).toEqual(['a', 'a', 1, '1']);
    expect(answerOf('"red"', { type: 'string', enum: ['red'] })).toBe('red');
    expect(answerOf('{"a":1}', undefined)).toEqual({ a: 1 });
  });
});
