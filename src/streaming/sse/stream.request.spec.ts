import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type StepcastError } from '../../contract/errors.js';
import { firstAfter, parseSeq, parseStreamRequest, single, type StartAt } from './stream.request.js';

const parse = (query: Record<string, unknown> = {}, headers: Record<string, string | string[]> = {}) => parseStreamRequest({ query, headers });

function refusal(work: () => unknown): Pick<StepcastError, 'code' | 'faults'> {
  try {
    work();
  } catch (error) {
    return error as StepcastError;
  }
  throw new Error('it was taken');
}

describe('what a reader asks of a stream', () => {
  it('is everything, named, with heartbeats as comments, where it asks for nothing', () => {
    expect(parse()).toEqual({ start: { at: 'first' }, view: { named: true, key: 'named' }, heartbeat: 'comment' });
  });

  it.each<[Record<string, unknown>, Record<string, string>, StartAt]>([
    [{}, { 'last-event-id': '7' }, { at: 'cursor', cursor: '7', path: '/Last-Event-ID' }],
    [{ lastEventId: '7' }, {}, { at: 'cursor', cursor: '7', path: '/lastEventId' }],
    [{ lastEventId: '7' }, { 'last-event-id': '9' }, { at: 'cursor', cursor: '9', path: '/Last-Event-ID' }],
    [{ from: 'latest' }, { 'last-event-id': '9' }, { at: 'cursor', cursor: '9', path: '/Last-Event-ID' }],
    [{ from: 'latest' }, {}, { at: 'latest' }],
    [{ last: '20' }, {}, { at: 'last', count: 20 }],
  ])('begins, with %j and %j, at %j', (query, headers, start) => {
    expect(parse(query, headers).start).toEqual(start);
  });

  it('may leave out the names of events, and have heartbeats that scripts see', () => {
    expect(parse({ named: 'false', heartbeat: 'event' })).toMatchObject({ view: { named: false, key: 'plain' }, heartbeat: 'event' });
  });

  it('may filter by type; the order in which types are named makes no other view', () => {
    const { view } = parse({ types: 'step_started, step_completed' });
    expect([...(view.types ?? [])].sort()).toEqual(['step_completed', 'step_started']);
    expect(parse({ types: 'step_completed,step_started' }).view.key).toBe(view.key);
    expect(parse({ types: 'step_started' }).view.key).not.toBe(view.key);
    expect(parse({ types: 'step_started', named: 'false' }).view.key).not.toBe(parse({ types: 'step_started' }).view.key);
  });

  it.each<[Record<string, unknown>, string]>([
    [{ heartbeat: 'yes' }, '/heartbeat'], [{ named: '1' }, '/named'], [{ types: '' }, '/types'], [{ types: 'step_started,nope' }, '/types'], [{ types: 'toString' }, '/types'],
    [{ from: 'first' }, '/from'], [{ from: 'latest', last: '1' }, '/from'], [{ last: '-1' }, '/last'], [{ last: '1.5' }, '/last'], [{ last: '' }, '/last'],
    [{ named: ['true', 'false'] }, '/named'], [{ lastEventId: { n: '1' } }, '/lastEventId'],
  ])('is refused where it makes no sense: %j', (query, path) => {
    expect(refusal(() => parse(query))).toMatchObject({ code: 'invalid_request', faults: [{ path, message: expect.any(String) }] });
  });

  it('is refused with every fault at once, and each of them once', () => {
    const paths = (query: Record<string, unknown>) => refusal(() => parse(query)).faults?.map(({ path }) => path);
    expect(paths({ heartbeat: 'yes', named: '1', types: 'nope', from: 'first' })).toEqual(['/from', '/heartbeat', '/named', '/types']);
    expect(paths({ protocol: 'xml', version: '6', step: 'a', types: 'nope', named: '1', last: 'x' })).toEqual(['/protocol', '/version', '/step', '/types', '/named', '/last']);
    expect(paths({ protocol: ['text', 'text'], named: '1' })).toEqual(['/protocol']);
  });

  it.each([['text', 'from', 'latest'], ['text', 'last', '2'], ['text', 'lastEventId', '0'], ['ai-sdk', 'from', 'latest'], ['ai-sdk', 'last', '2']])('protocol=%s is refused with %s, by its name', (protocol, name, value) => {
    expect(refusal(() => parse({ protocol, [name]: value }))).toMatchObject({ code: 'invalid_request', message: expect.stringContaining(`${name} is not for`), faults: [{ path: `/${name}` }] });
  });

  it('is refused where the cursor was sent twice', () => {
    expect(refusal(() => parse({}, { 'last-event-id': ['1', '2'] })).code).toBe('invalid_cursor');
  });
});

describe('where a stream of one execution begins', () => {
  it.each<[StartAt, number]>([
    [{ at: 'first' }, 0], [{ at: 'latest' }, 10], [{ at: 'last', count: 3 }, 7], [{ at: 'last', count: 0 }, 10], [{ at: 'last', count: 99 }, 0],
    [{ at: 'cursor', cursor: '0', path: '/x' }, 0], [{ at: 'cursor', cursor: '10', path: '/x' }, 10], [{ at: 'cursor', cursor: '007', path: '/x' }, 7],
  ])('%j of a log of ten is after %d', (start, after) => {
    expect(firstAfter(start, 10)).toBe(after);
  });

  it.each(['', 'x', '-1', '1.5', '1e3', ' 1', '١', '0x1', '1'.repeat(16), '11'])('"%s" is no place in a log of ten', (cursor) => {
    expect(refusal(() => firstAfter({ at: 'cursor', cursor, path: '/Last-Event-ID' }, 10))).toMatchObject({ code: 'invalid_cursor', faults: [{ path: '/Last-Event-ID' }] });
  });

  it('takes every number up to the end of the log and none beyond', () => {
    fc.assert(fc.property(fc.nat(), fc.nat(), (seq, lastSeq) => {
      const parsed = () => parseSeq(String(seq), '/x', lastSeq);
      if (seq <= lastSeq) expect(parsed()).toBe(seq);
      else expect(refusal(parsed).code).toBe('invalid_cursor');
    }));
  });
});

describe('single', () => {
  it('gives a parameter that stands once or not at all', () => {
    expect([single({ a: 'x' }, 'a'), single({}, 'a'), single({ a: '' }, 'a')]).toEqual(['x', undefined, '']);
    expect(refusal(() => single({ a: ['x'] }, 'a')).code).toBe('invalid_request');
  });
});
