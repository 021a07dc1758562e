import { describe, expect, it } from '@jest/globals';
import { CallDesk } from './call.desk.js';

describe('calls of tools', () => {
  it('run when they were told, whichever comes first', async () => {
    const desk = new CallDesk();
    const early = desk.told('a');
    expect(desk.tell('a')).toBe('a');
    expect(desk.tell('b')).toBe('b');
    expect([await early, await desk.told('b')]).toEqual(['a', 'b']);
  });

  it('have ids of their own, also where the provider gives the same to several', async () => {
    const desk = new CallDesk();
    const first = desk.told('call_0');
    expect([desk.tell('call_0'), desk.tell('call_0'), desk.take('call_0')]).toEqual(['call_0', 'call_0#2', 'call_0#3']);
    expect([await first, await desk.told('call_0')]).toEqual(['call_0', 'call_0#2']);
  });

  it('keep while they are read the id that they were written under', () => {
    const desk = new CallDesk();
    desk.announce('x');
    expect(desk.writing('x')).toBe('x');
    desk.announce('x');
    expect(desk.writing('x')).toBe('x#2');
    expect(desk.writing('y')).toBeUndefined();
    expect([desk.tell('x'), desk.take('x'), desk.tell('x')]).toEqual(['x', 'x#2', 'x#3']);
  });
});
