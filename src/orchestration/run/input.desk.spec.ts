import { describe, expect, it, jest } from '@jest/globals';
import { type StepcastError } from '../../contract/errors.js';
import { type JsonValue } from '../../contract/json.js';
import { InputDesk } from './input.desk.js';

function refused(desk: InputDesk, stepId: string | undefined, value: JsonValue = true): Pick<StepcastError, 'code' | 'faults' | 'message'> {
  try {
    desk.answer(stepId, value);
  } catch (error) {
    return error as StepcastError;
  }
  throw new Error('it was taken');
}

describe('the desk of an execution', () => {
  const waitAt = (desk: InputDesk, id: string, faults: { path: string; message: string }[] = []) => {
    const accept = jest.fn<(value: JsonValue) => void>();
    return { accept, leave: desk.wait(id, { check: () => faults, accept }) };
  };

  it('hands a value to the step that is named, or to the only one that waits', () => {
    const desk = new InputDesk();
    const [a, b] = [waitAt(desk, 'P/a'), waitAt(desk, 'P/b')];
    desk.answer('P/a', { yes: 1 });
    desk.answer(undefined, null);
    expect([a.accept.mock.calls, b.accept.mock.calls]).toEqual([[[{ yes: 1 }]], [[null]]]);
  });

  it('takes one answer and no second', () => {
    const desk = new InputDesk();
    const { accept } = waitAt(desk, 'a');
    accept.mockImplementation(() => {
      // The step goes on at once, and may ask again by itself.
      expect(refused(desk, 'a').code).toBe('not_waiting');
    });
    desk.answer('a', 1);
    expect(refused(desk, 'a')).toMatchObject({ code: 'not_waiting', message: 'no step of this execution waits for input' });
  });

  it('asks which one is meant where several wait', () => {
    const desk = new InputDesk();
    waitAt(desk, 'P/a');
    waitAt(desk, 'P/b');
    expect(refused(desk, undefined)).toMatchObject({ code: 'invalid_request', faults: [{ path: '/stepId', message: 'is required; waiting are P/a, P/b' }] });
    expect(refused(desk, 'P/c')).toMatchObject({ code: 'not_waiting', message: 'step P/c does not wait for input; waiting: P/a, P/b' });
  });

  it('refuses what does not meet the schema; the step goes on waiting', () => {
    const desk = new InputDesk();
    const { accept } = waitAt(desk, 'a', [{ path: '/agreed', message: 'must be boolean' }]);
    expect(refused(desk, 'a', { agreed: 'yes' })).toMatchObject({ code: 'invalid_input', faults: [{ path: '/value/agreed', message: 'must be boolean' }] });
    expect(accept).not.toHaveBeenCalled();
    expect(refused(desk, undefined, 'yes').code).toBe('invalid_input');
  });

  it('does not know a step any more that has stopped waiting', () => {
    const desk = new InputDesk();
    const { accept, leave } = waitAt(desk, 'a');
    leave();
    expect(refused(desk, 'a').code).toBe('not_waiting');
    expect(accept).not.toHaveBeenCalled();
  });
});
