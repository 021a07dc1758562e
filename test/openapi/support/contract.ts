/** Holds answers against the OpenAPI document: their status must be documented, their form and their body must be as it says. */
import { type OpenAPIObject } from '@nestjs/swagger';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { type EventType } from '../../../src/contract/events.js';
import { type Answer } from '../../support/client.js';

export type OperationObject = NonNullable<OpenAPIObject['paths'][string]['get']>;
export type ResponseObject = Exclude<NonNullable<OperationObject['responses']['default']>, { $ref: string }>;
export type MediaTypeObject = NonNullable<ResponseObject['content']>[string];
export type ParameterObject = Exclude<NonNullable<OperationObject['parameters']>[number], { $ref: string }>;
export type RequestBodyObject = Exclude<NonNullable<OperationObject['requestBody']>, { $ref: string }>;

const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const;
const DOCUMENT = 'https://stepcast.test/openapi.json';

export interface Operation {
  id: string;
  method: string;
  /** With `{name}` for parameters. */
  path: string;
  spec: OperationObject;
}

export function operationsOf({ paths }: OpenAPIObject): Operation[] {
  return Object.entries(paths).flatMap(([path, item]) =>
    METHODS.flatMap((method) => {
      const spec = item[method];
      return spec ? [{ id: spec.operationId as string, method: method.toUpperCase(), path, spec }] : [];
    }));
}

export class Contract {
  readonly operations: Operation[];
  /** What was answered, by operation: statuses, and codes of problems. */
  readonly seen = new Map<string, Set<string>>();
  /** Types of the events that were answered, with the schema of each one's own. */
  readonly seenTypes = new Set<EventType>();
  private readonly ajv = new Ajv2020({ allErrors: true, strict: true, strictTypes: true, strictTuples: true, allowUnionTypes: true });
  private readonly validators = new Map<string, ValidateFunction>();

  constructor(readonly document: OpenAPIObject) {
    addFormats.default(this.ajv);
    // Of OpenAPI: the document itself, and what says which schema of a `oneOf` is meant; they validate nothing.
    this.ajv.addVocabulary([...Object.keys(document), 'discriminator']);
    this.ajv.addSchema(document, DOCUMENT);
    this.operations = operationsOf(document);
  }

  /** The schema at a JSON Pointer of the document, compiled. */
  at(...path: string[]): ValidateFunction {
    const pointer = path.map((part) => `/${part.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
    let validate = this.validators.get(pointer);
    if (!validate) this.validators.set(pointer, (validate = this.ajv.compile({ $ref: `${DOCUMENT}#${encodeURI(pointer)}` })));
    return validate;
  }

  component(name: string): ValidateFunction {
    return this.at('components', 'schemas', name);
  }

  /** @throws where `value` is not what the schema at that pointer says. */
  assert(value: unknown, ...path: string[]): void {
    const validate = this.at(...path);
    if (validate(value)) return;
    const faults = validate.errors?.map(({ instancePath, message, params }) => `${instancePath || '/'} ${message} ${JSON.stringify(params)}`);
    throw new Error(`${JSON.stringify(value).slice(0, 2000)}\nis not ${path.join(' ')}:\n${faults?.join('\n')}`);
  }

  /** @throws where the answer is not documented as it is. */
  check(method: string, url: string, answer: Pick<Answer, 'status' | 'headers' | 'text'>): void {
    this.checkAnswer(this.operationOf(method, url), answer);
  }

  /** @throws where the answer is not one that this operation documents. */
  checkAnswer(operation: Operation, { status, headers, text }: Pick<Answer, 'status' | 'headers' | 'text'>): void {
    const what = `${status} of ${operation.id}`;
    const documented = operation.spec.responses[String(status)] as ResponseObject | undefined;
    if (!documented) throw new Error(`${what} is not documented: ${text.slice(0, 500)}`);
    const type = headers['content-type']?.split(';')[0];
    const seen = this.seenOf(operation.id);
    seen.add(String(status));
    if (!documented.content) {
      if (text !== '') throw new Error(`${what} is documented without a body, but has one: ${text.slice(0, 500)}`);
      return;
    }
    if (type === undefined || !documented.content[type]) throw new Error(`${what} is documented as ${Object.keys(documented.content).join()}, but is ${type}: ${text.slice(0, 500)}`);
    const at = ['paths', operation.path, operation.method.toLowerCase(), 'responses', String(status), 'content', type];
    if (type === 'text/event-stream') this.checkStream(text, at, isOfEvents(documented.content[type]));
    else {
      const body: unknown = /json/.test(type) ? JSON.parse(text) : text;
      this.assert(body, ...at, 'schema');
      if (type === 'application/problem+json') seen.add((body as { code: string }).code);
      this.noteEvents(body);
    }
  }

  /** The codes of problems that an operation documents. */
  documentedCodes({ spec }: Operation): string[] {
    return Object.values(spec.responses).flatMap((response) => {
      const media = (response as ResponseObject).content?.['application/problem+json'];
      return media ? Object.keys(media.examples ?? {}) : [];
    });
  }

  seenOf(operationId: string): Set<string> {
    let seen = this.seen.get(operationId);
    if (!seen) this.seen.set(operationId, (seen = new Set()));
    return seen;
  }

  operationOf(method: string, url: string): Operation {
    const { pathname } = new URL(url, 'http://localhost');
    const matches = this.operations.filter((operation) => operation.method === method && patternOf(operation.path).test(pathname));
    // A literal path is meant before one with parameters.
    const [operation] = matches.sort((a, b) => a.path.split('{').length - b.path.split('{').length);
    if (!operation) throw new Error(`${method} ${pathname} is not documented`);
    return operation;
  }

  /** @param ofEvents Whether its frames carry events as they are, and not in the words of another protocol. */
  private checkStream(text: string, at: string[], ofEvents: boolean): void {
    for (const block of text.split('\n\n')) {
      const lines = block.split('\n').filter((line) => line !== '' && !line.startsWith(':'));
      const frame = Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]));
      // What carries no data is not dispatched by parsers.
      if (frame['data'] === undefined) continue;
      this.assert(frame, ...at, 'itemSchema');
      this.assert([frame], ...at, 'schema');
      if (!ofEvents || isTranslated(text)) continue;
      const event = JSON.parse(frame['data']) as { type: EventType };
      this.assert(event, 'components', 'schemas', 'StreamFrame', 'properties', 'data', 'contentSchema');
      this.seenTypes.add(event.type);
    }
  }

  private noteEvents(body: unknown): void {
    const { events } = (body ?? {}) as { events?: { type: EventType }[] };
    if (Array.isArray(events)) for (const { type } of events) this.seenTypes.add(type);
  }
}

/** Whether a stream that can carry events was asked for in the words of another protocol. */
function isTranslated(text: string): boolean {
  return /^\s*(id: \d+\n)?data: \{"type":"(start|RUN_STARTED)"/.test(text);
}

function isOfEvents(media: MediaTypeObject): boolean {
  const { itemSchema } = media as { itemSchema?: { $ref?: string } };
  return itemSchema?.$ref === '#/components/schemas/StreamFrame';
}

function patternOf(path: string): RegExp {
  return new RegExp(`^${path.replaceAll(/[.*+?^$()|[\]\\]/g, '\\$&').replaceAll(/\{\w+\}/g, '[^/]+')}$`);
}
