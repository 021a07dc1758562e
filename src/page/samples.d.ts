/** Types of samples.js, for tests; the browser gets the JavaScript as it stands. */
import { type JsonObject } from '../contract/json.js';

export declare const TEXT: string;
export declare const DEFINITION: JsonObject & { inputSchema: JsonObject };
