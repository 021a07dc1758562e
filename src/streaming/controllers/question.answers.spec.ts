import { describe, expect, it } from '@jest/globals';
import { type ErrorCode, StepcastError } from '../../contract/errors.js';
import { unlessTooLate } from './question.answers.js';

const refused = (code: ErrorCode) => unlessTooLate(() => Promise.reject(new StepcastError(code, 'no')));

describe('an answer that a chat brings along', () => {
  it('is taken, or comes too late where somebody else was faster', async () => {
    expect(await unlessTooLate(async () => undefined)).toBe(true);
    expect(await refused('not_waiting')).toBe(false);
    expect(await refused('already_finished')).toBe(false);
  });

  it('is refused for whatever else is wrong', async () => {
    await expect(refused('invalid_input')).rejects.toMatchObject({ code: 'invalid_input' });
    await expect(unlessTooLate(() => Promise.reject(new Error('the disk is full')))).rejects.toThrow('the disk is full');
  });
});
