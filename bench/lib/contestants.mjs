/** Who is measured: Stepcast, its peers, and the floor below which nothing of the kind can be. */

export const STEPCAST = { name: 'Stepcast', ours: true };

export const ENGINES = [
  { ...STEPCAST, name: 'Stepcast, SQLite journal', engine: 'stepcast' },
  { name: 'Mastra, in memory', engine: 'mastra' },
  { name: 'Mastra, LibSQL', engine: 'mastra', durable: true },
  { name: 'LangGraph, in memory', engine: 'langgraph' },
  { name: 'LangGraph, SqliteSaver', engine: 'langgraph', durable: true },
];
export const AI_SDK = { name: 'AI SDK streamText', engine: 'ai-sdk' };
export const BARE_LOOP = { name: 'bare for await', engine: 'bare', floor: true };

export const OURS_BY_HTTP = { ...STEPCAST, server: 'stepcast' };
export const NEST_SSE = { name: "Nest's @Sse", server: 'nest-sse' };
export const BARE = { name: 'bare node:http', server: 'bare', floor: true };
export const COALESCED = { name: 'bare node:http, coalesced', server: 'bare-coalesced', floor: true };

export const SERVERS = [
  OURS_BY_HTTP,
  NEST_SSE,
  { name: 'better-sse', server: 'better-sse' },
  { name: '@fastify/sse', server: 'fastify-sse' },
  { name: 'hono', server: 'hono' },
  BARE,
  COALESCED,
];
