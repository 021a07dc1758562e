/** The engine: what finds workflows and agents, runs them, and goes on with them. Takes `OrchestrationOptions` and, where results are kept, an `AgentCache`. */
import { Global, Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { DelayAgent } from './agents/delay.agent.js';
import { EchoAgent } from './agents/echo.agent.js';
import { FlakyAgent } from './agents/flaky.agent.js';
import { TokensAgent } from './agents/tokens.agent.js';
import { Clock } from './clock.js';
import { ExecutionScheduler } from './execution.scheduler.js';
import { ExecutionService } from './execution.service.js';
import { RecoveryService } from './recovery.service.js';
import { AgentRegistry } from './registry/agent.registry.js';
import { StepcastExplorer } from './registry/explorer.js';
import { WorkflowRegistry } from './registry/workflow.registry.js';
import { WorkflowCatalog } from './workflow.catalog.js';

@Global()
@Module({
  imports: [DiscoveryModule],
  providers: [
    Clock, AgentRegistry, WorkflowRegistry, StepcastExplorer, WorkflowCatalog, ExecutionScheduler, ExecutionService, RecoveryService,
    EchoAgent, DelayAgent, TokensAgent, FlakyAgent,
  ],
  exports: [Clock, WorkflowRegistry, WorkflowCatalog, ExecutionService],
})
export class OrchestrationModule {}
