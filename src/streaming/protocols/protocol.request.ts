/** The protocols that a stream can be asked for in place of the events themselves, and what each of them takes. */
import { invalid } from '../http/invalid.js';
import { readAll } from '../http/read-all.js';

export const PROTOCOLS = ['ai-sdk', 'ag-ui', 'text'] as const;
export type ProtocolName = (typeof PROTOCOLS)[number];

/** Major versions of the AI SDK whose clients are known. */
export const AI_SDK_VERSIONS = [6, 7] as const;
export type AiSdkVersion = (typeof AI_SDK_VERSIONS)[number];

export type ProtocolRequest =
  | { name: 'ai-sdk'; version: AiSdkVersion }
  | { name: 'ag-ui' }
  /** `step`: the id of the step whose text it is; absent, the result of the workflow. */
  | { name: 'text'; step?: string };

/** What is of the events' own form. */
const OF_EVENTS = ['types', 'named', 'heartbeat'] as const;
const MAX_STEP = 2000;

/** @param query A parameter that may stand once. @throws StepcastError `invalid_request` with every fault. */
export function parseProtocol(query: (name: string) => string | undefined): ProtocolRequest | undefined {
  const asked = query('protocol');
  const { name, version, step } = readAll({
    name: () => {
      if (asked === undefined || isProtocol(asked)) return asked;
      throw invalid('/protocol', `must be one of ${PROTOCOLS.join(', ')}`);
    },
    version: () => {
      const text = query('version');
      if (text !== undefined && asked !== 'ai-sdk') throw invalid('/version', 'is for protocol=ai-sdk alone');
      return parseVersion(text);
    },
    step: () => {
      const id = query('step');
      if (id !== undefined && asked !== 'text') throw invalid('/step', 'is for protocol=text alone');
      if (id !== undefined && (id === '' || id.length > MAX_STEP)) throw invalid('/step', `must be the id of a step, of at most ${MAX_STEP} characters`);
      return id;
    },
    ...Object.fromEntries(OF_EVENTS.map((other) => [other, () => {
      if (asked !== undefined && query(other) !== undefined) throw invalid(`/${other}`, 'is for the events themselves; leave it out, or the protocol');
    }])),
  });
  switch (name) {
    case 'ai-sdk':
      return { name, version };
    case 'text':
      return step === undefined ? { name } : { name, step };
    default:
      return name && { name };
  }
}

function isProtocol(text: string): text is ProtocolName {
  return (PROTOCOLS as readonly string[]).includes(text);
}

/** Without one, what clients of every version understand. @throws StepcastError `invalid_request` */
export function parseVersion(text: string | undefined): AiSdkVersion {
  const version = text === undefined ? AI_SDK_VERSIONS[0] : AI_SDK_VERSIONS.find((known) => String(known) === text);
  if (version === undefined) throw invalid('/version', `must be ${AI_SDK_VERSIONS.join(' or ')}: the major version of the client's AI SDK`);
  return version;
}

/** Headers of an answer beside those of every event stream, or in their place. */
export function protocolHeaders(protocol: ProtocolRequest | undefined): Record<string, string> {
  switch (protocol?.name) {
    case 'ai-sdk':
      return { 'X-Vercel-AI-UI-Message-Stream': 'v1' };
    case 'text':
      return { 'Content-Type': 'text/plain; charset=utf-8' };
    default:
      return {};
  }
}
