import { Injectable } from '@nestjs/common';
import { StepcastError } from '../../contract/errors.js';
import { type AgentHandler } from '../agent.js';
import { type AgentCacheDefault } from '../cache/cache.options.js';

export interface RegisteredAgent {
  name: string;
  description?: string;
  /** For steps that say nothing of caching. */
  cache?: AgentCacheDefault;
  handler: AgentHandler<never>;
}

/** The agents that steps can name. */
@Injectable()
export class AgentRegistry {
  private readonly agents = new Map<string, RegisteredAgent>();

  /** @throws StepcastError where the name is taken. */
  register(agent: RegisteredAgent): void {
    if (this.agents.has(agent.name)) throw new StepcastError('conflict', `two agents are named "${agent.name}"; rename one`);
    this.agents.set(agent.name, agent);
  }

  hasAgent(name: string): boolean {
    return this.agents.has(name);
  }

  get(name: string): RegisteredAgent | undefined {
    return this.agents.get(name);
  }

  names(): string[] {
    return [...this.agents.keys()];
  }
}
