/**
 * Checks charts against the JSON Schema of Vega-Lite. The schema is 300 kB, and ajv takes 0.3 to 0.7 s of a core to compile
 * it: that is done when the first chart is checked, and once. A check is then a millisecond.
 */
import { readFileSync } from 'node:fs';
import { Injectable } from '@nestjs/common';
import { type ValidateFunction } from 'ajv';
import { assetUrl } from '../../../assets.js';
import { type JsonObject } from '../../../contract/json.js';

/** The build copies it (`assets` in nest-cli.json). */
const SCHEMA = assetUrl('./examples/chart/vega/vega-lite.schema.json');
/** The schema tries hundreds of forms, and tells of each why it is none: the deepest faults are those that matter. */
const MAX_TOLD = 3;

@Injectable()
export class SpecValidator {
  private compiled: Promise<ValidateFunction> | undefined;

  /** @throws Error for a spec that is no Vega-Lite. */
  async assertValid(spec: JsonObject): Promise<void> {
    const validate = await (this.compiled ??= compile());
    if (validate(spec)) return;
    const deepest = (validate.errors ?? []).toSorted((a, b) => b.instancePath.length - a.instancePath.length).slice(0, MAX_TOLD);
    throw new Error(`the chart is no Vega-Lite: ${deepest.map(({ instancePath, message }) => `${instancePath || 'it'} ${message}`).join('; ')}`);
  }
}

async function compile(): Promise<ValidateFunction> {
  const { Ajv } = await import('ajv');
  // Draft-07 with a `$ref` beside nothing else. Formats are those of colours and addresses, which our charts have none of;
  // inlining would make twice the code, and optimising it takes as long as compiling.
  const ajv = new Ajv({ strict: false, validateFormats: false, validateSchema: false, meta: false, inlineRefs: false, logger: false, code: { optimize: false } });
  return ajv.compile(JSON.parse(readFileSync(SCHEMA, 'utf8')) as JsonObject);
}
