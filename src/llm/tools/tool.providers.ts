import { type Provider } from '@nestjs/common';
import { ToolAgent } from './tool.agent.js';
import { ToolExplorer } from './tool.explorer.js';
import { ToolRegistry } from './tool.registry.js';
import { ToolRunner } from './tool.runner.js';

/** The tools of an app, and the agent `tool`. */
export const TOOL_PROVIDERS: Provider[] = [ToolRegistry, ToolExplorer, ToolRunner, ToolAgent];
