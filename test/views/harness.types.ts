/** What the pages of React and Vue offer to their tests, which are the same for both. */
import { type JsonValue } from '../../src/contract/json.js';

export interface Target {
  baseUrl: string;
  apiKey: string;
  executionId?: string;
  maxEvents?: number;
  /** Silence after which a line counts as dead; default that of the client. */
  stallMs?: number;
  probeMs?: number;
  showText?: boolean;
  showLog?: boolean;
  /** Gives the component the stream of the composable or hook, in the place of the id. */
  ownStream?: boolean;
  /** Words in German. */
  german?: boolean;
  /** Draws the line of a step by itself. */
  ownStep?: boolean;
  /** React only. */
  strict?: boolean;
  /** What a runner starts, and the JSON of its input. */
  workflow?: string;
  input?: string;
}

export interface Seen {
  /** Of each event that `onEvent` was told. */
  seqs: number[];
  /** Times that the component was rendered. */
  renders: number;
  /** Frames that the page has drawn since. */
  frames: number;
  /** The most events that a snapshot held. */
  mostEvents: number;
  status: string;
  text: string;
  progress: number;
  error: string | null;
  result: JsonValue;
  connections: string[];
  /** What `onFinish` was told. */
  finished: string[];
}

/** With the number of events in the place of them. */
export type Brief = Omit<Seen, 'seqs' | 'text' | 'result'> & { count: number };

export interface Harness {
  /** Of React or Vue. */
  version: string;
  /** Mounts what reads a stream and writes down what it sees. */
  probe(target: Target): void;
  /** Mounts the component. */
  show(target: Target): void;
  /** Follows another execution, with what is mounted. */
  follow(executionId: string): void;
  /** Gives the component that is shown a client of its own, with that key. */
  lend(apiKey: string): void;
  /** Mounts a button that starts the workflow, and the component of the run. */
  runner(target: Target): void;
  unmount(): void;
  seen(): Seen;
  /** The same in short, to be asked for often. */
  brief(): Brief;
  page: PageLook;
}

/** What a test asks of the page itself. */
export interface PageLook {
  /** Takes the stylesheet away. */
  unstyle(): void;
  /** Id of the step that has the focus, and the text of what in it has. */
  focused(): { step: string | undefined; text: string };
  /** Each element of the component, as its tag, its classes and its role. */
  outline(): string[];
  /** Pixels that it is wider than its window. */
  overflow(): number;
}
