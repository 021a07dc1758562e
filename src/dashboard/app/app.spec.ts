import { describe, expect, it } from '@jest/globals';
import { ClockSkew } from './clock.skew.js';
import { hrefOf, parseRoute, type Route } from './router.js';

describe('addresses', () => {
  it.each<[string, Route]>([
    ['#/workflows', { view: 'workflows', name: undefined }], ['#/workflows/a%2Fb%20c', { view: 'workflows', name: 'a/b c' }], ['#/own', { view: 'own' }], ['#/system', { view: 'system' }],
    ['#/executions', { view: 'executions', filter: {} }], ['#/executions?status=failed&workflow=a%26b', { view: 'executions', filter: { status: 'failed', workflow: 'a&b' } }],
    ['#/executions/x-1', { view: 'execution', id: 'x-1', tab: 'timeline' }], ['#/executions/x-1/events', { view: 'execution', id: 'x-1', tab: 'events' }],
    ['#/nowhere', { view: 'unknown', path: 'nowhere' }], ['#/no/where%20at', { view: 'unknown', path: 'no/where%20at' }],
  ])('%s leads somewhere, and back', (hash, route) => {
    expect(parseRoute(hash)).toEqual(route);
    expect(hrefOf(route)).toBe(hash);
  });

  it('begin with the workflows, know what is no page, and take links of before for an execution', () => {
    for (const hash of ['', '#', '#/']) expect(parseRoute(hash)).toEqual({ view: 'workflows', name: undefined });
    for (const hash of ['#/%', '#x', '#/x?status=failed']) expect(parseRoute(hash)).toMatchObject({ view: 'unknown' });
    expect(parseRoute('#3f8b1c9a-1111-4222-8333-444455556666')).toMatchObject({ view: 'execution', id: '3f8b1c9a-1111-4222-8333-444455556666' });
    expect(parseRoute('#/executions/x/nothing')).toMatchObject({ tab: 'timeline' });
    expect(parseRoute('#/executions?status=nonsense')).toEqual({ view: 'executions', filter: {} });
  });
});

describe('the clocks', () => {
  const second = 1000;
  const date = (ms: number) => new Date(ms).toUTCString();

  it('count as the same while the answers leave room for that', () => {
    const skew = new ClockSkew();
    skew.heard(date(100 * second), 100 * second + 400, 100 * second + 900);
    skew.heard(null, 0, 1);
    skew.heard('nonsense', 0, 1);
    expect(skew.aheadMs).toBe(0);
  });

  it('are told apart where one is wrong, the nearer the more is heard', () => {
    const ahead = new ClockSkew();
    ahead.heard(date(100 * second), 160 * second, 161 * second);
    expect(ahead.aheadMs).toBe(59 * second);
    ahead.heard(date(100 * second), 160.5 * second, 161 * second);
    expect(ahead.aheadMs).toBe(59.5 * second);
    const behind = new ClockSkew();
    behind.heard(date(100 * second), 40 * second, 41 * second);
    expect(behind.aheadMs).toBe(-59 * second);
    // It was set right.
    behind.heard(date(100 * second), 100.1 * second, 100.2 * second);
    expect(behind.aheadMs).toBe(0);
  });
});
