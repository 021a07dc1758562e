/**
 * Definitions that were given whole with a start from this tab: the service keeps none that others could ask for, and they are
 * what a graph of all steps and another run need.
 */
import { type WorkflowDefinition } from '../../contract/definition.js';

const STORED = 'stepcast.definitions';
const KEPT = 20;

type Kept = [executionId: string, definition: WorkflowDefinition][];

export function keepDefinition(executionId: string, definition: WorkflowDefinition): void {
  const kept: Kept = [...read().filter(([id]) => id !== executionId), [executionId, definition]];
  try {
    sessionStorage.setItem(STORED, JSON.stringify(kept.slice(-KEPT)));
  } catch {
    // No room for that many: the latest is what matters.
    sessionStorage.setItem(STORED, JSON.stringify(kept.slice(-1)));
  }
}

export function definitionOf(executionId: string): WorkflowDefinition | undefined {
  return read().find(([id]) => id === executionId)?.[1];
}

function read(): Kept {
  return JSON.parse(sessionStorage.getItem(STORED) ?? '[]') as Kept;
}
