/** Types of schema.js, for tests; the browser gets the JavaScript as it stands. */
import { type JsonValue } from '../contract/json.js';

export declare function sampleOf(schema: JsonValue | undefined, depth?: number): JsonValue;
export declare function fieldOf(schema: JsonValue | undefined): 'boolean' | 'choice' | 'number' | 'text' | 'json';
export declare function takesText(schema: JsonValue | undefined): boolean;
