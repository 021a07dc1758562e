import { describe, expect, it } from '@jest/globals';
import { type ProtocolRequest, parseProtocol, parseVersion, protocolHeaders } from './protocol.request.js';

const parse = (query: Record<string, string>) => parseProtocol((name) => query[name]);

describe('the protocol that is asked for', () => {
  it.each<[Record<string, string>, ProtocolRequest | undefined]>([
    [{}, undefined],
    [{ types: 'message', named: 'false' }, undefined],
    [{ protocol: 'ai-sdk' }, { name: 'ai-sdk', version: 6 }],
    [{ protocol: 'ai-sdk', version: '7' }, { name: 'ai-sdk', version: 7 }],
    [{ protocol: 'ag-ui' }, { name: 'ag-ui' }],
    [{ protocol: 'text' }, { name: 'text' }],
    [{ protocol: 'text', step: 'both/a' }, { name: 'text', step: 'both/a' }],
  ])('%j is %j', (query, expected) => expect(parse(query)).toEqual(expected));

  it.each([
    [{ protocol: '' }, '/protocol'], [{ protocol: 'AI-SDK' }, '/protocol'], [{ protocol: 'ai-sdk', version: '5' }, '/version'], [{ protocol: 'ai-sdk', version: '6.0' }, '/version'],
    [{ version: '6' }, '/version'], [{ protocol: 'text', version: '6' }, '/version'], [{ step: 'a' }, '/step'], [{ protocol: 'ag-ui', step: 'a' }, '/step'], [{ protocol: 'text', step: '' }, '/step'],
    [{ protocol: 'text', step: 'x'.repeat(2001) }, '/step'], [{ protocol: 'text', types: 'message' }, '/types'], [{ protocol: 'ag-ui', named: 'true' }, '/named'], [{ protocol: 'ai-sdk', heartbeat: 'comment' }, '/heartbeat'],
  ] as [Record<string, string>, string][])('%j is refused at %s', (query, path) => {
    expect(() => parse(query)).toThrow(expect.objectContaining({ code: 'invalid_request', faults: [expect.objectContaining({ path })] }));
  });

  it('has a version that every client understands, where it names none', () => {
    expect(parseVersion(undefined)).toBe(6);
  });

  it('has headers of its own', () => {
    expect(protocolHeaders(undefined)).toEqual({});
    expect(protocolHeaders({ name: 'ag-ui' })).toEqual({});
    expect(protocolHeaders({ name: 'ai-sdk', version: 7 })).toEqual({ 'X-Vercel-AI-UI-Message-Stream': 'v1' });
    expect(protocolHeaders({ name: 'text' })).toEqual({ 'Content-Type': 'text/plain; charset=utf-8' });
  });
});
