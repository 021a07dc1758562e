import { type Usage } from '../../contract/events.js';
import { type AgentContext } from '../agent.js';

/** A text as a point: texts of the same meaning lie close together. */
export interface Embedding {
  vector: readonly number[];
  /** What it has used, as far as that is known. */
  usage?: Usage;
}

/** For whom an embedding is made: whose limits count, and who is told where it has to wait. */
export type EmbeddingCaller = Pick<AgentContext, 'user' | 'log'>;

/** Makes vectors of texts, for the cache to find similar ones by. Without one it finds the same ones alone. */
export abstract class Embedder {
  /** What it is called; vectors of two models are never compared. */
  abstract readonly model: string;

  /** @throws where it fails, or `signal` aborts. */
  abstract embed(text: string, signal: AbortSignal, caller?: EmbeddingCaller): Promise<Embedding>;
}
