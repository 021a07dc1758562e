/**
 * The thread that checks charts against the JSON Schema of Vega-Lite. The schema is 300 kB, and ajv takes 0.3 to 1.5 s of a
 * core to compile it: that is done once, before the first check. A check is then a millisecond.
 *
 * It stands alone, without imports of ours, so that it runs as it was built and, in tests, as it is in the sources.
 *
 * In: `{id, spec}`. Out: `{id, fault}`, which is null where the spec is Vega-Lite.
 */
import { readFileSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { Ajv, type SchemaObject } from 'ajv';

/** The schema tries hundreds of forms, and tells of each why it is none: the deepest faults are those that matter. */
const MAX_TOLD = 3;

// Draft-07 with a `$ref` beside nothing else. Formats are those of colours and addresses, which our charts have none of;
// inlining would make twice the code, and optimising it takes as long as compiling.
const ajv = new Ajv({ strict: false, validateFormats: false, validateSchema: false, meta: false, inlineRefs: false, logger: false, code: { optimize: false } });
const { schema } = workerData as { schema: string };
const validate = ajv.compile(JSON.parse(readFileSync(new URL(schema), 'utf8')) as SchemaObject);

function faultOf(spec: unknown): string | null {
  if (validate(spec)) return null;
  const deepest = (validate.errors ?? []).toSorted((a, b) => b.instancePath.length - a.instancePath.length).slice(0, MAX_TOLD);
  return deepest.map(({ instancePath, message }) => `${instancePath || 'it'} ${message}`).join('; ');
}

parentPort?.on('message', ({ id, spec }: { id: number; spec: unknown }) => parentPort?.postMessage({ id, fault: faultOf(spec) }));
