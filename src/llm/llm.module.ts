/** Models, tools and HTTP requests as agents. Takes `LlmOptions`. */
import { Global, Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { Embedder } from '../orchestration/cache/embedder.js';
import { embedderOf } from './embedding/model.embedder.js';
import { AddressGuard } from './http/address.guard.js';
import { HttpAgent } from './http/http.agent.js';
import { HttpClient } from './http/http.client.js';
import { NameResolver } from './http/name.resolver.js';
import { ModelLimits } from './limits/model.limits.js';
import { LlmAgent } from './llm.agent.js';
import { LlmOptions } from './llm.options.js';
import { ModelRegistry } from './models.registry.js';
import { ToolAgent } from './tools/tool.agent.js';
import { ToolExplorer } from './tools/tool.explorer.js';
import { ToolRegistry } from './tools/tool.registry.js';
import { ToolRunner } from './tools/tool.runner.js';

@Global()
@Module({
  imports: [DiscoveryModule],
  providers: [
    ModelRegistry, ModelLimits, LlmAgent,
    { provide: Embedder, inject: [LlmOptions, ModelRegistry, ModelLimits], useFactory: embedderOf },
    ToolRegistry, ToolExplorer, ToolRunner, ToolAgent,
    NameResolver, AddressGuard, HttpClient, HttpAgent,
  ],
  exports: [ModelRegistry, ToolRegistry, Embedder],
})
export class LlmModule {}
